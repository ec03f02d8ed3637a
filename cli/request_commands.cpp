// attune fire, run: what is asked for by hand.
#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/input.h"
#include "cli/output.h"
#include "core/lifecycle.h"
#include "os/loop.h"
#include "os/signals.h"
#include "os/system_clock.h"

namespace attune {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr Duration kLook = std::chrono::milliseconds(200);

int run_fire(const Given& given, Terminal& terminal) {
    Json body = Json::object();
    if (given.has("--payload")) {
        body["payload"] = read_json(given.text("--payload"), "--payload", terminal);
    }
    if (given.has("--key")) body["key"] = given.text("--key");
    const auto fired = DaemonClient(given).post(
        "/v1/sensors/" + percent_encode(given.text("SENSOR")) + "/fire", body, kPatience);
    show(given, terminal, fired, [&] {
        terminal.out << fmt::format(
            "event {} of {} at {}{}\n", cell(fired, "event"), cell(fired, "sensor"),
            table_time(cell(fired, "scheduled_at")),
            cell(fired, "duplicate") == "true" ? " (the key was used before)" : "");
    });
    return kExitOk;
}

// Looks until the execution has ended. A signal ends the waiting, not the execution.
Json wait_for_end(const DaemonClient& daemon, const std::string& execution) {
    SignalFd signals({SIGINT, SIGTERM});
    const SystemClock clock;
    Waiter waiter;
    while (true) {
        auto seen = daemon.get("/v1/executions/" + execution);
        const auto state = parse_execution_state(cell(seen, "state"));
        if (!state || is_terminal(*state)) return seen;
        pollfd signalled{signals.fd(), POLLIN, 0};
        waiter.wait(clock.now() + kLook, {&signalled, 1});
        if (signals.next()) {
            throw CommandFailed{
                kExitFailed,
                "interrupted while execution " + execution + " is " + cell(seen, "state"),
                "`attune trace " + execution + "` shows how it ends"};
        }
    }
}

int run_run(const Given& given, Terminal& terminal) {
    Json body = Json::object();
    if (given.has("--params")) {
        body["params"] = read_json(given.text("--params"), "--params", terminal);
    }
    if (given.has("--key")) body["key"] = given.text("--key");
    const DaemonClient daemon(given);
    auto begun = daemon.post("/v1/actions/" + percent_encode(given.text("ACTION")) + "/run",
                             body, kPatience);
    const auto id = cell(begun, "execution");
    if (!given.has("--wait")) {
        show(given, terminal, begun, [&] {
            terminal.out << fmt::format(
                "execution {} of {}{}\n", id, cell(begun, "action"),
                cell(begun, "duplicate") == "true" ? " (the key was used before)" : "");
        });
        return kExitOk;
    }
    const auto ended = wait_for_end(daemon, id);
    show(given, terminal, ended, [&] {
        terminal.out << fmt::format("execution {} of {} {}\n{}\n", id, cell(ended, "action"),
                                    cell(ended, "state"), cell(ended, "result"));
    });
    return cell(ended, "state") == "succeeded" ? kExitOk : kExitFailed;
}

}  // namespace

void add_request_commands(std::vector<Command>& commands) {
    const Option key{Option::Kind::kText, "--key", "KEY",
                     "a name of your own: the same key never acts twice"};
    commands.push_back(
        {.words = "fire",
         .summary = "raise an event of an external sensor",
         .text =
             "Only sensors with `runtime: core.sensor.external` are fired by hand. The "
             "payload is checked against the trigger's out_schema, and the event is recorded "
             "when the command returns. When in doubt, repeat it with the same --key.",
         .examples = {"attune fire ops.deploys --payload '{\"service\": \"web\", \"version\": "
                      "\"1.2\"}' --key build-17",
                      "attune fire ops.deploys --payload @deploy.json"},
         .options = {{Option::Kind::kOperand, "SENSOR", "", "the sensor's ref", {}, true},
                     {Option::Kind::kText, "--payload", "JSON",
                      "the event's payload: JSON, @FILE, or - for standard input"},
                     key,
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_fire});
    commands.push_back(
        {.words = "run",
         .summary = "run an action once, without an event",
         .text = "Parameters are completed with the action's defaults and checked against its "
                 "param_schema. With --wait the exit code is 0 only when it succeeded.",
         .examples = {"attune run core.echo --params '{\"message\": \"hello\"}' --wait"},
         .options = {{Option::Kind::kOperand, "ACTION", "", "the action's ref", {}, true},
                     {Option::Kind::kText, "--params", "JSON",
                      "its parameters: JSON, @FILE, or - for standard input"},
                     key,
                     {Option::Kind::kFlag, "--wait", "",
                      "wait for its end and show its result"},
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_run});
}

}  // namespace attune
