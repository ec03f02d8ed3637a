// Facts of an installation on which everything is well: a test of a check spoils one of them.
#pragma once

#include <sys/stat.h>

#include <string>

#include "cli/doctor/check.h"

namespace attune::doctor {

inline constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} +
                                std::chrono::hours(12)};

inline FileStatus status_of(mode_t mode, uid_t uid, gid_t gid, std::string group = "root") {
    return {.mode = mode,
            .uid = uid,
            .gid = gid,
            .owner = uid == 0 ? "root" : "attune",
            .group = std::move(group)};
}

inline DiskSpace roomy() {
    return {.bytes = 100ULL << 30U,
            .free_bytes = 50ULL << 30U,
            .inodes = 1000,
            .free_inodes = 900,
            .kind = "other"};
}

inline Facts sound_facts() {
    Facts facts;
    facts.now = kNow;
    facts.built_at = kNow - std::chrono::hours(24);
    facts.version = "0.1.0";
    facts.schema_version = 7;
    facts.settings.files = {
        {"/etc/attune/attuned.yaml", status_of(S_IFREG | 0644, 0, 0), false}};
    DaemonConfig config;
    config.node = "web-1";
    config.state_dir = "/var/lib/attune";
    config.runtime_dir = "/run/attune";
    config.source_path = "/etc/attune/config";
    config.runner_socket = "/run/attune-runner/runner.sock";
    config.control_socket = "/run/attune/control.sock";
    config.control_group = "attune";
    facts.config = config;
    facts.secrets = std::vector<NamedFile>{
        {"/etc/attune/database-url", status_of(S_IFREG | 0600, 0, 0), true}};
    facts.daemon_user = "attune";
    facts.runner_user = "attune-run";
    facts.daemon_account = Account{"attune", 990, 990, {990}, "/var/lib/attune"};
    facts.runner_account = Account{"attune-run", 991, 991, {991}, "/var/lib/attune-runner"};
    facts.group = "attune";
    facts.group_exists = true;
    facts.members = {"alice"};
    facts.service = Unit{{{"LoadState", "loaded"},
                          {"FragmentPath", "/lib/systemd/system/attuned.service"},
                          {"NeedDaemonReload", "no"},
                          {"UnitFileState", "enabled"},
                          {"ActiveState", "active"},
                          {"SubState", "running"},
                          {"Result", "success"},
                          {"ExecMainStatus", "0"},
                          {"NRestarts", "0"},
                          {"WatchdogUSec", "1min"},
                          {"StatusText", "generation 12, database ok"}}};
    facts.runner_socket = Unit{{{"LoadState", "loaded"}, {"ActiveState", "active"}}};
    facts.runner = Unit{{{"LoadState", "loaded"}, {"ActiveState", "inactive"}}};
    facts.socket_path = "/run/attune/control.sock";
    facts.socket = status_of(S_IFSOCK | 0660, 990, 990, "attune");
    facts.status = Json::parse(R"({
        "version": "0.1.0", "node": "web-1", "started_at": "2026-11-23T10:00:00Z",
        "source": {"path": "/etc/attune/config", "last_revision": {
            "tree": "9ab2", "outcome": "applied", "frozen": 0,
            "finished_at": "2026-11-23T10:00:01Z", "diagnostics": []}},
        "database": {"state": "ok", "embedded": false}, "clock": {"state": "ok"},
        "runner": {"state": "ok", "socket": "/run/attune-runner/runner.sock"}})");
    facts.open_files = OpenFiles{.open = 60, .limit = 1024};
    facts.program_replaced = false;
    facts.source = SourceFacts{
        .path = "/etc/attune/config", .files = 3, .directories = 4, .digest = "9ab2"};
    facts.postgresql = std::string("/usr/lib/postgresql/15/bin");
    ServerCheckup server;
    server.version = 150008;
    server.version_text = "15.8";
    server.role = "attune";
    server.database = "events";
    server.encoding = "UTF8";
    server.fsync = server.full_page_writes = server.synchronous_commit = server.autovacuum =
        "on";
    server.connections = 9;
    server.most_connections = 97;
    server.encrypted = true;
    server.now = kNow;
    server.data_directory = "/var/lib/postgresql/15/main";
    server.has_schema = true;
    server.schema_version = 7;
    facts.server = server;
    facts.server_asked_at = kNow;
    facts.ledger = LedgerCheckup{.days_ahead = 3,
                                 .armed = 12,
                                 .abandoned = 0,
                                 .alive = {{"web-1", "web-1.example.org", "0.1.0"}}};
    facts.clock =
        ClockDiscipline{.synchronised = true, .largest_error = std::chrono::seconds(1)};
    facts.zones_version = "2026a";
    facts.journal = true;
    facts.watches = 8192;
    facts.state_disk = facts.runtime_disk = facts.spool_disk = facts.database_disk = roomy();
    return facts;
}

}  // namespace attune::doctor
