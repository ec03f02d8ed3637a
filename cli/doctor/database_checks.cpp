// The database: whether it can be reached, is the right one, keeps what it is told.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

constexpr int kOldest = 15;
constexpr Duration kSkewNoticed = std::chrono::seconds(2);
constexpr Duration kSkewTooLarge = std::chrono::seconds(60);

std::string no_server(const Facts& facts) {
    return facts.database_failure ? "the database cannot be reached (see database.reachable)"
                                  : facts.server.error();
}

Finding programs(const Facts& facts) {
    if (facts.postgresql_failure) {
        auto finding = problem(facts.postgresql_failure->what);
        finding.remedy = facts.postgresql_failure->remedy;
        return finding;
    }
    if (!facts.postgresql) return skipped(facts.postgresql.error());
    return ok(*facts.postgresql);
}

Finding reachable(const Facts& facts) {
    if (facts.database_failure) {
        auto finding = problem(facts.database_failure->what);
        finding.remedy = facts.database_failure->remedy;
        return finding;
    }
    if (!facts.server) return skipped(facts.server.error());
    return ok(
        fmt::format("as {}, {}", facts.server->role,
                    facts.server->local ? "through a unix socket" : "through the network"));
}

Finding version(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    const auto seen = "PostgreSQL " + facts.server->version_text;
    if (facts.server->version / 10000 < kOldest) {
        return problem(fmt::format("{}, and attune needs {}", seen, kOldest));
    }
    return ok(seen);
}

Finding schema(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (!facts.server->missing_rights.empty()) {
        return skipped("the role may not look (see database.role)");
    }
    const int theirs = facts.server->schema_version;
    const auto seen =
        fmt::format("schema {}, this attune knows {}", theirs, facts.schema_version);
    if (theirs > facts.schema_version) {
        return {.verdict = Verdict::kProblem, .seen = seen, .remedy = "apt upgrade attune"};
    }
    if (theirs < facts.schema_version)
        return problem(seen + ": the daemon migrates at its start");
    return ok(fmt::format("schema {}", theirs));
}

Finding role(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (!facts.server->missing_rights.empty()) {
        return problem(fmt::format("{} lacks {}", facts.server->role,
                                   fmt::join(facts.server->missing_rights, "; ")),
                       {{"NAME", facts.server->database}, {"ROLE", facts.server->role}});
    }
    return ok(facts.server->role + " may do what it needs");
}

Finding writable(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (facts.server->in_recovery) {
        return problem("it is a standby: name every host and target_session_attrs=read-write");
    }
    if (facts.server->read_only) return problem("default_transaction_read_only is on");
    return ok("it takes writes");
}

Finding encoding(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (facts.server->encoding != "UTF8") {
        return problem(facts.server->encoding + ": text without a letter in it is refused");
    }
    return ok("UTF8");
}

Finding durability(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    const auto& server = *facts.server;
    const auto seen =
        fmt::format("fsync {}, full_page_writes {}, synchronous_commit {}", server.fsync,
                    server.full_page_writes, server.synchronous_commit);
    if (server.fsync != "on") return problem(seen + ": a power cut may ruin all of it");
    if (server.full_page_writes != "on") return warning(seen + ": a power cut may ruin pages");
    if (server.synchronous_commit == "off") {
        return warning(seen + ": a crash loses the last moments");
    }
    return ok(seen);
}

Finding vacuum(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (facts.server->autovacuum != "on") return warning("autovacuum is off: tables only grow");
    return ok("autovacuum is on");
}

// The daemon has about eight; what a restart needs beside them must be free.
Finding connections(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    const auto& server = *facts.server;
    const auto seen =
        fmt::format("{} of {} in use", server.connections, server.most_connections);
    const auto left = server.most_connections - server.connections;
    if (left <= 0) return problem(seen);
    if (left < 10) return warning(seen);
    return ok(seen);
}

Finding clock(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    const auto skew = facts.server->now - facts.server_asked_at;
    const auto size = skew < Duration(0) ? -skew : skew;
    const auto seen =
        fmt::format("{} ms {} this host",
                    std::chrono::duration_cast<std::chrono::milliseconds>(size).count(),
                    skew < Duration(0) ? "behind" : "ahead of");
    if (size > kSkewTooLarge) return problem(seen);
    if (size > kSkewNoticed) return warning(seen);
    return ok(seen);
}

Finding encryption(const Facts& facts) {
    if (!facts.server) return skipped(no_server(facts));
    if (facts.server->local) return ok("a unix socket leaves the host never");
    if (facts.server->encrypted) return ok("TLS");
    return warning("everything, the password perhaps, goes through the network in the clear");
}

Finding partitions(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto seen = fmt::format("{} days from today on", facts.ledger->days_ahead);
    if (facts.ledger->days_ahead == 0) {
        return warning(seen + ": the daemon makes them when it runs");
    }
    return facts.ledger->days_ahead == 1 ? warning(seen) : ok(seen);
}

}  // namespace

void add_database_checks(std::vector<Check>& checks) {
    checks.push_back({"database.programs",
                      "the programs of PostgreSQL that the embedded database needs",
                      "apt install postgresql-15", programs});
    checks.push_back({"database.reachable", "a connection as the daemon makes it",
                      "attuned --check; journalctl -u attuned -p warning -x -n 50", reachable});
    checks.push_back(
        {"database.version", "PostgreSQL 15 or later", "apt install postgresql-15", version});
    checks.push_back({"database.schema", "its schema is the one this attune knows",
                      "systemctl restart attuned", schema});
    checks.push_back({"database.role", "the role has the rights it needs",
                      "psql -d NAME -c 'ALTER DATABASE NAME OWNER TO ROLE'", role});
    checks.push_back({"database.writable", "neither a standby nor read-only",
                      "editor /etc/attune/attuned.yaml", writable});
    checks.push_back({"database.encoding", "it is encoded in UTF-8",
                      "createdb --encoding=UTF8 --template=template0 --owner=attune NAME",
                      encoding});
    checks.push_back({"database.durability", "commits survive a power cut",
                      "psql -c 'ALTER SYSTEM RESET fsync' -c 'ALTER SYSTEM RESET "
                      "full_page_writes' -c 'ALTER SYSTEM RESET synchronous_commit' -c 'SELECT "
                      "pg_reload_conf()'",
                      durability});
    checks.push_back({"database.vacuum", "autovacuum is on",
                      "psql -c 'ALTER SYSTEM RESET autovacuum' -c 'SELECT pg_reload_conf()'",
                      vacuum});
    checks.push_back({"database.connections", "free connections",
                      "psql -c 'SELECT usename, application_name, count(*) FROM "
                      "pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'",
                      connections});
    checks.push_back({"database.clock", "its clock is this host's, within 2 s",
                      "timedatectl set-ntp true", clock});
    checks.push_back({"database.encryption", "TLS, when it is elsewhere",
                      "editor /etc/attune/database-url", encryption});
    checks.push_back({"database.partitions", "the ledger has partitions for the days ahead",
                      "systemctl restart attuned", partitions});
}

}  // namespace attune::doctor
