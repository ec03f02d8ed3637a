// What systemd knows about the service.
#include <charconv>

#include <fmt/format.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

// Why a process of ours ended with that code; docs/operations.md has the same.
std::string meaning(const std::string& code) {
    if (code == "64") return "wrong command line";
    if (code == "65") return "the database was migrated by a newer attune";
    if (code == "70") return "a bug of attune";
    if (code == "75") return "another daemon works on the same database";
    if (code == "77") return "a permission was refused";
    if (code == "78") return "the configuration cannot work";
    return "see the journal";
}

Finding installed(const Facts& facts) {
    if (!facts.service) return skipped(facts.service.error());
    const auto state = (*facts.service)("LoadState");
    if (state == "masked") {
        return problem("attuned.service is masked", {});
    }
    if (state != "loaded") {
        return {.verdict = Verdict::kProblem,
                .seen = fmt::format("attuned.service is {}", state),
                .remedy = "apt install --reinstall attune"};
    }
    return ok((*facts.service)("FragmentPath"));
}

// The checks below are about a unit that is there.
Fact<Unit> loaded(const Facts& facts) {
    if (!facts.service) return facts.service;
    if ((*facts.service)("LoadState") != "loaded") {
        return tl::unexpected(std::string("attuned.service is not installed"));
    }
    return facts.service;
}

Finding current(const Facts& facts) {
    const auto unit = loaded(facts);
    if (!unit) return skipped(unit.error());
    if ((*unit)("NeedDaemonReload") == "yes") {
        return warning("its files were changed after systemd read them");
    }
    const auto drop_ins = (*unit)("DropInPaths");
    return ok(drop_ins.empty() ? "no drop-ins" : "drop-ins: " + drop_ins);
}

Finding enabled(const Facts& facts) {
    const auto unit = loaded(facts);
    if (!unit) return skipped(unit.error());
    const auto state = (*unit)("UnitFileState");
    if (state.starts_with("enabled") || state == "static") return ok(state);
    return warning(state + ": it does not start with the machine");
}

Finding active(const Facts& facts) {
    const auto unit = loaded(facts);
    if (!unit) return skipped(unit.error());
    const auto state = (*unit)("ActiveState");
    const auto seen = state + " (" + (*unit)("SubState") + ")";
    if (state == "active" || state == "reloading") return ok(seen);
    const auto code = (*unit)("ExecMainStatus");
    if ((*unit)("Result") == "exit-code" && code != "0") {
        return problem(
            fmt::format("{}: it ended with exit code {}: {}", seen, code, meaning(code)));
    }
    if (state == "activating" && (*unit)("SubState") != "auto-restart") return warning(seen);
    return problem(seen + ", last result: " + (*unit)("Result"));
}

Finding restarts(const Facts& facts) {
    const auto unit = loaded(facts);
    if (!unit) return skipped(unit.error());
    const auto text = (*unit)("NRestarts");
    int count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    const auto seen =
        fmt::format("restarted {} times by systemd since it was last started by hand", count);
    if (count >= 5) return problem(seen);
    if (count > 0) return warning(seen);
    return ok("never since it was last started by hand");
}

Finding watchdog(const Facts& facts) {
    const auto unit = loaded(facts);
    if (!unit) return skipped(unit.error());
    const auto period = (*unit)("WatchdogUSec");
    if (period.empty() || period == "0" || period == "infinity") {
        return warning("WatchdogSec= is taken away: a daemon that hangs is not restarted");
    }
    return ok("every " + period);
}

Finding runner(const Facts& facts) {
    if (!facts.config) return skipped(facts.config.error());
    if (facts.config->runner_socket.empty()) {
        return skipped("the daemon runs processes itself (runner.socket is not set)");
    }
    if (!facts.runner_socket) return skipped(facts.runner_socket.error());
    if (!facts.runner) return skipped(facts.runner.error());
    const auto socket = (*facts.runner_socket)("ActiveState");
    const auto service = (*facts.runner)("ActiveState");
    const auto seen = fmt::format("socket {}, service {}", socket, service);
    if (service == "failed" || socket != "active") return problem(seen);
    return ok(seen);
}

}  // namespace

void add_unit_checks(std::vector<Check>& checks) {
    checks.push_back({"unit.installed", "attuned.service is there and not masked",
                      "systemctl unmask attuned", installed});
    checks.push_back({"unit.current", "systemd knows its files as they are now",
                      "systemctl daemon-reload", current});
    checks.push_back(
        {"unit.enabled", "it starts with the machine", "systemctl enable attuned", enabled});
    checks.push_back({"unit.active", "it runs, or why it ended",
                      "journalctl -u attuned -x -n 50; systemctl restart attuned", active});
    checks.push_back({"unit.restarts", "how often systemd had to restart it",
                      "journalctl -u attuned -p warning -x", restarts});
    checks.push_back(
        {"unit.watchdog", "the watchdog is armed", "systemctl revert attuned", watchdog});
    checks.push_back({"unit.runner",
                      "attune-runner.socket listens, attune-runner has not failed",
                      "systemctl restart attune-runner.socket", runner});
}

}  // namespace attune::doctor
