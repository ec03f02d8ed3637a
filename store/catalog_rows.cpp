#include "store/catalog_rows.h"

#include <array>

#include <fmt/format.h>

namespace attune {
namespace {

// What a kind's table has beside what all have.
struct Table {
    Kind kind;
    const char* name;
    // Columns of its spec: "name type", as jsonb_to_recordset reads them from row_of().
    std::vector<std::string> spec;
    // Tables whose row a ref names: pack by "pack_ref", and so on; the id's column is the
    // table's name.
    std::vector<std::string> refers_to;
    bool can_be_overridden = false;
};

const std::array<Table, 5>& tables() {
    static const std::array<Table, 5> kTables = {{
        {Kind::kPack, "pack", {"config jsonb"}, {}, false},
        {Kind::kTrigger,
         "trigger",
         {"pack_ref text", "param_schema jsonb", "option_schema jsonb", "out_schema jsonb"},
         {"pack"},
         false},
        {Kind::kAction,
         "action",
         {"pack_ref text", "runner text", "param_schema jsonb", "out_schema jsonb"},
         {"pack"},
         false},
        {Kind::kSensor,
         "sensor",
         {"pack_ref text", "trigger_ref text", "runtime_ref text", "enabled boolean",
          "config jsonb"},
         {"pack", "trigger"},
         true},
        {Kind::kRule,
         "rule",
         {"pack_ref text", "trigger_ref text", "sensors text[]", "conditions jsonb",
          "action_ref text", "action_params jsonb", "enabled boolean"},
         {"pack", "trigger", "action"},
         true},
    }};
    return kTables;
}

std::string name_of(const std::string& column) { return column.substr(0, column.find(' ')); }

constexpr const char* kCommonColumns =
    "ref text, label text, description text, labels jsonb, annotations jsonb, document jsonb,"
    " source_path text, source_line int, spec_digest text, meta_digest text";

constexpr const char* kCommonNames =
    "ref, label, description, labels, annotations, document, source_path, source_line,"
    " spec_digest, meta_digest";

std::string record_columns(const Table& table) {
    std::string columns = std::string("id bigint, ") + kCommonColumns;
    for (const auto& column : table.spec) columns += ", " + column;
    return columns;
}

// "LEFT JOIN pack ON pack.ref = r.pack_ref ..."
std::string joins(const Table& table) {
    std::string text;
    for (const auto& other : table.refers_to) {
        text += fmt::format(" LEFT JOIN {0} ON {0}.ref = r.{0}_ref", other);
    }
    return text;
}

std::string load_sql(const Table& table) {
    const bool sensor = table.kind == Kind::kSensor;
    return fmt::format(
        "SELECT o.id, o.ref, o.origin, s.name, o.source_path, o.source_line, o.document,"
        " o.spec_digest, o.meta_digest, o.generation, micros(o.created_at),"
        " micros(o.retired_at), {}, {}"
        " FROM {} o LEFT JOIN source s ON s.id = o.source_id {}"
        " WHERE o.id > $1 AND CASE WHEN $3::int8 IS NULL THEN o.retired_at IS NULL"
        "                          ELSE o.generation > $3::int8 END"
        " ORDER BY o.id LIMIT $2",
        table.can_be_overridden ? "o.enabled_override" : "NULL", sensor ? "t.spec_rev" : "NULL",
        table.name, sensor ? "LEFT JOIN timer t ON t.sensor_id = o.id" : "");
}

std::string create_sql(const Table& table) {
    std::string names = kCommonNames;
    std::string values;
    for (const char* column :
         {"ref", "label", "description", "labels", "annotations", "document", "source_path",
          "source_line", "spec_digest", "meta_digest"}) {
        values += fmt::format("{}r.{}", values.empty() ? "" : ", ", column);
    }
    for (const auto& column : table.spec) {
        names += ", " + name_of(column);
        values += ", r." + name_of(column);
    }
    for (const auto& other : table.refers_to) {
        names += ", " + other;
        values += fmt::format(", {}.id", other);
    }
    return fmt::format(
        "INSERT INTO {} ({}, created_at, updated_at, generation, origin, source_id)"
        " SELECT {}, instant($2), instant($2), $3, $4, $5"
        " FROM jsonb_to_recordset($1::jsonb) AS r ({}){}"
        " ORDER BY r.ref RETURNING id, ref",
        table.name, names, values, record_columns(table), joins(table));
}

std::string update_sql(const Table& table) {
    std::string sets;
    const auto set = [&sets](const std::string& column, const std::string& value) {
        sets += fmt::format("{}{} = {}", sets.empty() ? "" : ", ", column, value);
    };
    for (const char* column : {"label", "description", "labels", "annotations", "document",
                               "source_path", "source_line", "spec_digest", "meta_digest"}) {
        set(column, std::string("r.") + column);
    }
    for (const auto& column : table.spec) set(name_of(column), "r." + name_of(column));
    for (const auto& other : table.refers_to) set(other, other + ".id");
    return fmt::format(
        "UPDATE {} o SET {}, updated_at = instant($2), generation = $3, origin = $4,"
        " source_id = $5, retired_at = NULL"
        " FROM jsonb_to_recordset($1::jsonb) AS r ({}){}"
        " WHERE o.id = r.id RETURNING o.id, o.ref",
        table.name, sets, record_columns(table), joins(table));
}

// Every statement of one kind. The texts live as long as the program: Statement borrows them.
struct Statements {
    explicit Statements(const Table& table)
        : names{std::string("load_") + table.name, std::string("create_") + table.name,
                std::string("update_") + table.name, std::string("retire_") + table.name},
          texts{load_sql(table), create_sql(table), update_sql(table),
                fmt::format("UPDATE {} SET retired_at = instant($2), updated_at = instant($2),"
                            " generation = $3 WHERE id = ANY ($1::int8[])",
                            table.name)} {
        for (std::size_t n = 0; n < 4; ++n) all[n] = {names[n].c_str(), texts[n].c_str()};
    }
    Statements(const Statements&) = delete;
    Statements& operator=(const Statements&) = delete;

    std::array<std::string, 4> names;
    std::array<std::string, 4> texts;
    std::array<Statement, 4> all;
};

const Statements& statements(Kind kind) {
    static const Statements kPack(tables()[0]);
    static const Statements kTrigger(tables()[1]);
    static const Statements kAction(tables()[2]);
    static const Statements kSensor(tables()[3]);
    static const Statements kRule(tables()[4]);
    switch (kind) {
        case Kind::kPack:
            return kPack;
        case Kind::kTrigger:
            return kTrigger;
        case Kind::kAction:
            return kAction;
        case Kind::kSensor:
            return kSensor;
        case Kind::kRule:
            return kRule;
    }
    return kPack;
}

Json or_null(const std::optional<Json>& value) { return value ? *value : Json(); }

void put_spec(const PackSpec& spec, Json& row) { row["config"] = spec.config; }

void put_spec(const TriggerSpec& spec, Json& row) {
    row["param_schema"] = or_null(spec.param_schema);
    row["option_schema"] = or_null(spec.option_schema);
    row["out_schema"] = or_null(spec.out_schema);
}

void put_spec(const ActionSpec& spec, Json& row) {
    row["runner"] = to_string(spec.runner);
    row["param_schema"] = or_null(spec.param_schema);
    row["out_schema"] = or_null(spec.out_schema);
}

void put_spec(const SensorSpec& spec, Json& row) {
    row["trigger_ref"] = spec.trigger.text();
    row["runtime_ref"] = to_string(spec.runtime);
    row["enabled"] = spec.enabled;
    row["config"] = spec.config;
}

void put_spec(const RuleSpec& spec, Json& row) {
    row["trigger_ref"] = spec.trigger.text();
    row["sensors"] = Json();
    for (const auto& sensor : spec.sensors) row["sensors"].push_back(sensor.text());
    row["conditions"] = spec.conditions;
    row["action_ref"] = spec.action.text();
    row["action_params"] = spec.params;
    row["enabled"] = spec.enabled;
}

std::optional<Ref> parse_ref(Kind kind, std::string_view text) {
    return kind == Kind::kPack ? Ref::parse_pack(text) : Ref::parse(text);
}

}  // namespace

const Statement& load_statement(Kind kind) { return statements(kind).all[0]; }
const Statement& create_statement(Kind kind) { return statements(kind).all[1]; }
const Statement& update_statement(Kind kind) { return statements(kind).all[2]; }
const Statement& retire_statement(Kind kind) { return statements(kind).all[3]; }

std::optional<StoredObject> read_object(Kind kind, const Row& row) {
    const auto ref = parse_ref(kind, row.text(1));
    if (!ref) return std::nullopt;
    StoredObject object{
        .kind = kind,
        .id = row.number(0),
        .ref = *ref,
        .origin = parse_origin(row.text(2)).value_or(Origin::kManifest),
        .source = row.string(3),
        .place = {.file = row.string(4), .line = static_cast<int>(row.number(5))},
        .document = row.string(6),
        .spec_digest = row.string(7),
        .meta_digest = row.string(8),
        .generation = Generation{row.number(9)},
        .created_at = row.moment(10),
        .retired_at = row.moment_or_none(11),
        .enabled_override = std::nullopt,
        .spec_rev = Generation{row.number(13)}};
    if (!row.is_null(12)) object.enabled_override = row.truth(12);
    return object;
}

// Two statements, because there are many: what has changed is found by its generation.
const Statement& sensor_columns_statement(bool changed) {
    static constexpr Statement kLive{"load_sensor_columns", R"sql(
SELECT id, ref, false, document IS NOT NULL, trigger_ref, trigger, runtime_ref, enabled,
       enabled_override, label, labels, coalesce(config, '{}')
FROM sensor WHERE id > $1 AND retired_at IS NULL AND $3::int8 IS NULL
ORDER BY id LIMIT $2)sql"};
    static constexpr Statement kChanged{"load_changed_sensor_columns", R"sql(
SELECT id, ref, retired_at IS NOT NULL, document IS NOT NULL, trigger_ref, trigger, runtime_ref,
       enabled, enabled_override, label, labels, coalesce(config, '{}')
FROM sensor WHERE id > $1 AND generation > $3::int8 ORDER BY id LIMIT $2)sql"};
    return changed ? kChanged : kLive;
}

std::optional<SensorColumns> read_sensor_columns(const Row& row) {
    const auto ref = Ref::parse(row.text(1));
    if (!ref) return std::nullopt;
    SensorColumns sensor{.id = SensorId{row.number(0)},
                         .ref = *ref,
                         .retired = row.truth(2),
                         .has_document = row.truth(3),
                         .trigger = row.string(4),
                         .trigger_id = TriggerId{row.number(5)},
                         .runtime = row.string(6),
                         .enabled = row.truth(7),
                         .enabled_override = std::nullopt,
                         .label = row.string(9),
                         .labels = row.string(10),
                         .config = row.string(11)};
    if (!row.is_null(8)) sensor.enabled_override = row.truth(8);
    return sensor;
}

StoredTimer read_timer(const Row& row) {
    return {.sensor = SensorId{row.number(0)},
            .state = parse_timer_state(row.text(1)).value_or(TimerState::kFaulted),
            .spec_rev = Generation{row.number(2)},
            .anchor_at = row.moment(3),
            .cursor_at = row.moment(4),
            .fires = row.number(5),
            .spec = row.string(6)};
}

Json row_of(const Manifest& manifest, std::int64_t id) {
    Json row = {{"id", id},
                {"ref", manifest.ref.text()},
                {"label", manifest.metadata.label},
                {"description", manifest.metadata.description},
                {"labels", manifest.metadata.labels},
                {"annotations", manifest.metadata.annotations},
                {"document", manifest.document},
                {"source_path", manifest.place.file},
                {"source_line", manifest.place.line},
                {"spec_digest", manifest.spec_digest},
                {"meta_digest", manifest.meta_digest}};
    if (manifest.kind != Kind::kPack) row["pack_ref"] = manifest.ref.pack();
    std::visit([&row](const auto& spec) { put_spec(spec, row); }, manifest.spec);
    return row;
}

}  // namespace attune
