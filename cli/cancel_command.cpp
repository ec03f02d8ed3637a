// attune cancel: an execution is to end.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/output.h"

namespace attune {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

int run_cancel(const Given& given, Terminal& terminal) {
    Json body = Json::object();
    if (given.has("--reason")) body["reason"] = given.text("--reason");
    const auto cancelled = DaemonClient(given).post(
        "/v1/executions/" + percent_encode(given.text("EXECUTION")) + "/cancel", body,
        kPatience);
    show(given, terminal, cancelled, [&] {
        terminal.out << fmt::format(
            "execution {} is {}\n", cell(cancelled, "execution"),
            cell(cancelled, "state") == "cancelled" ? "cancelled" : "being stopped");
    });
    return kExitOk;
}

}  // namespace

void add_cancel_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "cancel",
         .summary = "end an execution that waits or runs",
         .text =
             "One that waits is cancelled at once and never begins. One that runs is stopped: "
             "its process and all of its group get SIGTERM, and SIGKILL 5 seconds later. It "
             "is not tried again. Should it end by itself first, that end counts; one that "
             "has ended already stays as it is. `attune trace` tells who has cancelled it, "
             "and why.",
         .examples = {"attune cancel 1042",
                      "attune cancel 1042 --reason 'the disk is being replaced'"},
         .options = {{Option::Kind::kOperand, "EXECUTION", "", "an execution's id", {}, true},
                     {Option::Kind::kText, "--reason", "TEXT", "why, for whoever wonders"},
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_cancel});
}

}  // namespace attune
