// How each kind of object stands in its table: what drives loading and applying alike. Private
// to catalog_*.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/compile_catalog.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/plan.h"
#include "store/session.h"

namespace attune {

// Loading: rows of `kind` by id, from the one after $1, at most $2; those whose generation is
// above $3 (retired ones, too), or (null) the live ones.
const Statement& load_statement(Kind kind);
// No value for a row whose ref is none here (the seed's checks were laxer): nothing can name
// it.
std::optional<StoredObject> read_object(Kind kind, const Row& row);

// The same rows of sensors, with no more than a catalog needs; `changed`: $3 is given.
const Statement& sensor_columns_statement(bool changed);
std::optional<SensorColumns> read_sensor_columns(const Row& row);

// A row of timer as "sensor_id, state, spec_rev, anchor_at, cursor_at, fires, spec", the spec
// of its timer_rev.
StoredTimer read_timer(const Row& row);

// Writing: $1 a JSON array of row_of() values, $2 the moment, $3 the generation, $4 the origin,
// $5 the source's id. Both give (id, ref) of what they wrote.
const Statement& create_statement(Kind kind);
const Statement& update_statement(Kind kind);
// $1 an array of ids, $2 the moment, $3 the generation.
const Statement& retire_statement(Kind kind);

// One object as the statements take it; `id` 0: to be created.
Json row_of(const Manifest& manifest, std::int64_t id);

}  // namespace attune
