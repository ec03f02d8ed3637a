#include "store/catalog_store.h"

#include <algorithm>

#include "store/catalog_rows.h"
#include "store/diagnostic_rows.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr int kPortion = 5000;  // rows of one answer
constexpr Kind kKinds[] = {Kind::kPack, Kind::kTrigger, Kind::kAction, Kind::kSensor,
                           Kind::kRule};

// The catalog may be large, and a change of it has to wait for those who record.
Database patient(Database database) {
    database.statement_timeout =
        std::max(database.statement_timeout, Duration(std::chrono::minutes(5)));
    database.lock_timeout = std::max(database.lock_timeout, Duration(std::chrono::seconds(30)));
    database.idle_timeout = std::max(database.idle_timeout, Duration(std::chrono::minutes(1)));
    return database;
}

Generation read_generation(Session& session) {
    static constexpr Statement kGeneration{"generation", "SELECT generation FROM config_state"};
    return Generation{session.run(kGeneration).only().number(0)};
}

// Rows of `statement` by their id, which comes first: those whose generation is above `since`,
// or (nullopt) the live ones.
template <class Take>
void read_by_id(Session& session, const Statement& statement, std::optional<Generation> since,
                Take&& take) {
    std::int64_t after = 0;
    for (bool more = true; more;) {
        Params params;
        params.add(after).add(kPortion);
        since ? params.add(since->value) : params.add_null();
        const auto rows = session.run(statement, params);
        for (int n = 0; n < rows.size(); ++n) {
            after = rows[n].number(0);
            take(rows[n]);
        }
        more = rows.size() == kPortion;
    }
}

std::vector<StoredObject> read_objects(Session& session) {
    std::vector<StoredObject> objects;
    for (const Kind kind : kKinds) {
        read_by_id(session, load_statement(kind), Generation{0}, [&](const Row& row) {
            if (auto object = read_object(kind, row)) objects.push_back(*std::move(object));
        });
    }
    std::sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) {
        return a.kind != b.kind ? a.kind < b.kind : a.ref < b.ref;
    });
    return objects;
}

void compile_kind(Session& session, Kind kind, std::optional<Generation> since,
                  CatalogCompiler& compiler) {
    if (kind == Kind::kSensor) {
        const auto& statement = sensor_columns_statement(since.has_value());
        return read_by_id(session, statement, since, [&](const Row& row) {
            if (const auto sensor = read_sensor_columns(row)) compiler.take(*sensor);
        });
    }
    read_by_id(session, load_statement(kind), since, [&](const Row& row) {
        if (const auto object = read_object(kind, row)) compiler.take(*object);
    });
}

std::vector<StoredTimer> read_timers(Session& session) {
    static constexpr Statement kTimers{"state_timers", R"sql(
SELECT t.sensor_id, t.state, t.spec_rev, micros(t.anchor_at), micros(t.cursor_at), t.fires, v.spec
FROM timer t LEFT JOIN timer_rev v ON v.sensor_id = t.sensor_id AND v.spec_rev = t.spec_rev
WHERE t.sensor_id > $1 ORDER BY t.sensor_id LIMIT $2)sql"};
    std::vector<StoredTimer> timers;
    for (bool more = true; more;) {
        const auto after = timers.empty() ? 0 : timers.back().sensor.value;
        const auto rows = session.run(kTimers, Params().add(after).add(kPortion));
        for (int n = 0; n < rows.size(); ++n) timers.push_back(read_timer(rows[n]));
        more = rows.size() == kPortion;
    }
    return timers;
}

std::vector<SourceFile> read_files(Session& session, const std::string& source) {
    static constexpr Statement kFiles{"state_files", R"sql(
SELECT f.path, f.digest, f.valid, f.diagnostics
FROM source_file f JOIN source s ON s.id = f.source_id WHERE s.name = $1 ORDER BY f.path)sql"};
    std::vector<SourceFile> files;
    const auto rows = session.run(kFiles, Params().add(source));
    for (int n = 0; n < rows.size(); ++n) {
        files.push_back({.path = rows[n].string(0),
                         .digest = rows[n].string(1),
                         .valid = rows[n].truth(2),
                         .diagnostics = diagnostics_from_column(rows[n].text(3))});
    }
    return files;
}

}  // namespace

CatalogStore::CatalogStore(Database database) : connection_(patient(std::move(database))) {}

CatalogStore::~CatalogStore() = default;

Generation CatalogStore::generation() {
    Generation generation;
    connection_.read([&](Session& session) { generation = read_generation(session); });
    return generation;
}

CompiledCatalog CatalogStore::compile(const Catalog* previous) {
    const auto since =
        previous != nullptr ? std::optional(previous->generation()) : std::nullopt;
    CompiledCatalog compiled;
    connection_.read([&](Session& session) {
        const auto generation = read_generation(session);
        CatalogCompiler compiler(previous);
        for (const Kind kind : kKinds) compile_kind(session, kind, since, compiler);
        compiled = compiler.finish(generation);
    });
    return compiled;
}

StoredState CatalogStore::load_state(const std::string& source) {
    static constexpr Statement kTree{"last_tree",
                                     "SELECT last_tree FROM source WHERE name = $1"};
    StoredState state;
    connection_.read([&](Session& session) {
        state.generation = read_generation(session);
        state.objects = read_objects(session);
        state.timers = read_timers(session);
        state.files = read_files(session, source);
        const auto rows = session.run(kTree, Params().add(source));
        if (!rows.empty()) state.last_tree = rows[0].text(0);
    });
    return state;
}

std::optional<CatalogStore::Change> CatalogStore::version_at(Kind kind, const Ref& ref,
                                                             Generation generation) {
    static constexpr Statement kVersion{"version_at", R"sql(
SELECT c.generation, c.revision_id, v.commit, v.tree, c.change, c.path, c.line, c.document,
       micros(c.changed_at)
FROM config_change c LEFT JOIN config_revision v ON v.id = c.revision_id
WHERE c.kind = $1 AND c.ref = $2 AND c.generation <= $3
ORDER BY c.generation DESC LIMIT 1)sql"};
    std::optional<Change> change;
    connection_.read([&](Session& session) {
        const auto rows = session.run(
            kVersion, Params().add(to_string(kind)).add(ref.text()).add(generation.value));
        if (rows.empty()) return;
        const auto row = rows[0];
        change =
            Change{.generation = Generation{row.number(0)},
                   .revision = row.number(1),
                   .commit = row.string(2),
                   .tree = row.string(3),
                   .change = parse_change_kind(row.text(4)).value_or(ChangeKind::kUpdate),
                   .place = {.file = row.string(5), .line = static_cast<int>(row.number(6))},
                   .document = row.string(7),
                   .at = row.moment(8)};
    });
    return change;
}

std::vector<Revision> CatalogStore::revisions(int limit) {
    static constexpr Statement kRevisions{"revisions", R"sql(
SELECT v.tree, v.commit, micros(v.started_at), micros(v.finished_at), v.outcome, v.objects,
       v.frozen, v.diagnostics, coalesce(s.name, '')
FROM config_revision v LEFT JOIN source s ON s.id = v.source_id
WHERE s.name <> '' OR v.outcome = 'refused'
ORDER BY v.id DESC LIMIT $1)sql"};
    std::vector<Revision> revisions;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kRevisions, Params().add(limit));
        for (int n = 0; n < rows.size(); ++n) {
            const auto row = rows[n];
            revisions.push_back(
                {.source = row.string(8),
                 .tree = row.string(0),
                 .commit = row.string(1),
                 .started_at = row.moment(2),
                 .finished_at = row.moment(3),
                 .outcome =
                     parse_revision_outcome(row.text(4)).value_or(RevisionOutcome::kRefused),
                 .objects = static_cast<int>(row.number(5)),
                 .frozen = static_cast<int>(row.number(6)),
                 .diagnostics = diagnostics_from_column(row.text(7))});
        }
    });
    return revisions;
}

}  // namespace attune
