#include "core/manifest_spec.h"

#include <cassert>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/digest.h"
#include "core/journal.h"
#include "core/unit_state.h"

namespace attune {
namespace {

const Json& part(const Json& document, const char* key) {
    static const Json kNothing = Json::object();
    const auto found = document.find(key);
    return found == document.end() ? kNothing : *found;
}

std::optional<Json> optional_part(const Json& spec, const char* key) {
    const auto found = spec.find(key);
    return found == spec.end() ? std::nullopt : std::optional(*found);
}

Ref ref_of(const Json& text) {
    auto ref = Ref::parse(text.get_ref<const std::string&>());
    assert(ref && "the schema's pattern lets pass what Ref does not");
    return std::move(*ref);
}

std::map<std::string, std::string> texts(const Json& mapping) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : mapping.items()) result[key] = value.get<std::string>();
    return result;
}

Duration read_duration(const Json& value) {
    if (value.is_number()) return std::chrono::seconds(value.get<std::int64_t>());
    const auto parsed = parse_duration(value.get_ref<const std::string&>());
    assert(parsed && "the schema's format lets pass what parse_duration does not");
    return *parsed;
}

SensorSpec read_sensor(const Json& spec) {
    SensorSpec sensor{.trigger = ref_of(spec.at("trigger"))};
    const auto runtime = parse_runtime(spec.value("runtime", ""));
    sensor.runtime = runtime.value_or(usual_runtime(sensor.trigger.text()));
    sensor.enabled = spec.value("enabled", true);
    sensor.config = part(spec, "config");
    return sensor;
}

RuleSpec read_rule(const Json& spec) {
    const auto& action = spec.at("action");
    RuleSpec rule{.trigger = ref_of(spec.at("trigger")),
                  .sensors = {},
                  .conditions = spec.value("conditions", Json()),
                  .action = ref_of(action.at("ref")),
                  .params = part(action, "params"),
                  .enabled = spec.value("enabled", true)};
    for (const auto& sensor : spec.value("sensors", Json::array())) {
        rule.sensors.push_back(ref_of(sensor));
    }
    return rule;
}

ActionSpec read_action(const Json& spec) {
    ActionSpec action;
    action.runner = parse_runner(spec.at("runner").get_ref<const std::string&>())
                        .value_or(Runner::kBuiltin);
    action.param_schema = optional_part(spec, "param_schema");
    action.out_schema = optional_part(spec, "out_schema");
    for (const auto& word : spec.value("command", Json::array())) {
        action.command.push_back(word.get<std::string>());
    }
    action.env = texts(part(spec, "env"));
    action.output =
        spec.value("output", "text") == "json" ? OutputFormat::kJson : OutputFormat::kText;
    if (const auto timeout = spec.find("timeout"); timeout != spec.end()) {
        action.timeout = read_duration(*timeout);
    }
    return action;
}

Spec read_spec(Kind kind, const Json& spec) {
    switch (kind) {
        case Kind::kPack:
            return PackSpec{part(spec, "config")};
        case Kind::kTrigger:
            return TriggerSpec{optional_part(spec, "param_schema"),
                               optional_part(spec, "option_schema"),
                               optional_part(spec, "out_schema")};
        case Kind::kAction:
            return read_action(spec);
        case Kind::kSensor:
            return read_sensor(spec);
        case Kind::kRule:
            return read_rule(spec);
    }
    return PackSpec{};
}

// The text of a JSON object, member by member in the order of the keys: what compact() would
// make of it, without first making it.
class ObjectText {
public:
    ObjectText& add(std::string_view key, const Json& value) {
        assert(last_.empty() || last_ < key);
        last_ = key;
        text_ += text_.empty() ? "{\"" : ",\"";
        text_.append(key).append("\":").append(compact(value));
        return *this;
    }

    std::string take() { return text_.empty() ? "{}" : std::move(text_) + '}'; }

private:
    std::string text_;
    std::string_view last_;
};

// Only what differs from the default, so that writing a default out changes no digest.
struct Canonical {
    std::string operator()(const PackSpec& pack) const {
        return ObjectText().add("config", pack.config).take();
    }

    std::string operator()(const TriggerSpec& trigger) const {
        ObjectText text;
        if (trigger.option_schema) text.add("option_schema", *trigger.option_schema);
        if (trigger.out_schema) text.add("out_schema", *trigger.out_schema);
        if (trigger.param_schema) text.add("param_schema", *trigger.param_schema);
        return text.take();
    }

    std::string operator()(const ActionSpec& action) const {
        const bool command = runs_command(action.runner);
        ObjectText text;
        if (command) text.add("command", action.command);
        if (command && !action.env.empty()) text.add("env", action.env);
        if (action.out_schema) text.add("out_schema", *action.out_schema);
        if (command && action.output == OutputFormat::kJson) text.add("output", "json");
        if (action.param_schema) text.add("param_schema", *action.param_schema);
        text.add("runner", to_string(action.runner));
        if (command) text.add("timeout_us", action.timeout.count());
        return text.take();
    }

    std::string operator()(const SensorSpec& sensor) const {
        ObjectText text;
        text.add("config", sensor.config);
        if (!sensor.enabled) text.add("enabled", false);
        return text.add("runtime", to_string(sensor.runtime))
            .add("trigger", sensor.trigger.text())
            .take();
    }

    std::string operator()(const RuleSpec& rule) const {
        ObjectText text;
        text.add("action", rule.action.text());
        const bool conditional = rule.conditions.is_structured() && !rule.conditions.empty();
        if (conditional) text.add("conditions", rule.conditions);
        if (!rule.enabled) text.add("enabled", false);
        text.add("params", rule.params);
        if (!rule.sensors.empty()) {
            Json sensors = Json::array();
            for (const auto& sensor : rule.sensors) sensors.push_back(sensor.text());
            text.add("sensors", sensors);
        }
        return text.add("trigger", rule.trigger.text()).take();
    }
};

Metadata read_metadata(const Json& metadata, const Ref& ref) {
    Metadata result;
    result.label = metadata.value("label", ref.text());
    result.description = metadata.value("description", "");
    result.labels = texts(part(metadata, "labels"));
    result.annotations = texts(part(metadata, "annotations"));
    return result;
}

}  // namespace

Manifest read_manifest(Kind kind, Ref ref, Json document, Place place) {
    Manifest manifest{.kind = kind,
                      .ref = std::move(ref),
                      .metadata = {},
                      .spec = read_spec(kind, part(document, "spec")),
                      .place = std::move(place),
                      .document = {},
                      .spec_digest = {},
                      .meta_digest = {}};
    manifest.metadata = read_metadata(part(document, "metadata"), manifest.ref);
    manifest.document = std::move(document);
    return manifest;
}

void add_digests(Manifest& manifest) {
    manifest.spec_digest =
        sha256_hex(fmt::format(R"(["{}","{}",{}])", to_string(manifest.kind),
                               manifest.ref.text(), std::visit(Canonical{}, manifest.spec)));
    const auto& metadata = manifest.metadata;
    manifest.meta_digest =
        sha256_hex(fmt::format("[{},{},{}]", compact(metadata.label),
                               compact(metadata.description), compact(metadata.labels)));
}

SourceSpec read_source_spec(const Json& document) {
    SourceSpec source;
    const auto& spec = part(document, "spec");
    source.name = document.at("metadata").at("name").get<std::string>();
    if (const auto packs = spec.find("packs"); packs != spec.end()) {
        source.packs = packs->get<std::vector<std::string>>();
    }
    source.on_invalid = spec.value("on_invalid", "freeze") == "strict" ? OnInvalid::kStrict
                                                                       : OnInvalid::kFreeze;
    const auto& prune = part(spec, "prune");
    source.prune = prune.value("enabled", source.prune);
    source.prune_max_percent = prune.value("max_percent", source.prune_max_percent);
    source.prune_max_objects = prune.value("max_objects", source.prune_max_objects);
    return source;
}

std::optional<SensorRuntime> parse_runtime(std::string_view text) {
    for (const auto runtime : {SensorRuntime::kBuiltin, SensorRuntime::kExternal}) {
        if (to_string(runtime) == text) return runtime;
    }
    return std::nullopt;
}

SensorRuntime usual_runtime(std::string_view trigger) {
    const bool ours = trigger == "core.intervaltimer" || trigger == "core.crontimer" ||
                      trigger == "core.datetimetimer" || trigger == kJournalTrigger ||
                      trigger == kUnitTrigger;
    return ours ? SensorRuntime::kBuiltin : SensorRuntime::kExternal;
}

}  // namespace attune
