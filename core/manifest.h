// What a source says: one typed Manifest for each document, proved valid by its schema.
//
// A Manifest is made by core/load.h from a Node and is complete: what it was written as
// (`document`, for storing and showing), what it means (`spec`), where it stands (`place`).
// Equal digests mean equal meaning: defaults written out or left out make no difference.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/ref.h"
#include "core/time.h"

namespace attune {

// In the order they are applied.
enum class Kind { kPack, kTrigger, kAction, kSensor, kRule };

// "Pack", "Trigger", "Action", "Sensor", "Rule"; "Source" is no catalog object, see source.h.
std::string_view to_string(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

struct Place {
    std::string file;  // relative to the source's root; "core:..." for the built-in pack
    int line = 0;      // of the document's first node

    friend bool operator==(const Place&, const Place&) = default;
};

struct Metadata {
    std::string label;  // the ref when none was given
    std::string description;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;  // not part of any digest
};

struct PackSpec {
    Json config = Json::object();  // what templates see as `pack.config`
};

struct TriggerSpec {
    std::optional<Json> param_schema;   // absent: no properties
    std::optional<Json> option_schema;  // what any sensor may add; absent: nothing
    std::optional<Json> out_schema;     // absent: any payload
};

enum class SensorRuntime { kBuiltin, kExternal };
// "core.sensor.builtin", "core.sensor.external".
std::string_view to_string(SensorRuntime runtime);

struct SensorSpec {
    Ref trigger;
    SensorRuntime runtime = SensorRuntime::kBuiltin;
    bool enabled = true;
    Json config = Json::object();  // as written
};

struct RuleSpec {
    Ref trigger;
    std::vector<Ref> sensors;  // empty: every sensor of the trigger
    Json conditions;           // as written; null: none
    Ref action;
    Json params = Json::object();  // templates, as written
    bool enabled = true;
};

// kSystemd: as kProcess, but as a unit of systemd with a user of its own.
enum class Runner { kBuiltin, kProcess, kSystemd };
std::string_view to_string(Runner runner);  // "builtin", "process", "systemd"
std::optional<Runner> parse_runner(std::string_view text);
// Whether it runs `command`, with all that belongs to one.
inline bool runs_command(Runner runner) { return runner != Runner::kBuiltin; }
enum class OutputFormat { kText, kJson };

struct ActionSpec {
    Runner runner = Runner::kBuiltin;
    std::optional<Json> param_schema;
    std::optional<Json> out_schema;
    // Of runners that run a command.
    std::vector<std::string> command;
    std::map<std::string, std::string> env;
    OutputFormat output = OutputFormat::kText;
    Duration timeout = std::chrono::seconds(300);
};

using Spec = std::variant<PackSpec, TriggerSpec, ActionSpec, SensorSpec, RuleSpec>;

struct Manifest {
    Kind kind = Kind::kPack;
    Ref ref;
    Metadata metadata;
    Spec spec;
    Place place;
    Json document;            // {apiVersion, kind, metadata, spec} as written
    std::string spec_digest;  // hex SHA-256 of kind, ref and spec, defaults removed
    std::string meta_digest;  // hex SHA-256 of label, description, labels
};

}  // namespace attune
