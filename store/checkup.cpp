#include "store/checkup.h"

#include "store/errors.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr const char* kServer = R"sql(
SELECT current_setting('server_version_num')::int8, current_setting('server_version'),
       current_user,
       (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()),
       current_setting('fsync'), current_setting('full_page_writes'),
       current_setting('synchronous_commit'), current_setting('autovacuum'),
       (SELECT sum(numbackends) FROM pg_stat_database),
       current_setting('max_connections')::int8
           - current_setting('superuser_reserved_connections')::int8,
       pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',
       inet_server_addr() IS NULL,
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
       (extract(epoch FROM clock_timestamp()) * 1000000)::int8,
       coalesce((SELECT setting FROM pg_settings WHERE name = 'data_directory'), ''),
       EXISTS (SELECT FROM pg_class WHERE relname = 'schema_migration'
               AND relnamespace = to_regnamespace('attune')),
       current_database())sql";

// Of an empty database the right to make the schema; else to use, extend and own what is there:
// partitions are made by the owner of the table they belong to.
constexpr const char* kMissingRights = R"sql(
SELECT 'CREATE on the database ' || current_database()
WHERE to_regnamespace('attune') IS NULL
  AND NOT has_database_privilege(current_database(), 'CREATE')
UNION ALL
SELECT priv || ' on the schema attune' FROM unnest('{USAGE,CREATE}'::text[]) AS priv
WHERE NOT has_schema_privilege(to_regnamespace('attune'), priv)
UNION ALL
SELECT 'to own the table attune.' || min(relname)
       || CASE WHEN count(*) > 1 THEN ' and ' || count(*) - 1 || ' more' ELSE '' END
FROM pg_class
WHERE relnamespace = to_regnamespace('attune') AND relkind IN ('r', 'p')
  AND NOT pg_has_role(relowner, 'USAGE')
HAVING count(*) > 0)sql";

constexpr const char* kSchemaVersion = R"sql(
SELECT coalesce(max(version), 0) FROM attune.schema_migration)sql";

constexpr Statement kDays{"checkup_days", R"sql(
SELECT to_regclass('attune.event_' || name) IS NOT NULL
   AND to_regclass('attune.enforcement_' || name) IS NOT NULL
   AND to_regclass('attune.execution_' || name) IS NOT NULL
FROM generate_series(0, 13) AS n,
     to_char((instant($1) AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD') AS name
ORDER BY n)sql"};

constexpr Statement kFaulted{"checkup_faulted", R"sql(
SELECT s.ref, t.fault FROM timer t JOIN sensor s ON s.id = t.sensor_id
WHERE t.state = 'faulted' ORDER BY s.ref LIMIT 20)sql"};

constexpr Statement kTimers{"checkup_timers", R"sql(
SELECT count(*) FILTER (WHERE state = 'faulted'), count(*) FILTER (WHERE state = 'armed'),
       count(*) FILTER (WHERE state = 'armed'
                        AND next_at < instant($1) - interval '1 minute')
FROM timer)sql"};

constexpr Statement kWork{"checkup_work", R"sql(
SELECT (SELECT count(*) FROM (SELECT FROM execution WHERE state = 'requested'
                              AND run_at <= instant($1) LIMIT 100000) AS ready),
       (SELECT micros(min(run_at)) FROM execution
        WHERE state = 'requested' AND run_at <= instant($1)),
       (SELECT count(*) FROM execution x
        WHERE state IN ('scheduled', 'running', 'cancelling')
          AND NOT EXISTS (SELECT FROM node n WHERE n.incarnation = x.claim_incarnation
                          AND n.left_at IS NULL AND n.lease_until > now())))sql"};

// No index helps: it costs the hot path more than a look now and then.
constexpr Statement kAbandoned{"checkup_abandoned", R"sql(
SELECT count(*) FROM execution
WHERE state = 'abandoned' AND scheduled_at > instant($1) - interval '1 day'
  AND scheduled_at <= instant($1))sql"};

constexpr Statement kAlive{"checkup_alive", R"sql(
SELECT name, hostname, version FROM node WHERE left_at IS NULL AND lease_until > now()
ORDER BY name, incarnation)sql"};

}  // namespace

ServerCheckup examine_server(const Database& database) {
    Connection connection(database);
    ServerCheckup seen;
    connection.read([&](Session& session) {
        const auto row = session.run(kServer).only();
        seen.version = static_cast<int>(row.number(0));
        seen.version_text = row.string(1);
        seen.role = row.string(2);
        seen.encoding = row.string(3);
        seen.fsync = row.string(4);
        seen.full_page_writes = row.string(5);
        seen.synchronous_commit = row.string(6);
        seen.autovacuum = row.string(7);
        seen.connections = row.number(8);
        seen.most_connections = row.number(9);
        seen.in_recovery = row.truth(10);
        seen.read_only = row.truth(11);
        seen.local = row.truth(12);
        seen.encrypted = row.truth(13);
        seen.now = row.moment(14);
        seen.data_directory = row.string(15);
        seen.has_schema = row.truth(16);
        seen.database = row.string(17);
        const auto missing = session.run(kMissingRights);
        for (int n = 0; n < missing.size(); ++n) {
            seen.missing_rights.push_back(missing[n].string(0));
        }
        if (seen.has_schema && seen.missing_rights.empty()) {
            seen.schema_version =
                static_cast<int>(session.run(kSchemaVersion).only().number(0));
        }
    });
    return seen;
}

namespace {

std::optional<std::int64_t> count_abandoned(Connection& connection, TimePoint now) {
    std::optional<std::int64_t> count;
    try {
        connection.read([&](Session& session) {
            count = session.run(kAbandoned, Params().add(now)).only().number(0);
        });
    } catch (const StoreUnavailable&) {
        // 57014: it takes longer than statement_timeout.
        return std::nullopt;
    }
    return count;
}

}  // namespace

LedgerCheckup examine_ledger(const Database& database, TimePoint now) {
    Connection connection(database);
    LedgerCheckup seen;
    connection.read([&](Session& session) {
        const auto days = session.run(kDays, Params().add(now));
        while (seen.days_ahead < days.size() && days[seen.days_ahead].truth(0)) {
            ++seen.days_ahead;
        }
        const auto faulted = session.run(kFaulted);
        for (int n = 0; n < faulted.size(); ++n) {
            seen.faulted.push_back({faulted[n].string(0), faulted[n].string(1)});
        }
        const auto timers = session.run(kTimers, Params().add(now)).only();
        seen.faulted_count = timers.number(0);
        seen.armed = timers.number(1);
        seen.overdue = timers.number(2);
        const auto work = session.run(kWork, Params().add(now)).only();
        seen.ready = work.number(0);
        seen.oldest_ready = work.moment_or_none(1);
        seen.orphaned = work.number(2);
        const auto alive = session.run(kAlive);
        for (int n = 0; n < alive.size(); ++n) {
            seen.alive.push_back({alive[n].string(0), alive[n].string(1), alive[n].string(2)});
        }
    });
    seen.abandoned = count_abandoned(connection, now);
    return seen;
}

}  // namespace attune
