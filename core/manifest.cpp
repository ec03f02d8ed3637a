#include "core/manifest.h"

#include "core/kinds.h"

namespace attune {

std::string_view to_string(Kind kind) { return info(kind).name; }

std::optional<Kind> parse_kind(std::string_view text) {
    for (const auto& known : kinds()) {
        if (known.name == text) return known.kind;
    }
    return std::nullopt;
}

std::string_view to_string(SensorRuntime runtime) {
    switch (runtime) {
        case SensorRuntime::kBuiltin:
            return "core.sensor.builtin";
        case SensorRuntime::kExternal:
            return "core.sensor.external";
    }
    return "";
}

}  // namespace attune
