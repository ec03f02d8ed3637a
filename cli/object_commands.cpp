// attune get, describe: the catalog as the daemon runs it.
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/yaml_text.h"
#include "core/kinds.h"

namespace attune {
namespace {

const KindInfo& asked_kind(const Given& given) {
    const auto word = given.text("KIND");
    if (const auto kind = find_kind(word)) return info(*kind);
    throw CommandFailed{kExitUsage, "`" + word + "` is no kind of object",
                        "kinds are: packs, triggers, actions, sensors, rules"};
}

std::string on_off(const Json& object) {
    auto text = cell(object, "enabled") == "true" ? std::string("yes") : std::string("no");
    if (!cell(object, "enabled_override").empty()) text += " (operator)";
    return text;
}

std::vector<std::string> header(Kind kind) {
    switch (kind) {
        case Kind::kPack:
        case Kind::kTrigger:
            return {"REF", "LABEL", "DECLARED AT"};
        case Kind::kAction:
            return {"REF", "RUNNER", "LABEL", "DECLARED AT"};
        case Kind::kSensor:
            return {"REF", "TRIGGER", "ENABLED", "LABEL", "DECLARED AT"};
        case Kind::kRule:
            return {"REF", "TRIGGER", "ACTION", "ENABLED", "DECLARED AT"};
    }
    return {};
}

std::vector<std::string> row(Kind kind, const Json& object) {
    const auto ref = cell(object, "ref");
    const auto label = shortened(cell(object, "label"), 40);
    const auto place = place_text(object);
    switch (kind) {
        case Kind::kPack:
        case Kind::kTrigger:
            return {ref, label, place};
        case Kind::kAction:
            return {ref, cell(object, "runner"), label, place};
        case Kind::kSensor:
            return {ref, cell(object, "trigger"), on_off(object), label, place};
        case Kind::kRule:
            return {ref, cell(object, "trigger"), cell(object, "action"), on_off(object),
                    place};
    }
    return {};
}

// All of a kind, page by page.
Json fetch_all(const Given& given, const KindInfo& kind) {
    const DaemonClient daemon(given);
    auto items = Json::array();
    std::string after;
    do {
        const auto page = daemon.get(
            "/v1/objects/" + std::string(kind.plural) +
            query_text({{"limit", "1000"}, {"after", after}, {"pack", given.text("--pack")}}));
        for (const auto& item : page.at("items")) items.push_back(item);
        after = cell(page, "next");
    } while (!after.empty());
    return items;
}

Json fetch_one(const Given& given, const KindInfo& kind) {
    return DaemonClient(given).get("/v1/objects/" + std::string(kind.plural) + "/" +
                                   percent_encode(given.text("REF")));
}

int run_get(const Given& given, Terminal& terminal) {
    const auto& kind = asked_kind(given);
    const bool one = given.has("REF");
    // No `?:` here: GCC 12 destroys the braces' parts twice when one of them throws there.
    Json found;
    if (one) {
        found = fetch_one(given, kind);
    } else {
        found["items"] = fetch_all(given, kind);
    }
    show(given, terminal, found, [&] {
        Table table(header(kind.kind));
        if (one) {
            table.add(row(kind.kind, found));
        } else {
            for (const auto& object : found.at("items")) table.add(row(kind.kind, object));
        }
        if (table.empty()) {
            terminal.err << "no " << kind.plural << '\n';
            return;
        }
        table.print(terminal.out);
    });
    return kExitOk;
}

void add_pause(Lines& lines, const Json& object) {
    if (!object.contains("pause") || object.at("pause").is_null()) return;
    const auto& pause = object.at("pause");
    auto text = "by " + cell(pause, "by");
    const auto until = cell(pause, "until");
    text += until.empty() ? ", until resumed" : ", until " + table_time(until);
    lines.add("paused", text);
    lines.add("  reason", cell(pause, "reason"));
}

// Of a sensor of the host: when it last moved, and what it has passed over.
void add_progress(Lines& lines, const Json& object) {
    if (!object.contains("progress") || object.at("progress").is_null()) return;
    const auto& progress = object.at("progress");
    lines.add("progress", "as of " + table_time(cell(progress, "updated_at")));
    for (const auto& skip : progress.at("skips")) {
        const auto count = cell(skip, "count");
        auto text = cell(skip, "reason") + ", " + (count.empty() ? "not counted" : count);
        if (const auto detail = cell(skip, "detail"); !detail.empty()) text += ": " + detail;
        lines.add("  skipped", table_time(cell(skip, "recorded_at")) + "  " + text);
    }
}

void add_timer(Lines& lines, const Json& object) {
    if (!object.contains("timer") || object.at("timer").is_null()) return;
    const auto& timer = object.at("timer");
    auto state = cell(timer, "state");
    if (const auto fault = cell(timer, "fault"); !fault.empty()) state += ": " + fault;
    lines.add("timer", state);
    lines.add("  next", table_time(cell(timer, "next_at")));
    lines.add("  decided through", table_time(cell(timer, "cursor_at")));
    lines.add("  fires", cell(timer, "fires"));
    lines.add("  schedule of", "generation " + cell(timer, "spec_rev"));
}

void add_figures(Lines& lines, const Json& object) {
    if (!object.contains("figures")) return;
    const auto& figures = object.at("figures");
    lines.add("broken", cell(object, "broken"));
    lines.add("events", fmt::format("{} matched, {} not, {} errored", cell(figures, "matched"),
                                    cell(figures, "unmatched"), cell(figures, "errored")));
    lines.add("  last reason", cell(figures, "last_reason"));
    lines.add("  last at", table_time(cell(figures, "last_at")));
}

std::string joined(const Json& refs) {
    std::string text;
    for (const auto& ref : refs) text += (text.empty() ? "" : ", ") + ref.get<std::string>();
    return text;
}

void print_described(const Json& object, Terminal& terminal) {
    Lines lines;
    lines.add(cell(object, "kind"), cell(object, "ref") + "  " + cell(object, "label"));
    lines.add("declared at", place_text(object));
    auto origin = cell(object, "origin");
    if (const auto source = cell(object, "source"); !source.empty()) origin += " of " + source;
    lines.add("origin", origin);
    lines.add("generation", cell(object, "generation"));
    lines.add("id", cell(object, "id"));
    lines.add("created at", table_time(cell(object, "created_at")));
    if (object.contains("enabled")) lines.add("enabled", on_off(object));
    add_pause(lines, object);
    add_timer(lines, object);
    add_progress(lines, object);
    if (object.contains("rules")) lines.add("rules", joined(object.at("rules")));
    add_figures(lines, object);
    lines.print(terminal.out);
    terminal.out << "\n" << yaml_text(object.at("document"));
}

int run_describe(const Given& given, Terminal& terminal) {
    const auto object = fetch_one(given, asked_kind(given));
    show(given, terminal, object, [&] { print_described(object, terminal); });
    return kExitOk;
}

}  // namespace

void add_object_commands(std::vector<Command>& commands) {
    const Option kind{Option::Kind::kOperand,
                      "KIND",
                      "",
                      "packs, triggers, actions, sensors or rules",
                      {},
                      true};
    commands.push_back(
        {.words = "get",
         .summary = "list the objects of a kind",
         .text = {},
         .examples = {"attune get sensors", "attune get rules --pack ops -o json"},
         .options = {kind,
                     {Option::Kind::kOperand, "REF", "", "only this one"},
                     {Option::Kind::kText, "--pack", "PACK", "only of this pack"},
                     output_option({"table", "json", "yaml"}),
                     socket_option()},
         .run = run_get});
    commands.push_back(
        {.words = "describe",
         .summary = "show one object with everything known about it",
         .text = "For a sensor: its timer or progress, and the rules that answer it. For a "
                 "rule: how many "
                 "events matched, how many did not, and the last reason why not.",
         .examples = {"attune describe sensor ops.every_5s", "attune describe rule ops.greet"},
         .options = {kind,
                     {Option::Kind::kOperand, "REF", "", "the object's ref", {}, true},
                     output_option({"table", "json", "yaml"}),
                     socket_option()},
         .run = run_describe});
}

}  // namespace attune
