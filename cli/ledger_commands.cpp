// attune events, enforcements, executions, trace: the ledger read back.
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/output.h"
#include "cli/table.h"
#include "core/lifecycle.h"

namespace attune {
namespace {

constexpr std::size_t kCellWidth = 60;

using Row = std::function<std::vector<std::string>(const Json&)>;

Json fetch(const Given& given, const std::string& list) {
    std::map<std::string, std::string> query;
    for (const auto* key : {"sensor", "trigger", "rule", "action", "state", "from", "through",
                            "limit", "after"}) {
        query[key] = given.text(std::string("--") + key);
    }
    return DaemonClient(given).get("/v1/" + list + query_text(query));
}

int list(const Given& given, Terminal& terminal, const std::string& what,
         std::vector<std::string> header, const Row& row) {
    const auto page = fetch(given, what);
    show(given, terminal, page, [&] {
        Table table(std::move(header));
        for (const auto& item : page.at("items")) table.add(row(item));
        if (table.empty()) {
            terminal.err << "no " << what << " match\n";
            return;
        }
        table.print(terminal.out);
        if (const auto next = cell(page, "next"); !next.empty()) {
            terminal.err << "older ones: --after " << next << '\n';
        }
    });
    return kExitOk;
}

std::vector<Option> filters(std::vector<Option> more) {
    std::vector<Option> all = {
        {Option::Kind::kText, "--sensor", "SENSOR", "only of this sensor"},
        {Option::Kind::kText, "--trigger", "TRIGGER", "only of this trigger"}};
    all.insert(all.end(), more.begin(), more.end());
    const std::vector<Option> rest = {
        {Option::Kind::kText, "--from", "TIME", "scheduled at or after this RFC 3339 moment"},
        {Option::Kind::kText, "--through", "TIME", "scheduled at or before this moment"},
        {Option::Kind::kNumber, "--limit", "N", "how many, 1 to 1000 (50 without it)"},
        {Option::Kind::kText, "--after", "PAGE", "the page after another, as that one said"},
        output_option({"table", "json", "yaml"}),
        socket_option()};
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
}

template <class States>
Option state_option(const States& states) {
    std::vector<std::string> words;
    for (const auto state : states) words.emplace_back(to_string(state));
    return {Option::Kind::kText, "--state", "STATE",
            fmt::format("only in this state: {}", fmt::join(words, ", ")), words};
}

int run_events(const Given& given, Terminal& terminal) {
    return list(given, terminal, "events",
                {"ID", "SCHEDULED (UTC)", "SENSOR", "TRIGGER", "ORIGIN", "PAYLOAD"},
                [](const Json& event) -> std::vector<std::string> {
                    return {
                        cell(event, "id"),     table_time(cell(event, "scheduled_at")),
                        cell(event, "sensor"), cell(event, "trigger"),
                        cell(event, "origin"), shortened(cell(event, "payload"), kCellWidth)};
                });
}

int run_enforcements(const Given& given, Terminal& terminal) {
    return list(
        given, terminal, "enforcements",
        {"ID", "SCHEDULED (UTC)", "RULE", "EVENT", "STATE", "REASON"},
        [](const Json& enforcement) -> std::vector<std::string> {
            return {
                cell(enforcement, "id"),    table_time(cell(enforcement, "scheduled_at")),
                cell(enforcement, "rule"),  cell(enforcement, "event"),
                cell(enforcement, "state"), shortened(cell(enforcement, "reason"), kCellWidth)};
        });
}

int run_executions(const Given& given, Terminal& terminal) {
    return list(given, terminal, "executions",
                {"ID", "SCHEDULED (UTC)", "ACTION", "RULE", "STATE", "ATTEMPT", "RESULT"},
                [](const Json& execution) -> std::vector<std::string> {
                    return {cell(execution, "id"),
                            table_time(cell(execution, "scheduled_at")),
                            cell(execution, "action"),
                            cell(execution, "rule"),
                            cell(execution, "state"),
                            cell(execution, "attempt"),
                            shortened(cell(execution, "result"), kCellWidth)};
                });
}

// "packs/ops/rules/sweep.yaml:4 (generation 7, commit 1f3c..., tree 9ab2...)"
std::string version_text(const Json& trace, const std::string& role) {
    const auto& version = trace.at("versions").at(role);
    if (version.is_null()) return "";
    std::string text = cell(version, "ref");
    if (const auto place = place_text(version); !place.empty()) text += "  " + place;
    text += "  (generation " + cell(version, "generation");
    if (const auto commit = cell(version, "commit"); !commit.empty()) {
        text += ", commit " + commit.substr(0, 12);
    }
    if (const auto tree = cell(version, "tree"); !tree.empty()) {
        text += ", tree " + tree.substr(0, 12);
    }
    return text + ")";
}

std::string attempts_text(const Json& trace) {
    std::string text;
    for (const auto& attempt : trace.at("attempts")) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{} {}", cell(attempt, "attempt"), cell(attempt, "outcome"));
    }
    return text;
}

int run_trace(const Given& given, Terminal& terminal) {
    const auto trace = DaemonClient(given).get(
        "/v1/executions/" + percent_encode(given.text("EXECUTION")) + "/trace");
    show(given, terminal, trace, [&] {
        const auto& execution = trace.at("execution");
        Lines lines;
        lines.add("execution",
                  fmt::format("{}  {}  {}", cell(execution, "id"), cell(execution, "state"),
                              cell(execution, "action")));
        lines.add("  scheduled at", table_time(cell(execution, "scheduled_at")));
        lines.add("  finished at", table_time(cell(execution, "finished_at")));
        lines.add("  params", cell(execution, "params"));
        lines.add("  result", cell(execution, "result"));
        lines.add("  key", cell(execution, "idempotency_key"));
        lines.add("  attempt", cell(execution, "attempt"));
        lines.add("  earlier attempts", attempts_text(trace));
        lines.add("action", version_text(trace, "action"));
        if (trace.at("event").is_null()) {
            lines.add("asked for", "by hand, with `attune run`");
        } else {
            lines.add("enforcement",
                      cell(trace, "enforcement/id") + "  " + cell(trace, "enforcement/state"));
            lines.add("rule", version_text(trace, "rule"));
            lines.add("event", cell(trace, "event/id") + "  " + cell(trace, "event/origin"));
            lines.add("  scheduled at", table_time(cell(trace, "event/scheduled_at")));
            lines.add("  fired at", table_time(cell(trace, "event/fired_at")));
            lines.add("  payload", cell(trace, "event/payload"));
            lines.add("sensor", version_text(trace, "sensor"));
            lines.add("trigger", version_text(trace, "trigger"));
        }
        lines.print(terminal.out);
    });
    return kExitOk;
}

}  // namespace

void add_ledger_commands(std::vector<Command>& commands) {
    const Option rule{Option::Kind::kText, "--rule", "RULE", "only of this rule"};
    commands.push_back({.words = "events",
                        .summary = "list what has fired, newest first",
                        .text = {},
                        .examples = {"attune events --sensor ops.every_5s --limit 5"},
                        .options = filters({}),
                        .run = run_events});
    commands.push_back({.words = "enforcements",
                        .summary = "list what rules answered to events, newest first",
                        .text = "An event that a rule does not match leaves no row; `attune "
                                "describe rule REF` counts those.",
                        .examples = {"attune enforcements --state errored"},
                        .options = filters({rule, state_option(kEnforcementStates)}),
                        .run = run_enforcements});
    commands.push_back(
        {.words = "executions",
         .summary = "list runs of actions, newest first",
         .text = {},
         .examples = {"attune executions --state failed -o json"},
         .options = filters({rule,
                             {Option::Kind::kText, "--action", "ACTION", "only of this action"},
                             state_option(kExecutionStates)}),
         .run = run_executions});
    commands.push_back(
        {.words = "trace",
         .summary = "show what led to an execution, back to the line in the source",
         .text =
             "The files and lines are those of the version that ran, even if it was changed "
             "since.",
         .examples = {"attune trace 1042"},
         .options = {{Option::Kind::kOperand, "EXECUTION", "", "an execution's id", {}, true},
                     output_option({"table", "json", "yaml"}),
                     socket_option()},
         .run = run_trace});
}

}  // namespace attune
