#include "cli/doctor/gather.h"

#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "cli/daemon_client.h"
#include "cli/doctor/systemd_unit.h"
#include "cli/output.h"
#include "core/version.h"
#include "os/lock_file.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "store/migrate.h"

namespace attune::doctor {
namespace {

namespace fs = std::filesystem;

constexpr Duration kPatience = std::chrono::seconds(10);

Fact<Json> ask_status(Facts& facts, const DaemonClient& client) {
    try {
        return accept(client.ask("GET", "/v1/status", "", kPatience));
    } catch (const CommandFailed& failed) {
        const bool may_not = facts.socket && ::access(client.socket().c_str(), W_OK) != 0;
        const auto why = failed.message;
        if (!may_not) facts.daemon_failure = Failure{why, ""};
        return tl::unexpected(why);
    }
}

// Of the daemon that answers: the service's, or whoever holds the lock of the state directory.
Fact<pid_t> daemon_pid(const Facts& facts) {
    if (!facts.status) return tl::unexpected(std::string("the daemon does not answer"));
    if (!facts.config) return tl::unexpected(facts.config.error());
    const auto held =
        look_at([&] { return LockFile::holder(facts.config->state_dir + "/attuned.lock"); });
    if (!held) return tl::unexpected(held.error());
    if (!*held) return tl::unexpected("nobody holds the lock in " + facts.config->state_dir);
    return **held;
}

}  // namespace

std::string in_one_line(const Diagnostic& found) {
    if (found.file.empty()) return found.message;
    if (found.range.line == 0) return found.file + ": " + found.message;
    return fmt::format("{}:{}: {}", found.file, found.range.line, found.message);
}

void gather_accounts(Facts& facts) {
    const auto user = facts.service ? (*facts.service)("User") : "";
    // Elsewhere than under systemd it is whoever starts it.
    facts.daemon_user = !user.empty() ? user : own_account().name;
    facts.daemon_account = find_account(facts.daemon_user);
    const auto runner = facts.runner ? (*facts.runner)("User") : "";
    facts.runner_user = !runner.empty() ? runner : "attune-run";
    facts.runner_account = find_account(facts.runner_user);
    facts.group = facts.config ? facts.config->control_group : "attune";
    facts.group_exists = find_group(facts.group).has_value();
    facts.members = members_of(facts.group);
}

void gather_daemon(const Given& given, Facts& facts) {
    facts.socket_path =
        given.has("--socket") || !environment("ATTUNE_SOCKET").empty() || !facts.config
            ? control_socket(given)
            : facts.config->control_socket;
    facts.socket = look_at([&] { return file_status(facts.socket_path); });
    facts.status = ask_status(facts, DaemonClient(facts.socket_path));
    const auto pid = daemon_pid(facts);
    if (!pid) {
        facts.open_files = tl::unexpected(pid.error());
        facts.program_replaced = tl::unexpected(pid.error());
        return;
    }
    facts.open_files = look_at([&] { return open_files(*pid); });
    facts.program_replaced = look_at([&] { return runs_replaced_program(*pid); });
}

void gather_host(Facts& facts) {
    facts.clock = look_at([] { return clock_discipline(); });
    std::error_code failed;
    if (fs::is_directory("/usr/share/zoneinfo", failed)) {
        facts.zones_version = ZoneFiles().version();
        if (facts.zones_version.empty()) facts.zones_version = "of unknown version";
    }
    facts.journal = fs::is_socket("/run/systemd/journal/socket", failed);
    facts.watches = look_at([] { return kernel_setting("fs/inotify/max_user_watches"); });
    if (!facts.config) {
        const auto why = tl::unexpected(facts.config.error());
        facts.state_disk = facts.runtime_disk = facts.spool_disk = why;
        return;
    }
    facts.state_disk = look_at([&] { return disk_space(facts.config->state_dir); });
    facts.runtime_disk = look_at([&] { return disk_space(facts.config->runtime_dir); });
    facts.spool_disk = facts.runner && (*facts.runner)("LoadState") == "loaded"
                           ? look_at([] { return disk_space("/var/lib/attune-runner"); })
                           : tl::unexpected(std::string("attune-runner is no service here"));
}

Facts gather(const Given& given) {
    Facts facts;
    facts.version = version();
    facts.built_at = built_at();
    facts.schema_version = newest_schema_version();
    facts.service = show_unit("attuned.service");
    facts.runner = show_unit("attune-runner.service");
    facts.runner_socket = show_unit("attune-runner.socket");
    gather_settings(given, facts);
    gather_accounts(facts);
    gather_daemon(given, facts);
    gather_source(facts);
    gather_database(facts);
    gather_host(facts);
    facts.now = SystemClock().now();
    return facts;
}

}  // namespace attune::doctor
