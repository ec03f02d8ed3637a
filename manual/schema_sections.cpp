// What schemas tell: the daemon's settings, the kinds of manifests, limits.
#include <string>

#include <fmt/format.h>

#include "core/formats.h"
#include "core/kinds.h"
#include "core/limits.h"
#include "manual/page.h"
#include "manual/roff.h"
#include "manual/schema_text.h"

namespace attune {
namespace {

std::string settings_text(const std::string&) {
    return roff::list(property_items(schema_file("daemon.schema.json"), "", true));
}

// Of every manifest, as a Sensor has it.
std::string metadata_text(const std::string&) {
    const auto schema = schema_file("sensor.schema.json");
    return roff::list(property_items(schema["properties"]["metadata"], "metadata."));
}

std::string kind_text(const std::string& name) {
    const auto schema = schema_file(name + ".schema.json");
    auto items = property_items(schema["properties"]["spec"], "spec.");
    if (name == "source") {
        items = property_items(schema["properties"]["metadata"], "metadata.") + items;
    }
    return roff::prose(schema.value("description", "")) + roff::list(items);
}

std::string size(std::size_t bytes) {
    constexpr std::size_t kKibi = 1024;
    if (bytes % (kKibi * kKibi) == 0) return fmt::format("{} MiB", bytes / kKibi / kKibi);
    if (bytes % kKibi == 0) return fmt::format("{} KiB", bytes / kKibi);
    return fmt::format("{} bytes", bytes);
}

std::string limits_text(const std::string&) {
    const std::pair<std::string, std::string> limits[] = {
        {"a file", size(limits::kFileBytes)},
        {"documents in a file", std::to_string(limits::kDocuments)},
        {"values in a file", std::to_string(limits::kNodes)},
        {"nesting", std::to_string(limits::kDepth)},
        {"one value", size(limits::kScalarBytes)},
        {"one key", size(limits::kKeyBytes)},
        {"text that anchors and aliases stand for", size(limits::kCopiedBytes)},
        {"findings told of one file", std::to_string(limits::kFindings)},
        {"a pattern", size(limits::kPatternBytes)},
        {"a schema's nesting", std::to_string(limits::kSchemaDepth)},
        {"a cron expression", size(limits::kCronBytes)},
        {"an action's command and env", size(limits::kCommandBytes)},
        {"an event's payload", size(limits::kEventPayloadBytes)},
        {"an action's rendered parameters", size(limits::kRenderedParamsBytes)},
        {"an execution's result", size(limits::kResultBytes)}};
    std::string items;
    for (const auto& [what, most] : limits) items += roff::item(what, most + "\n");
    return roff::list(items, "text that anchors and aliases stand for");
}

std::string formats_text(const std::string&) {
    std::string text;
    for (const auto format : formats()) {
        text += ".Ql " + roff::literal(format) + (format == formats().back() ? " .\n" : " ,\n");
    }
    return text;
}

}  // namespace

void add_schema_sections(Sections& sections) {
    sections["settings"] = settings_text;
    sections["metadata"] = metadata_text;
    sections["kind"] = kind_text;
    sections["limits"] = limits_text;
    sections["formats"] = formats_text;
}

}  // namespace attune
