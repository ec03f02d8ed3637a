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

std::string_view to_string(Runner runner) {
    switch (runner) {
        case Runner::kBuiltin:
            return "builtin";
        case Runner::kProcess:
            return "process";
        case Runner::kSystemd:
            return "systemd";
    }
    return "";
}

std::optional<Runner> parse_runner(std::string_view text) {
    for (const auto runner : {Runner::kBuiltin, Runner::kProcess, Runner::kSystemd}) {
        if (to_string(runner) == text) return runner;
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
