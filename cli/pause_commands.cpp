// attune pause, resume: an operator's word over a manifest's `enabled`.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/output.h"
#include "core/kinds.h"

namespace attune {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

// "/v1/sensors/ops.tick/pause"
std::string path_of(const Given& given, const std::string& what) {
    const auto kind = find_kind(given.text("KIND"));
    if (!kind || (*kind != Kind::kSensor && *kind != Kind::kRule)) {
        throw CommandFailed{kExitUsage, "`" + given.text("KIND") + "` cannot be paused",
                            "sensors and rules can"};
    }
    return fmt::format("/v1/{}/{}/{}", info(*kind).plural, percent_encode(given.text("REF")),
                       what);
}

int run_pause(const Given& given, Terminal& terminal) {
    Json body = Json::object();
    if (given.has("--reason")) body["reason"] = given.text("--reason");
    if (given.has("--for")) body["for"] = given.text("--for");
    const auto paused = DaemonClient(given).post(path_of(given, "pause"), body, kPatience);
    show(given, terminal, paused, [&] {
        const auto until = cell(paused, "until");
        terminal.out << fmt::format("{} {} is paused{}{}\n", cell(paused, "kind"),
                                    cell(paused, "ref"),
                                    until.empty() ? "" : " until " + table_time(until),
                                    cell(paused, "changed") == "true" ? "" : ", as it was");
    });
    return kExitOk;
}

int run_resume(const Given& given, Terminal& terminal) {
    const auto resumed =
        DaemonClient(given).post(path_of(given, "resume"), Json::object(), kPatience);
    show(given, terminal, resumed, [&] {
        terminal.out << fmt::format(
            "{} {} {}\n", cell(resumed, "kind"), cell(resumed, "ref"),
            cell(resumed, "changed") == "true" ? "is resumed" : "was not paused");
    });
    return kExitOk;
}

}  // namespace

void add_pause_commands(std::vector<Command>& commands) {
    const Option kind{Option::Kind::kOperand, "KIND", "", "sensor or rule", {}, true};
    const Option ref{Option::Kind::kOperand, "REF", "", "its ref", {}, true};
    commands.push_back(
        {.words = "pause",
         .summary = "let a sensor or a rule rest",
         .text =
             "It rests until it is resumed, or for the time given, over restarts and whatever "
             "its manifest says meanwhile. A paused sensor raises no events: instants of "
             "its timer are skipped, not made up for. A paused rule answers none. What "
             "runs goes on. `attune describe` tells who has paused it, and why.",
         .examples =
             {"attune pause sensor ops.every_minute --for 2h --reason 'moving the disks'",
              "attune pause rule ops.greet"},
         .options = {kind,
                     ref,
                     {Option::Kind::kText, "--for", "DURATION",
                      "resume it by itself after that time, such as 90m or 2h"},
                     {Option::Kind::kText, "--reason", "TEXT", "why, for whoever wonders"},
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_pause});
    commands.push_back(
        {.words = "resume",
         .summary = "take back a pause",
         .text = "What its manifest says of `enabled` holds again, from now on.",
         .examples = {"attune resume sensor ops.every_minute"},
         .options = {kind, ref, output_option({"text", "json", "yaml"}), socket_option()},
         .run = run_resume});
}

}  // namespace attune
