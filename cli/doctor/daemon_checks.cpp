// The daemon that runs, as its socket and systemd tell about it.
#include <sys/stat.h>

#include <fmt/format.h>

#include "cli/doctor/check.h"
#include "cli/output.h"

namespace attune::doctor {
namespace {

constexpr const char* kSilent = "the daemon does not answer (see daemon.answers)";

std::string no_status(const Facts& facts) {
    return facts.daemon_failure ? kSilent : facts.status.error();
}

Finding socket(const Facts& facts) {
    if (!facts.socket) return skipped(facts.socket.error());
    const auto& status = *facts.socket;
    const auto seen = facts.socket_path + " has " + describe(status);
    const std::map<std::string, std::string> names = {{"PATH", facts.socket_path}};
    if (!S_ISSOCK(status.mode)) return problem(facts.socket_path + " is no socket", names);
    if ((status.mode & 07777) != 0660) {
        return warning(seen + ", and the daemon made it with 0660", names);
    }
    if (facts.group_exists && status.group != facts.group) {
        return warning(seen + ": the members of " + facts.group + " cannot connect", names);
    }
    return ok(seen);
}

Finding answers(const Facts& facts) {
    if (facts.daemon_failure) {
        auto finding = problem(facts.daemon_failure->what);
        finding.remedy = facts.daemon_failure->remedy;
        return finding;
    }
    if (!facts.status) return skipped(facts.status.error());
    return ok(fmt::format("node {}, up since {}", cell(*facts.status, "node"),
                          table_time(cell(*facts.status, "started_at"))));
}

Finding version(const Facts& facts) {
    if (!facts.status) return skipped(no_status(facts));
    const auto theirs = cell(*facts.status, "version");
    if (theirs != facts.version) {
        return problem(fmt::format("the daemon is {}, this command {}", theirs, facts.version));
    }
    return ok(theirs);
}

Finding program(const Facts& facts) {
    if (!facts.program_replaced) return skipped(facts.program_replaced.error());
    if (*facts.program_replaced) {
        return warning("its program was replaced after it started: the old one still runs");
    }
    return ok("it runs the program that is installed");
}

Finding health(const Facts& facts) {
    if (!facts.service) return skipped(facts.service.error());
    const auto text = (*facts.service)("StatusText");
    if (text.empty()) return skipped("the daemon has told systemd nothing");
    return text.starts_with("degraded:") ? problem(text) : ok(text);
}

Finding open_files(const Facts& facts) {
    if (!facts.open_files) return skipped(facts.open_files.error());
    const auto& files = *facts.open_files;
    if (files.limit == 0) return ok(fmt::format("{} open, no limit", files.open));
    const auto seen = fmt::format("{} open of {}", files.open, files.limit);
    if (files.open * 10 >= files.limit * 9) return problem(seen);
    if (files.open * 2 >= files.limit) return warning(seen);
    return ok(seen);
}

Finding clock(const Facts& facts) {
    if (!facts.status) return skipped(no_status(facts));
    if (cell(*facts.status, "clock/state") == "waiting_for_clock") {
        return problem("the clock is behind the newest fire on record: no timer fires");
    }
    return ok("timers trust the clock");
}

Finding runner(const Facts& facts) {
    if (!facts.status) return skipped(no_status(facts));
    const auto socket = cell(*facts.status, "runner/socket");
    if (cell(*facts.status, "runner/state") == "away") {
        return problem("the daemon cannot reach attune-runner at " + socket +
                       ": no process action begins");
    }
    return ok(socket.empty() ? "the daemon runs processes itself" : "it answers at " + socket);
}

}  // namespace

void add_daemon_checks(std::vector<Check>& checks) {
    checks.push_back({"control.socket", "mode and group of the control socket",
                      "rm PATH; systemctl restart attuned", socket});
    checks.push_back({"daemon.answers", "the daemon answers at its control socket",
                      "systemctl start attuned", answers});
    checks.push_back({"daemon.version", "daemon and command are of one version",
                      "systemctl restart attuned", version});
    checks.push_back({"daemon.program", "the daemon runs the program that is installed",
                      "systemctl restart attuned", program});
    checks.push_back({"daemon.health", "the status line it gives systemd is not `degraded:`",
                      "journalctl -u attuned -p warning -x -n 50", health});
    checks.push_back({"daemon.files", "its open files and their limit (LimitNOFILE=)",
                      "systemctl edit attuned", open_files});
    checks.push_back({"daemon.clock",
                      "timers are not held back by a clock that cannot be right",
                      "timedatectl set-ntp true", clock});
    checks.push_back({"daemon.runner", "it reaches attune-runner",
                      "systemctl restart attune-runner.socket attune-runner", runner});
}

}  // namespace attune::doctor
