// Each check of `attune doctor` comes out well on facts of a sound installation, and not well,
// with a remedy, when what it looks at is not so.
#include "cli/doctor/check.h"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/cli/doctor/sound_facts.h"

namespace attune::doctor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Check& check(const std::string& id) {
    return *std::ranges::find_if(checks(), [&](const Check& one) { return one.id == id; });
}

void set(Facts& facts, const std::string& property, const std::string& value) {
    facts.service->properties[property] = value;
}

Json& revision(Facts& facts) { return facts.status->at("source").at("last_revision"); }

struct Spoiled {
    std::string id;
    Verdict verdict;
    std::string seen;    // is in what the finding says
    std::string remedy;  // is in its remedy
    std::function<void(Facts&)> spoil;
};

std::ostream& operator<<(std::ostream& out, const Spoiled& spoiled) {
    return out << spoiled.id << " (" << spoiled.seen << ")";
}

constexpr auto kWarn = Verdict::kWarning;
constexpr auto kBad = Verdict::kProblem;

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Spoiled> spoiled() {
    return {
        {"host.clock", kBad, "before this attune was built", "set-ntp",
         [](Facts& f) { f.now = f.built_at - 1s; }},
        {"host.clock", kWarn, "nobody tells", "set-ntp",
         [](Facts& f) { f.clock->synchronised = false; }},
        {"host.zones", kBad, "only UTC", "tzdata", [](Facts& f) { f.zones_version = ""; }},
        {"host.journal", kBad, "journal/socket", "systemd-journald",
         [](Facts& f) { f.journal = false; }},
        {"host.watches", kWarn, "every 5 s", "max_user_watches=20004",
         [](Facts& f) { f.source->directories = 10000; }},
        {"disk.state", kBad, "/var/lib/attune: 99 MiB free", "du -xhd 2 /var/lib/attune",
         [](Facts& f) { f.state_disk->free_bytes = (100ULL << 20U) - 1; }},
        {"disk.state", kWarn, "1023 MiB free", "du",
         [](Facts& f) { f.state_disk->free_bytes = (1ULL << 30U) - 1; }},
        {"disk.state", kBad, "read-only", "du",
         [](Facts& f) { f.state_disk->read_only = true; }},
        {"disk.runtime", kBad, "0 MiB free", "df -h /run/attune",
         [](Facts& f) { f.runtime_disk->free_bytes = 0; }},
        {"disk.spool", kBad, "9 of 1000 inodes", "/var/lib/attune-runner",
         [](Facts& f) { f.spool_disk->free_inodes = 9; }},
        {"disk.database", kBad, "0 MiB free", "/var/lib/postgresql/15/main",
         [](Facts& f) { f.database_disk->free_bytes = 0; }},
        {"settings.valid", kBad, "2 errors: unknown", "attuned --check --config /x",
         [](Facts& f) {
             f.settings.errors = 2;
             f.settings.first = "unknown";
             f.settings.flags = "--config /x";
         }},
        {"settings.valid", kWarn, "1 warnings: odd", "attuned --check",
         [](Facts& f) {
             f.settings.warnings = 1;
             f.settings.first = "odd";
         }},
        {"settings.files", kBad, "attune cannot read it", "chmod 0640 /etc/attune/attuned.yaml",
         [](Facts& f) { f.settings.files[0].status->mode = S_IFREG | 0600; }},
        {"settings.files", kBad, "others than root may change it", "chown root:attune",
         [](Facts& f) { f.settings.files[0].status->mode = S_IFREG | 0646; }},
        {"settings.files", kBad, "a password that anyone can read", "chmod 0640",
         [](Facts& f) { f.settings.files[0].holds_secret = true; }},
        {"settings.secrets", kBad, "others than root read it",
         "chmod 0600 /etc/attune/database-url",
         [](Facts& f) { f.secrets->front().status->mode = S_IFREG | 0644; }},
        {"settings.secrets", kBad, "no such file", "/etc/attune/database-url",
         [](Facts& f) {
             f.secrets->front().status = tl::unexpected(std::string("no such file"));
         }},
        {"accounts.daemon", kBad, "no user attune", "systemd-sysusers",
         [](Facts& f) { f.daemon_account.reset(); }},
        {"accounts.runner", kBad, "no user attune-run", "systemd-sysusers",
         [](Facts& f) { f.runner_account.reset(); }},
        {"accounts.runner", kWarn, "the daemon's own user", "systemd-sysusers",
         [](Facts& f) { f.runner_account->uid = 990; }},
        {"accounts.group", kWarn, "no group attune", "systemd-sysusers",
         [](Facts& f) { f.group_exists = false; }},
        {"unit.installed", kBad, "masked", "systemctl unmask attuned",
         [](Facts& f) { set(f, "LoadState", "masked"); }},
        {"unit.installed", kBad, "not-found", "apt install --reinstall attune",
         [](Facts& f) { set(f, "LoadState", "not-found"); }},
        {"unit.current", kWarn, "changed", "daemon-reload",
         [](Facts& f) { set(f, "NeedDaemonReload", "yes"); }},
        {"unit.enabled", kWarn, "disabled", "systemctl enable attuned",
         [](Facts& f) { set(f, "UnitFileState", "disabled"); }},
        {"unit.active", kBad, "exit code 78: the configuration cannot work", "journalctl",
         [](Facts& f) {
             set(f, "ActiveState", "failed");
             set(f, "SubState", "failed");
             set(f, "Result", "exit-code");
             set(f, "ExecMainStatus", "78");
         }},
        {"unit.active", kBad, "last result: watchdog", "systemctl restart attuned",
         [](Facts& f) {
             set(f, "ActiveState", "activating");
             set(f, "SubState", "auto-restart");
             set(f, "Result", "watchdog");
         }},
        {"unit.active", kWarn, "activating (start)", "journalctl",
         [](Facts& f) {
             set(f, "ActiveState", "activating");
             set(f, "SubState", "start");
         }},
        {"unit.restarts", kWarn, "restarted 1 times", "journalctl",
         [](Facts& f) { set(f, "NRestarts", "1"); }},
        {"unit.restarts", kBad, "restarted 5 times", "journalctl",
         [](Facts& f) { set(f, "NRestarts", "5"); }},
        {"unit.watchdog", kWarn, "taken away", "systemctl revert",
         [](Facts& f) { set(f, "WatchdogUSec", "0"); }},
        {"unit.runner", kBad, "socket inactive", "restart attune-runner.socket",
         [](Facts& f) { f.runner_socket->properties["ActiveState"] = "inactive"; }},
        {"unit.runner", kBad, "service failed", "restart attune-runner.socket",
         [](Facts& f) { f.runner->properties["ActiveState"] = "failed"; }},
        {"control.socket", kBad, "is no socket", "rm /run/attune/control.sock",
         [](Facts& f) { f.socket->mode = S_IFREG | 0660; }},
        {"control.socket", kWarn, "0666", "restart attuned",
         [](Facts& f) { f.socket->mode = S_IFSOCK | 0666; }},
        {"control.socket", kWarn, "members of attune cannot connect", "restart attuned",
         [](Facts& f) { f.socket->group = "root"; }},
        {"daemon.answers", kBad, "nobody listens", "systemctl start attuned",
         [](Facts& f) {
             f.daemon_failure = Failure{"nobody listens", ""};
         }},
        {"daemon.version", kBad, "the daemon is 0.0.9", "systemctl restart attuned",
         [](Facts& f) { (*f.status)["version"] = "0.0.9"; }},
        {"daemon.program", kWarn, "replaced", "systemctl restart attuned",
         [](Facts& f) { f.program_replaced = true; }},
        {"daemon.health", kBad, "degraded: the loop feed hangs", "journalctl",
         [](Facts& f) {
             set(f, "StatusText", "degraded: the loop feed hangs; generation 12");
         }},
        {"daemon.files", kBad, "922 open of 1024", "systemctl edit attuned",
         [](Facts& f) { f.open_files->open = 922; }},
        {"daemon.files", kWarn, "512 open", "systemctl edit attuned",
         [](Facts& f) { f.open_files->open = 512; }},
        {"daemon.clock", kBad, "no timer fires", "set-ntp",
         [](Facts& f) { (*f.status)["clock"]["state"] = "waiting_for_clock"; }},
        {"daemon.runner", kBad, "cannot reach attune-runner", "attune-runner",
         [](Facts& f) { (*f.status)["runner"]["state"] = "away"; }},
        {"source.valid", kBad, "1 errors: a.yaml:4: no", "attune validate /etc/attune/config",
         [](Facts& f) {
             f.source->errors = 1;
             f.source->first = "a.yaml:4: no";
         }},
        {"source.valid", kWarn, "1 warnings", "attune validate",
         [](Facts& f) { f.source->warnings = 1; }},
        {"source.readable", kBad, "attune cannot read /a and 1 more", "chmod -R o+rX",
         [](Facts& f) {
             f.source->unreadable = {"/a", "/b"};
         }},
        {"source.access", kBad, "anyone may change /a", "chmod -R o-w /etc/attune/config",
         [](Facts& f) { f.source->open = {"/a"}; }},
        {"source.applied", kBad, "2 objects frozen", "attune plan",
         [](Facts& f) { revision(f)["frozen"] = 2; }},
        {"source.applied", kBad, "refused", "attune plan",
         [](Facts& f) { revision(f)["outcome"] = "refused"; }},
        {"source.applied", kWarn, "no revision yet", "attune plan",
         [](Facts& f) { revision(f) = nullptr; }},
        {"source.current", kWarn, "changed since", "attune reconcile",
         [](Facts& f) { f.source->digest = "9ab3"; }},
        {"source.current", kWarn, "the daemon follows /srv", "attune reconcile",
         [](Facts& f) { f.status->at("source")["path"] = "/srv"; }},
        {"source.brake", kBad, "too many", "attune apply --allow-retire",
         [](Facts& f) {
             revision(f)["diagnostics"] = {{{"code", "ATT6002"}, {"message", "too many"}}};
         }},
        {"database.programs", kBad, "no PostgreSQL", "apt install",
         [](Facts& f) {
             f.postgresql_failure = Failure{"no PostgreSQL", ""};
         }},
        {"database.reachable", kBad, "connection refused", "journalctl",
         [](Facts& f) {
             f.database_failure = Failure{"connection refused", ""};
         }},
        {"database.version", kBad, "attune needs 15", "postgresql-15",
         [](Facts& f) { f.server->version = 140011; }},
        {"database.schema", kBad, "schema 6", "systemctl restart attuned",
         [](Facts& f) { f.server->schema_version = 6; }},
        {"database.schema", kBad, "schema 8", "apt upgrade attune",
         [](Facts& f) { f.server->schema_version = 8; }},
        {"database.role", kBad, "attune lacks USAGE on",
         "ALTER DATABASE events OWNER TO attune",
         [](Facts& f) { f.server->missing_rights = {"USAGE on the schema attune"}; }},
        {"database.writable", kBad, "standby", "attuned.yaml",
         [](Facts& f) { f.server->in_recovery = true; }},
        {"database.writable", kBad, "read_only", "attuned.yaml",
         [](Facts& f) { f.server->read_only = true; }},
        {"database.encoding", kBad, "LATIN1", "createdb",
         [](Facts& f) { f.server->encoding = "LATIN1"; }},
        {"database.durability", kBad, "fsync off", "RESET fsync",
         [](Facts& f) { f.server->fsync = "off"; }},
        {"database.durability", kWarn, "full_page_writes off", "RESET full_page_writes",
         [](Facts& f) { f.server->full_page_writes = "off"; }},
        {"database.durability", kWarn, "loses the last moments", "RESET synchronous_commit",
         [](Facts& f) { f.server->synchronous_commit = "off"; }},
        {"database.vacuum", kWarn, "off", "RESET autovacuum",
         [](Facts& f) { f.server->autovacuum = "off"; }},
        {"database.connections", kWarn, "88 of 97", "pg_stat_activity",
         [](Facts& f) { f.server->connections = 88; }},
        {"database.connections", kBad, "97 of 97", "pg_stat_activity",
         [](Facts& f) { f.server->connections = 97; }},
        {"database.clock", kWarn, "2001 ms ahead", "set-ntp",
         [](Facts& f) { f.server->now += 2001ms; }},
        {"database.clock", kBad, "60001 ms behind", "set-ntp",
         [](Facts& f) { f.server->now -= 60001ms; }},
        {"database.encryption", kWarn, "in the clear", "database-url",
         [](Facts& f) { f.server->encrypted = false; }},
        {"database.partitions", kWarn, "1 days", "systemctl restart attuned",
         [](Facts& f) { f.ledger->days_ahead = 1; }},
        {"work.node", kWarn, "no daemon lives", "systemctl start attuned",
         [](Facts& f) { f.ledger->alive.clear(); }},
        {"work.node", kBad, "node web-2 on w2 lives on it, this one is node web-1",
         "systemctl start attuned",
         [](Facts& f) {
             f.ledger->alive = {{"web-2", "w2", "0.1.0"}};
         }},
        {"work.sensors", kBad, "1 faulted, ops.tick: because",
         "attune describe sensor ops.tick",
         [](Facts& f) {
             f.ledger->faulted_count = 1;
             f.ledger->faulted = {{"ops.tick", "because"}};
         }},
        {"work.timers", kBad, "3 timers are late", "journalctl",
         [](Facts& f) { f.ledger->overdue = 3; }},
        {"work.backlog", kWarn, "the oldest for 1m1s", "attune executions --state running",
         [](Facts& f) {
             f.ledger->ready = 4;
             f.ledger->oldest_ready = kNow - 61s;
         }},
        {"work.backlog", kBad, "4 executions wait", "attune executions",
         [](Facts& f) {
             f.ledger->ready = 4;
             f.ledger->oldest_ready = kNow - 601s;
         }},
        {"work.orphans", kWarn, "2 executions", "systemctl start attuned",
         [](Facts& f) { f.ledger->orphaned = 2; }},
        {"work.abandoned", kWarn, "1 executions", "attune executions --state abandoned",
         [](Facts& f) { f.ledger->abandoned = 1; }},
    };
}

TEST(DoctorCheck, EveryOneIsOkOnASoundInstallation) {
    const auto facts = sound_facts();
    for (const auto& one : checks()) {
        const auto finding = one.judge(facts);
        EXPECT_EQ(to_string(finding.verdict), "ok") << one.id << ": " << finding.seen;
        EXPECT_EQ(remedy_of(one, finding), "") << one.id;
        EXPECT_NE(finding.seen, "") << one.id;
    }
}

class SpoiledFacts : public testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledFacts, AreFoundAndHaveARemedy) {
    auto facts = sound_facts();
    GetParam().spoil(facts);
    const auto& one = check(GetParam().id);
    const auto finding = one.judge(facts);
    EXPECT_EQ(to_string(finding.verdict), to_string(GetParam().verdict));
    EXPECT_THAT(finding.seen, HasSubstr(GetParam().seen));
    EXPECT_THAT(remedy_of(one, finding), HasSubstr(GetParam().remedy));
}

INSTANTIATE_TEST_SUITE_P(Doctor, SpoiledFacts, testing::ValuesIn(spoiled()));

TEST(DoctorCheck, NoneIsWithoutACaseInWhichItIsNotOk) {
    std::set<std::string> tried;
    for (const auto& one : spoiled()) tried.insert(one.id);
    for (const auto& one : checks()) EXPECT_TRUE(tried.contains(one.id)) << one.id;
    EXPECT_EQ(tried.size(), checks().size());
    EXPECT_GE(checks().size(), 20U);
}

// With nothing found out, each still says what it can, and why it cannot say more.
TEST(DoctorCheck, NoneCrashesOrIsOkWithoutFacts) {
    Facts nothing;
    const std::set<std::string> kNeedNone = {"settings.valid", "settings.files"};
    for (const auto& one : checks()) {
        const auto finding = one.judge(nothing);
        EXPECT_EQ(finding.verdict == Verdict::kOk, kNeedNone.contains(one.id)) << one.id;
        EXPECT_NE(finding.seen, "") << one.id;
    }
}

TEST(DoctorCheck, WhatDoesNotApplyIsSkippedAndSaysWhy) {
    auto facts = sound_facts();
    facts.config->runner_socket.clear();
    EXPECT_EQ(check("unit.runner").judge(facts).verdict, Verdict::kSkipped);
    EXPECT_THAT(check("accounts.runner").judge(facts).seen, HasSubstr("runs processes itself"));
    facts.service = tl::unexpected(std::string("systemd does not run this host"));
    for (const auto* id : {"unit.installed", "unit.active", "daemon.health", "host.journal"}) {
        EXPECT_EQ(check(id).judge(facts).seen, "systemd does not run this host") << id;
    }
    facts.secrets->clear();
    EXPECT_EQ(check("settings.secrets").judge(facts).verdict, Verdict::kSkipped);
}

TEST(DoctorCheck, AFailureIsToldOnceAndWhatDependsOnItPointsThere) {
    auto facts = sound_facts();
    facts.daemon_failure = Failure{"nobody listens", ""};
    facts.status = tl::unexpected(std::string("nobody listens"));
    facts.database_failure = Failure{"refused", ""};
    facts.server = tl::unexpected(std::string("refused"));
    for (const auto& one : checks()) {
        const auto finding = one.judge(facts);
        if (finding.verdict != Verdict::kProblem) continue;
        EXPECT_TRUE(one.id == "daemon.answers" || one.id == "database.reachable") << one.id;
    }
    EXPECT_THAT(check("daemon.version").judge(facts).seen, HasSubstr("see daemon.answers"));
    EXPECT_THAT(check("database.schema").judge(facts).seen,
                HasSubstr("see database.reachable"));
}

TEST(DoctorRemedy, NamesStandOnlyForWholeWords) {
    const Check check{"x", "", "chmod FILE; cat PROFILE FILE.d", nullptr};
    EXPECT_EQ(remedy_of(check, problem("", {{"FILE", "/FILE"}})),
              "chmod /FILE; cat PROFILE /FILE.d");
}

}  // namespace
}  // namespace attune::doctor
