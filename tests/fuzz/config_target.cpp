#include "reconciler/config.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

constexpr std::string_view kOverride = "--set ";
constexpr std::string_view kVariable = "ATTUNE__";

// The lines at the start that stand for environment and flags; the rest is the file.
ConfigRequest take_lines(std::string_view& bytes) {
    ConfigRequest request;
    while (bytes.starts_with(kOverride) || bytes.starts_with(kVariable)) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const std::string line(bytes.substr(0, end));
        if (line.starts_with(kOverride)) {
            request.overrides.push_back(line.substr(kOverride.size()));
        } else {
            request.environment.push_back(line);
        }
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    return request;
}

LoadedConfig load(ConfigRequest request, std::string_view text) {
    static const TempDirectory kDirectory;
    request.file = kDirectory.write("attuned.yaml", text);
    auto loaded = load_config(request);
    promise(loaded.config.has_value() != has_errors(loaded.diagnostics),
            "settings in spite of errors, or none without");
    promise(loaded.text.empty() == loaded.diagnostics.empty(), "findings that nobody sees");
    promise_places(loaded.diagnostics, request.file, text);
    return loaded;
}

}  // namespace

void fuzz_config(std::string_view bytes) {
    auto request = take_lines(bytes);
    const auto loaded = load(std::move(request), bytes);
    if (!loaded.config) return;
    const auto settings = describe(*loaded.config);
    const auto again = load({}, settings);
    promise(again.config.has_value(), "described, the settings are refused:\n" + again.text);
    promise(describe(*again.config) == settings, "described, the settings differ");
}

}  // namespace attune
