#include "core/kinds.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "schemas/embedded.h"

namespace attune {
namespace {

constexpr std::array kKinds = {
    KindInfo{Kind::kPack, "Pack", "pack", "packs", "pack.schema.json", ""},
    KindInfo{Kind::kTrigger, "Trigger", "trigger", "triggers", "trigger.schema.json", ""},
    KindInfo{Kind::kAction, "Action", "action", "actions", "action.schema.json", ""},
    KindInfo{Kind::kSensor, "Sensor", "sensor", "sensors", "sensor.schema.json", "trigger"},
    KindInfo{Kind::kRule, "Rule", "rule", "rules", "rule.schema.json",
             "trigger, sensors, action"},
};

constexpr std::string_view kSourceSchema = "source.schema.json";

// A published schema with its compiled form: made on first use, then never changed.
struct Published {
    explicit Published(std::string_view name)
        : document(read(name)), compiled(compile(document)) {}

    static Json read(std::string_view name) {
        for (const auto& file : embedded_schemas()) {
            if (file.name == name) return Json::parse(file.text);
        }
        assert(false && "a kind's schema is not embedded");
        return true;
    }

    static JsonSchema compile(const Json& document) {
        auto schema = JsonSchema::compile(document);
        assert(schema && "a published schema does not pass our own lint");
        return *schema;
    }

    Json document;
    JsonSchema compiled;
};

const Published& published(Kind kind) {
    static const std::array<Published, kKinds.size()> kPublished = {
        Published(kKinds[0].schema), Published(kKinds[1].schema), Published(kKinds[2].schema),
        Published(kKinds[3].schema), Published(kKinds[4].schema)};
    return kPublished[static_cast<std::size_t>(kind)];
}

const Published& published_source() {
    static const Published kPublished(kSourceSchema);
    return kPublished;
}

}  // namespace

std::span<const KindInfo> kinds() { return kKinds; }

const KindInfo& info(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<Kind> find_kind(std::string_view word) {
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const auto& known : kKinds) {
        if (known.singular == lower || known.plural == lower) return known.kind;
    }
    return std::nullopt;
}

const Json& schema_document(Kind kind) { return published(kind).document; }
const Json& source_schema_document() { return published_source().document; }
const JsonSchema& compiled_schema(Kind kind) { return published(kind).compiled; }
const JsonSchema& compiled_source_schema() { return published_source().compiled; }

}  // namespace attune
