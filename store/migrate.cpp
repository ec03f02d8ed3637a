#include "store/migrate.h"

#include <optional>

#include <fmt/format.h>

#include "schemas/embedded.h"
#include "store/errors.h"
#include "store/locks.h"
#include "store/session.h"

namespace attune {

std::span<const EmbeddedFile> embedded_migrations();

namespace {

// The tables by which the seed's schema is known.
constexpr const char* kSeedTables =
    "'pack','runtime','trigger','sensor','rule','action','event','enforcement','execution'";

struct Migration {
    int version = 0;
    std::string_view name;  // "migrations/0001_seed.sql"
    std::string_view text;
};

std::vector<Migration> chain() {
    std::vector<Migration> migrations;
    for (const auto& file : embedded_migrations()) {
        migrations.push_back({.version = static_cast<int>(migrations.size()) + 1,
                              .name = file.name,
                              .text = file.text});
    }
    return migrations;
}

std::string checksum(Session& session, const Migration& migration) {
    static constexpr Statement kSha256{"migration_checksum",
                                       "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')"};
    return session.run(kSha256, Params().add(migration.text)).only().string(0);
}

// Converting a history may take its time.
Database patient(Database database) {
    database.application += " migration";
    database.statement_timeout = Duration(0);
    database.lock_timeout = std::chrono::seconds(60);
    database.idle_timeout = Duration(0);
    return database;
}

bool has_bookkeeping(Session& session) {
    return session.run("SELECT to_regclass('attune.schema_migration') IS NOT NULL")
        .only()
        .truth(0);
}

void make_bookkeeping(Session& session) {
    session.run(
        "CREATE SCHEMA IF NOT EXISTS attune;"
        "CREATE TABLE attune.schema_migration ("
        "  version int PRIMARY KEY,"
        "  name text NOT NULL,"
        "  checksum text NOT NULL,"
        "  applied_at timestamptz NOT NULL DEFAULT now())");
}

void note(Session& session, const Migration& migration) {
    session.run(
        fmt::format("INSERT INTO attune.schema_migration (version, name, checksum)"
                    " VALUES ({}, '{}', '{}')",
                    migration.version, migration.name, checksum(session, migration)));
}

enum class Schema { kNothing, kSeed, kOurs };

Schema look(Session& session) {
    if (has_bookkeeping(session)) return Schema::kOurs;
    const auto counts = session
                            .run(fmt::format("SELECT count(*),"
                                             " count(*) FILTER (WHERE tablename IN ({}))"
                                             " FROM pg_tables WHERE schemaname = 'attune'",
                                             kSeedTables))
                            .only();
    if (counts.number(0) == 0) return Schema::kNothing;
    if (counts.number(1) == 9) return Schema::kSeed;
    throw SchemaRefused(fmt::format(
        "schema attune has tables that are neither ours nor a whole seed schema (missing {} of"
        " {}); give attune a database of its own",
        9 - counts.number(1), kSeedTables));
}

int applied_version(Session& session, const std::vector<Migration>& migrations) {
    const auto rows = session.run(
        "SELECT version, name, checksum FROM attune.schema_migration ORDER BY version");
    for (int n = 0; n < rows.size(); ++n) {
        const auto index = static_cast<std::size_t>(n);
        if (index >= migrations.size()) {
            throw SchemaTooNew(fmt::format(
                "the database is at schema {}, this attune knows {}: {} was applied"
                " by a newer one; install that or newer",
                rows[rows.size() - 1].number(0), migrations.size(), rows[n].text(1)));
        }
        if (rows[n].text(2) != checksum(session, migrations[index])) {
            throw SchemaRefused(
                fmt::format("migration {} was applied with another text than this attune has",
                            rows[n].text(1)));
        }
    }
    return rows.size();
}

// Takes the database in: an empty one, or the seed's, which then stands where 0001 ends.
Schema take_in(Connection& connection, const std::vector<Migration>& migrations) {
    Schema found = Schema::kNothing;
    connection.transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kMigrationLock));
        found = look(session);
        if (found == Schema::kOurs) return;
        make_bookkeeping(session);
        if (found == Schema::kSeed) note(session, migrations.front());
    });
    return found;
}

// Applies the next migration up to `last`; false when there is none left.
bool apply_next(Connection& connection, const std::vector<Migration>& migrations, int last) {
    bool applied = false;
    connection.transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kMigrationLock));
        const int version = applied_version(session, migrations);
        if (version >= last) return;
        const auto& next = migrations[static_cast<std::size_t>(version)];
        try {
            session.run(std::string(next.text));
        } catch (const StoreRefused& refusal) {
            throw SchemaRefused(fmt::format("{}: {}", next.name, refusal.what()));
        }
        note(session, next);
        applied = true;
    });
    return applied;
}

}  // namespace

int newest_schema_version() { return static_cast<int>(chain().size()); }

Migrated migrate(const Database& database) {
    return migrate_through(database, newest_schema_version());
}

Migrated migrate_through(const Database& database, int version) {
    const auto migrations = chain();
    Connection connection(patient(database));
    Migrated migrated;
    migrated.adopted = take_in(connection, migrations) == Schema::kSeed;
    connection.transact(
        [&](Session& session) { migrated.from = applied_version(session, migrations); });
    migrated.through = migrated.from;
    while (apply_next(connection, migrations, version)) ++migrated.through;
    return migrated;
}

void require_schema(const Database& database) {
    const auto migrations = chain();
    Connection connection(database);
    connection.read([&](Session& session) {
        const Schema found = look(session);
        const int version = found == Schema::kOurs ? applied_version(session, migrations) : 0;
        if (version == newest_schema_version()) return;
        const std::string is = found == Schema::kNothing ? "has no schema of attune"
                               : found == Schema::kSeed
                                   ? "has an older system's tables, not converted yet"
                                   : fmt::format("is at schema {}", version);
        throw SchemaRefused(fmt::format("the database {}, and this attune needs schema {}", is,
                                        newest_schema_version()));
    });
}

}  // namespace attune
