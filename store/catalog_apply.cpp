// Writing the catalog: the one transaction that makes the next generation.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/json.h"
#include "store/catalog_rows.h"
#include "store/catalog_store.h"
#include "store/catalog_turn.h"
#include "store/diagnostic_rows.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr std::size_t kPortion = 5000;  // objects of one statement

constexpr Statement kPutSource{"put_source", R"sql(
INSERT INTO source (name, spec, created_at) VALUES ($1, $2, instant($3))
ON CONFLICT (name) DO UPDATE SET spec = excluded.spec
RETURNING id)sql"};

constexpr Statement kPutRevision{"put_revision", R"sql(
INSERT INTO config_revision (source_id, tree, commit, started_at, finished_at, outcome, objects,
                             frozen, changes, diagnostics, generation)
VALUES ($1, $2, $3, instant($4), instant($5), $6, $7, $8, $9, $10, $11)
RETURNING id)sql"};

constexpr Statement kPutChanges{"put_changes", R"sql(
INSERT INTO config_change (generation, kind, ref, revision_id, change, path, line, document,
                           changed_at)
SELECT $2, r.kind, r.ref, $3, r.change, r.path, r.line, r.document, instant($4)
FROM jsonb_to_recordset($1::jsonb)
    AS r (kind text, ref text, change text, path text, line int, document jsonb))sql"};

constexpr Statement kPutFiles{"put_files", R"sql(
INSERT INTO source_file (source_id, path, digest, valid, diagnostics)
SELECT $2, r.path, r.digest, r.valid, r.diagnostics
FROM jsonb_to_recordset($1::jsonb) AS r (path text, digest text, valid boolean, diagnostics jsonb)
ON CONFLICT (source_id, path) DO UPDATE
SET digest = excluded.digest, valid = excluded.valid, diagnostics = excluded.diagnostics)sql"};

constexpr Statement kDropFiles{"drop_files",
                               "DELETE FROM source_file WHERE source_id = $2 AND path = ANY"
                               " (SELECT jsonb_array_elements_text($1::jsonb))"};

constexpr Statement kNoteTree{"note_tree",
                              "UPDATE source SET last_tree = $2, last_revision = $3"
                              " WHERE id = $1"};

Json spec_json(const SourceSpec& source) {
    return {{"packs", source.packs},
            {"on_invalid", source.on_invalid == OnInvalid::kStrict ? "strict" : "freeze"},
            {"prune",
             {{"enabled", source.prune},
              {"max_percent", source.prune_max_percent},
              {"max_objects", source.prune_max_objects}}}};
}

// The parts of one apply, in the order they are written.
class Application {
public:
    Application(Session& session, const Plan& plan, Generation generation)
        : session_(session), plan_(plan), generation_(generation) {}

    void write(Applied& applied) {
        put_source();
        const bool changes = !plan_.objects.empty() || !plan_.timers.empty();
        applied.generation = changes ? generation_ : plan_.base;
        applied.revision = put_revision(applied.generation);
        put_objects(applied);
        retire_objects();
        put_changes(applied.revision);
        put_files(applied.revision);
        if (!changes) return;
        end_turn(session_, plan_.timers, plan_.at, generation_);
    }

private:
    void put_source() {
        if (plan_.origin != Origin::kManifest) return;
        source_id_ = session_
                         .run(kPutSource, Params()
                                              .add(plan_.source.name)
                                              .add(compact(spec_json(plan_.source)))
                                              .add(plan_.at))
                         .only()
                         .number(0);
    }

    std::int64_t put_revision(Generation generation);
    void put_objects(Applied& applied);
    void retire_objects();
    void put_changes(std::int64_t revision);
    void put_files(std::int64_t revision);

    // Runs `statement` on all of `rows`, a portion at a time; $1 is the portion.
    template <class Rest, class Take>
    void run_in_portions(const Statement& statement, const Json& rows, Rest rest, Take take) {
        for (std::size_t first = 0; first < rows.size(); first += kPortion) {
            Json portion = Json::array();
            const auto end = std::min(first + kPortion, rows.size());
            for (std::size_t n = first; n < end; ++n) portion.push_back(rows[n]);
            Params params;
            params.add(compact(portion));
            rest(params);
            take(session_.run(statement, params));
        }
    }

    Session& session_;
    const Plan& plan_;
    Generation generation_;
    std::optional<std::int64_t> source_id_;
};

Params revision_params(const Revision& revision, std::optional<std::int64_t> source_id) {
    Params params;
    params.add(source_id)
        .add(revision.tree)
        .add(revision.commit)
        .add(revision.started_at)
        .add(revision.finished_at)
        .add(to_string(revision.outcome))
        .add(revision.objects)
        .add(revision.frozen);
    return params;
}

std::int64_t Application::put_revision(Generation generation) {
    Json counts = Json::object();
    for (const auto& [change, count] : count_changes(plan_)) {
        counts[std::string(to_string(change))] = count;
    }
    return session_
        .run(kPutRevision, revision_params(plan_.revision, source_id_)
                               .add(compact(counts))
                               .add(diagnostics_to_column(plan_.revision.diagnostics))
                               .add(generation.value))
        .only()
        .number(0);
}

void Application::put_objects(Applied& applied) {
    std::map<Kind, Json> created;
    std::map<Kind, Json> updated;
    for (const auto& change : plan_.objects) {
        if (!change.manifest) continue;
        auto& rows = change.change == ChangeKind::kCreate ? created : updated;
        rows.try_emplace(change.kind, Json::array())
            .first->second.push_back(row_of(*change.manifest, change.id));
    }
    const auto rest = [this](Params& params) {
        params.add(plan_.at)
            .add(generation_.value)
            .add(to_string(plan_.origin))
            .add(source_id_);
    };
    // References lead from later kinds to earlier ones.
    for (const Kind kind :
         {Kind::kPack, Kind::kTrigger, Kind::kAction, Kind::kSensor, Kind::kRule}) {
        if (const auto rows = created.find(kind); rows != created.end()) {
            run_in_portions(create_statement(kind), rows->second, rest, [&](const Rows& made) {
                for (int n = 0; n < made.size(); ++n) {
                    applied.created[fmt::format("{} {}", to_string(kind), made[n].text(1))] =
                        made[n].number(0);
                }
            });
        }
        if (const auto rows = updated.find(kind); rows != updated.end()) {
            run_in_portions(update_statement(kind), rows->second, rest, [](const Rows&) {});
        }
    }
}

void Application::retire_objects() {
    std::map<Kind, ArrayText, std::greater<>> retired;
    for (const auto& change : plan_.objects) {
        if (change.change == ChangeKind::kRetire) retired[change.kind].add(change.id);
    }
    for (auto& [kind, ids] : retired) {
        session_.run(retire_statement(kind),
                     Params().add(ids.take()).add(plan_.at).add(generation_.value));
    }
}

void Application::put_changes(std::int64_t revision) {
    Json rows = Json::array();
    for (const auto& change : plan_.objects) {
        Json row = {{"kind", to_string(change.kind)},
                    {"ref", change.ref.text()},
                    {"change", to_string(change.change)},
                    {"path", ""},
                    {"line", 0}};
        if (change.manifest) {
            row["path"] = change.manifest->place.file;
            row["line"] = change.manifest->place.line;
            row["document"] = change.manifest->document;
        }
        rows.push_back(std::move(row));
    }
    run_in_portions(
        kPutChanges, rows,
        [&](Params& params) { params.add(generation_.value).add(revision).add(plan_.at); },
        [](const Rows&) {});
}

void Application::put_files(std::int64_t revision) {
    if (!source_id_) return;
    Json rows = Json::array();
    for (const auto& file : plan_.files) {
        rows.push_back({{"path", file.path},
                        {"digest", file.digest},
                        {"valid", file.valid},
                        {"diagnostics", Json::parse(diagnostics_to_column(file.diagnostics))}});
    }
    run_in_portions(
        kPutFiles, rows, [this](Params& params) { params.add(source_id_); },
        [](const Rows&) {});
    if (!plan_.files_gone.empty()) {
        session_.run(kDropFiles, Params().add(compact(Json(plan_.files_gone))).add(source_id_));
    }
    session_.run(kNoteTree, Params().add(source_id_).add(plan_.revision.tree).add(revision));
}

}  // namespace

Applied CatalogStore::apply(const Plan& plan) {
    Applied applied;
    connection_.transact([&](Session& session) {
        applied = {};
        const Generation current = begin_turn(session);
        if (current != plan.base) {
            applied.moved = true;
            applied.generation = current;
            return session.give_up();
        }
        Application(session, plan, Generation{current.value + 1}).write(applied);
    });
    return applied;
}

std::int64_t CatalogStore::note(const Revision& revision) {
    static constexpr Statement kSource{"source_of_revision",
                                       "INSERT INTO source (name, created_at)"
                                       " VALUES ($1, instant($2))"
                                       " ON CONFLICT (name) DO UPDATE SET name = excluded.name"
                                       " RETURNING id"};
    std::int64_t id = 0;
    connection_.transact([&](Session& session) {
        const auto source =
            session.run(kSource, Params().add(revision.source).add(revision.started_at))
                .only()
                .number(0);
        id = session
                 .run(kPutRevision, revision_params(revision, source)
                                        .add("{}")
                                        .add(diagnostics_to_column(revision.diagnostics))
                                        .add_null())
                 .only()
                 .number(0);
    });
    return id;
}

}  // namespace attune
