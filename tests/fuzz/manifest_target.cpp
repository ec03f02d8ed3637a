#include <fmt/format.h>

#include "core/diagnostic_json.h"
#include "core/diagnostic_text.h"
#include "core/load.h"
#include "core/schedule.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"
#include "tests/support/trees.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

constexpr const char* kFile = "packs/ops/a.yaml";
constexpr const char* kPack =
    "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\nspec: {config: {days: 7}}\n";

void promise_forms(const Diagnostics& diagnostics, std::string_view text) {
    const auto text_of = [&](std::string_view file) -> std::optional<std::string_view> {
        if (file == kFile) return text;
        return std::nullopt;
    };
    const auto people = render_text(diagnostics, text_of, {});
    promise(people.empty() == diagnostics.empty(), "findings that nobody sees");
    promise(people.find('\x1b') == std::string::npos, "a control character for the terminal");
    const auto annotations = diagnostics_github(diagnostics);
    const auto lines = std::count(annotations.begin(), annotations.end(), '\n');
    promise(lines == static_cast<std::ptrdiff_t>(diagnostics.size()),
            "annotations that are not one line each");
    // Throws for a text that is not UTF-8.
    static_cast<void>(diagnostics_sarif(diagnostics).dump());
    static_cast<void>(diagnostics_json(diagnostics, 1).dump());
    for (const auto& diagnostic : diagnostics) {
        promise(!diagnostic.code.empty() && !diagnostic.message.empty(),
                "a finding of nothing");
    }
}

// As the store keeps it and a later attune reads it.
void promise_stored(const Manifest& manifest) {
    const auto again = load_document(Json::parse(compact(manifest.document)), manifest.place);
    promise(again.has_value(), "a valid manifest is refused when it is read back");
    promise(again->document == manifest.document && again->ref == manifest.ref,
            "a manifest is another one when it is read back");
}

void promise_forward(const Manifest& manifest) {
    const auto& sensor = std::get<SensorSpec>(manifest.spec);
    if (!is_timer_trigger(sensor.trigger)) return;
    const auto anchor = parse_rfc3339("2026-01-01T00:00:00Z").value();
    const auto schedule =
        compile_schedule(sensor.trigger, sensor.config, anchor, manifest.ref, system_zones());
    if (!schedule) return;
    auto at = anchor;
    for (int i = 0; i < 3; ++i) {
        const auto next = next_after(*schedule, at);
        if (!next) return;
        promise(*next > at, "a timer that goes backwards");
        promise(is_instant(*schedule, *next), "an instant that is none");
        promise(latest_at(*schedule, *next) == *next, "an instant that is not the latest");
        at = *next;
    }
}

}  // namespace

void fuzz_manifest(std::string_view bytes) {
    const std::string text(bytes);
    const Tree tree({{kFile, text}, {"packs/ops/pack.yaml", kPack}});
    const auto checked = tree.check();
    promise_places(checked.diagnostics, kFile, bytes);
    promise_forms(checked.diagnostics, bytes);
    for (const auto& object : checked.objects) {
        if (object.verdict != Verdict::kApply) continue;
        promise_stored(*object.manifest);
        if (object.kind == Kind::kSensor) promise_forward(*object.manifest);
    }
}

}  // namespace attune
