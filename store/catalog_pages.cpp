#include "store/catalog_pages.h"

#include "store/session.h"

namespace attune {
namespace {

// All kinds in one place, so that one statement serves each of them: a branch whose kind is not
// asked for is never executed.
#define ATTUNE_ALL_KINDS                                                                  \
    "SELECT all_kinds.id, ref, origin, coalesce(source.name, ''), source_path, "          \
    "source_line, coalesce(document::text, '{}'), spec_digest, meta_digest, generation, " \
    "micros(all_kinds.created_at), enabled_override "                                     \
    "FROM (SELECT 'Pack' AS kind, id, ref, origin, source_id, source_path, source_line, " \
    "document, spec_digest, meta_digest, generation, created_at, retired_at, "            \
    "NULL::boolean AS enabled_override FROM pack "                                        \
    "UNION ALL SELECT 'Trigger', id, ref, origin, source_id, source_path, source_line, "  \
    "document, spec_digest, meta_digest, generation, created_at, retired_at, NULL "       \
    "FROM trigger "                                                                       \
    "UNION ALL SELECT 'Action', id, ref, origin, source_id, source_path, source_line, "   \
    "document, spec_digest, meta_digest, generation, created_at, retired_at, NULL "       \
    "FROM action "                                                                        \
    "UNION ALL SELECT 'Sensor', id, ref, origin, source_id, source_path, source_line, "   \
    "document, spec_digest, meta_digest, generation, created_at, retired_at, "            \
    "enabled_override FROM sensor "                                                       \
    "UNION ALL SELECT 'Rule', id, ref, origin, source_id, source_path, source_line, "     \
    "document, spec_digest, meta_digest, generation, created_at, retired_at, "            \
    "enabled_override FROM rule) all_kinds "                                              \
    "LEFT JOIN source ON source.id = source_id "                                          \
    "WHERE retired_at IS NULL AND kind = $1 "

constexpr Statement kList{
    "catalog_page", ATTUNE_ALL_KINDS
    "AND ref > $2 AND ($3 = '' OR ref = $3 OR starts_with(ref, $3 || '.'))"
    " ORDER BY ref LIMIT $4::int"};
constexpr Statement kFind{"catalog_object", ATTUNE_ALL_KINDS "AND ref = $2"};

#undef ATTUNE_ALL_KINDS

constexpr Statement kPause{"object_pause", R"sql(
SELECT override_by, override_reason, micros(override_until) FROM (
    SELECT 'Sensor' AS kind, id, enabled_override, override_by, override_reason, override_until
    FROM sensor
    UNION ALL
    SELECT 'Rule', id, enabled_override, override_by, override_reason, override_until
    FROM rule) both_kinds
WHERE kind = $1 AND id = $2 AND enabled_override IS FALSE)sql"};

std::optional<StoredObject> read(Kind kind, const Row& row) {
    auto ref = kind == Kind::kPack ? Ref::parse_pack(row.text(1)) : Ref::parse(row.text(1));
    if (!ref) return std::nullopt;  // the seed was less strict about names
    return StoredObject{
        .kind = kind,
        .id = row.number(0),
        .ref = *std::move(ref),
        .origin = parse_origin(row.text(2)).value_or(Origin::kManifest),
        .source = row.string(3),
        .place = {row.string(4), static_cast<int>(row.number(5))},
        .document = row.string(6),
        .spec_digest = row.string(7),
        .meta_digest = row.string(8),
        .generation = {row.number(9)},
        .created_at = row.moment(10),
        .retired_at = std::nullopt,
        .enabled_override = row.is_null(11) ? std::nullopt : std::optional(row.truth(11)),
        .spec_rev = {}};
}

}  // namespace

CatalogPages::CatalogPages(Database database) : connection_(std::move(database)) {}
CatalogPages::~CatalogPages() = default;

std::vector<StoredObject> CatalogPages::list(Kind kind, const std::string& pack,
                                             const std::string& after, int limit) {
    std::vector<StoredObject> objects;
    connection_.read([&](Session& session) {
        const auto rows =
            session.run(kList, Params().add(to_string(kind)).add(after).add(pack).add(limit));
        objects.clear();
        for (int i = 0; i < rows.size(); ++i) {
            if (auto object = read(kind, rows[i])) objects.push_back(*std::move(object));
        }
    });
    return objects;
}

std::optional<StoredObject> CatalogPages::find(Kind kind, const std::string& ref) {
    std::optional<StoredObject> object;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kFind, Params().add(to_string(kind)).add(ref));
        object = rows.empty() ? std::nullopt : read(kind, rows[0]);
    });
    return object;
}

std::optional<Pause> CatalogPages::pause(Kind kind, std::int64_t id) {
    std::optional<Pause> pause;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kPause, Params().add(to_string(kind)).add(id));
        if (rows.empty()) return;
        pause = Pause{.by = rows[0].string(0),
                      .reason = rows[0].string(1),
                      .until = rows[0].moment_or_none(2)};
    });
    return pause;
}

}  // namespace attune
