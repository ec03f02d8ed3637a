// attune status.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/output.h"
#include "cli/table.h"
#include "core/printable.h"
#include "core/time.h"

namespace attune {
namespace {

// "3 sensors, 2 rules": of an object of counts, in the order of `names`, or its own.
std::string counts_text(const Json& counts) {
    std::string text;
    for (const auto& [name, count] : counts.items()) {
        if (!text.empty()) text += ", ";
        text += compact(count) + " " + name;
    }
    return text.empty() ? "none" : text;
}

std::int64_t count_of(const Json& counts, std::initializer_list<const char*> states) {
    std::int64_t sum = 0;
    for (const auto* state : states) sum += counts.value(state, std::int64_t{0});
    return sum;
}

std::int64_t total(const Json& counts) {
    std::int64_t sum = 0;
    for (const auto& count : counts) sum += count.get<std::int64_t>();
    return sum;
}

// Every way of not succeeding, whatever the reason.
std::int64_t failures(const Json& executions) {
    return count_of(executions, {"failed", "timed_out", "abandoned"});
}

int summarise(const Json& status, Terminal& terminal) {
    const auto& since = status.at("since_start");
    if (since.is_null()) {
        throw CommandFailed{kExitUnreachable,
                            "the database is away: " + cell(status, "database/error"),
                            "the daemon goes on by itself once it is back"};
    }
    const auto& executions = since.at("executions");
    const auto failed = failures(executions);
    std::string states;
    for (const auto& [state, count] : executions.items()) {
        if (state != "succeeded") states += fmt::format(", {} {}", state, compact(count));
    }
    terminal.out << fmt::format("events {}, executions {} (succeeded {}{}), {} failed\n",
                                cell(since, "events"), total(executions),
                                count_of(executions, {"succeeded"}), states, failed);
    return failed == 0 ? kExitOk : kExitFailed;
}

std::string revision_text(const Json& status) {
    const auto& revision = status.at("source").at("last_revision");
    if (revision.is_null()) return "none yet";
    auto text =
        fmt::format("{} at {}, {} objects", cell(revision, "outcome"),
                    table_time(cell(revision, "finished_at")), cell(revision, "objects"));
    if (cell(revision, "frozen") != "0") text += ", " + cell(revision, "frozen") + " frozen";
    return text;
}

std::string uptime(const Json& status) {
    return format_duration(
        std::chrono::seconds(status.value("uptime_seconds", std::int64_t{0})));
}

void print_diagnostics(const Json& status, Terminal& terminal) {
    const auto& revision = status.at("source").at("last_revision");
    if (revision.is_null()) return;
    for (const auto& diagnostic : revision.at("diagnostics")) {
        const auto place = diagnostic_place(diagnostic);
        terminal.out << printable(fmt::format("  {}[{}] {}{}", cell(diagnostic, "severity"),
                                              cell(diagnostic, "code"),
                                              place.empty() ? "" : place + ": ",
                                              cell(diagnostic, "message")))
                     << '\n';
    }
}

void print_status(const Json& status, Terminal& terminal) {
    Lines lines;
    lines.add("attuned", fmt::format("{} on node {}, up {} since {}", cell(status, "version"),
                                     cell(status, "node"), uptime(status),
                                     table_time(cell(status, "started_at"))));
    lines.add("source", cell(status, "source/name") + "  " + cell(status, "source/path"));
    lines.add("last revision", revision_text(status));
    lines.add("generation", cell(status, "generation"));
    lines.add("objects", counts_text(status.at("objects")));
    const bool embedded = status.at("database").value("embedded", false);
    lines.add("database", cell(status, "database/state") + (embedded ? " (embedded)" : ""));
    lines.add("", cell(status, "database/error"));
    if (cell(status, "runner/state") == "away") {
        lines.add("runner", "away: no process action begins (see the log)");
    }
    if (cell(status, "clock/state") == "waiting_for_clock") {
        lines.add("clock", "cannot be right, no timer fires until it is set (see the log)");
    }
    if (!status.at("since_start").is_null()) {
        lines.add("timers", counts_text(status.at("timers")));
        lines.add("since start",
                  fmt::format("{} events, {} enforcements, executions: {}",
                              cell(status, "since_start/events"),
                              cell(status, "since_start/enforcements"),
                              counts_text(status.at("since_start").at("executions"))));
        lines.add("waiting",
                  cell(status, "ready") + " ready, " + cell(status, "claimed") + " claimed");
    }
    lines.print(terminal.out);
    print_diagnostics(status, terminal);
}

int run_status(const Given& given, Terminal& terminal) {
    const auto status = DaemonClient(given).get("/v1/status");
    if (given.has("--summary")) return summarise(status, terminal);
    show(given, terminal, status, [&] { print_status(status, terminal); });
    return kExitOk;
}

}  // namespace

void add_status_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "status",
         .summary = "show how the daemon is and what it has done",
         .text =
             "With --summary the exit code is 1 when any execution since the daemon's start "
             "has failed.",
         .examples = {"attune status", "attune status --summary"},
         .options = {{Option::Kind::kFlag, "--summary", "",
                      "one line with the figures since the daemon's start"},
                     output_option({"table", "json", "yaml"}),
                     socket_option()},
         .run = run_status});
}

}  // namespace attune
