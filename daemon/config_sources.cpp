#include "daemon/config_sources.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/limits.h"
#include "core/yaml.h"
#include "daemon/config.h"
#include "os/files.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultFile = "/etc/attune/attuned.yaml";
constexpr std::string_view kPrefix = "ATTUNE__";

// "LOG__LEVEL" or "log.level" -> "/log/level".
std::string pointer_of(std::string name, std::string_view separator) {
    std::string pointer = "/";
    for (std::size_t at; (at = name.find(separator)) != std::string::npos;) {
        pointer += name.substr(0, at) + "/";
        name.erase(0, at + separator.size());
    }
    pointer += name;
    std::transform(pointer.begin(), pointer.end(), pointer.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return pointer;
}

// A key without a value, like a section of which every line is a comment, says nothing; it
// must not undo what another file says.
Json without_nulls(const Json& settings) {
    if (!settings.is_object()) return settings;
    Json said = Json::object();
    for (const auto& [key, value] : settings.items()) {
        if (!value.is_null()) said[key] = without_nulls(value);
    }
    return said;
}

// A value from the environment or a flag is a number or a boolean when it reads like one.
Json typed(const std::string& text) {
    const auto parsed = Json::parse(text, nullptr, false);
    if (parsed.is_number_integer() || parsed.is_boolean()) return parsed;
    return text;
}

}  // namespace

ConfigSources::ConfigSources(const ConfigRequest& request) {
    const bool given = !request.file.empty();
    const std::string file = given ? request.file : kDefaultFile;
    if (given || fs::exists(file)) read(file);
    read_folder(file + ".d");
    for (const auto& entry : request.environment) {
        const auto equals = entry.find('=');
        if (!entry.starts_with(kPrefix) || equals == std::string::npos) continue;
        const auto name = entry.substr(0, equals);
        set(name, pointer_of(name.substr(kPrefix.size()), "__"), entry.substr(equals + 1));
    }
    for (const auto& entry : request.overrides) {
        const auto equals = entry.find('=');
        if (equals == std::string::npos || equals == 0) {
            fault("--set " + entry, "ATT2001", "a setting is written KEY=VALUE",
                  "for example --set log.level=debug");
            continue;
        }
        const auto name = entry.substr(0, equals);
        set("--set " + name, pointer_of(name, "."), entry.substr(equals + 1));
    }
}

void ConfigSources::read(const std::string& path) {
    std::string text;
    try {
        text = read_file(path, limits::kFileBytes);
    } catch (const std::exception& error) {
        fault(path, "ATT5001", error.what(), "name another file with --config");
        return;
    }
    auto parsed = parse_yaml(text, path);
    texts_[path] = std::move(text);
    diagnostics_.insert(diagnostics_.end(), parsed.diagnostics.begin(),
                        parsed.diagnostics.end());
    if (parsed.documents.empty()) return;
    if (parsed.documents.size() > 1 || parsed.documents[0].kind != Node::Kind::kMapping) {
        fault(path, "ATT2001", "the configuration must be one mapping", "");
        return;
    }
    auto settings = without_nulls(to_json(parsed.documents[0]));
    add({path, std::move(settings), std::move(parsed.documents[0])});
}

void ConfigSources::read_folder(const std::string& path) {
    std::error_code failed;
    std::vector<std::string> files;
    for (fs::directory_iterator entry(path, failed);
         !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
        if (entry->path().extension() == ".yaml") files.push_back(entry->path().string());
    }
    if (failed && failed != std::errc::no_such_file_or_directory) {
        fault(path, "ATT5001", "cannot read the folder: " + failed.message(),
              "let the daemon's user read it, or name another file with --config");
        return;
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) read(file);
}

void ConfigSources::set(const std::string& name, const std::string& pointer,
                        const std::string& value) {
    try {
        Json settings = Json::object();
        settings[Json::json_pointer(pointer)] = typed(value);
        add({name, std::move(settings), std::nullopt});
    } catch (const Json::exception&) {
        fault(name, "ATT2001", "this names no setting", "see docs/configuration.md");
    }
}

void ConfigSources::add(Layer layer) {
    settings_.merge_patch(layer.settings);
    layers_.push_back(std::move(layer));
}

void ConfigSources::fault(const std::string& file, const std::string& code,
                          const std::string& message, const std::string& help) {
    Diagnostic diagnostic;
    diagnostic.file = file;
    diagnostic.code = code;
    diagnostic.message = message;
    diagnostic.help = help;
    diagnostics_.push_back(std::move(diagnostic));
}

Diagnostic ConfigSources::explain(const Violation& violation) const {
    Diagnostic diagnostic;
    const bool unknown = violation.keyword == "additionalProperties";
    diagnostic.code = unknown ? "ATT2004" : "ATT2002";
    diagnostic.pointer = violation.pointer;
    diagnostic.message = violation.message;
    diagnostic.label = violation.label;
    for (const auto& allowed : violation.allowed) {
        diagnostic.help += (diagnostic.help.empty() ? "known: " : ", ") + allowed;
    }
    return place(std::move(diagnostic), unknown ? violation.property : "");
}

Diagnostic ConfigSources::explain(const std::string& pointer, const Fault& fault) const {
    Diagnostic diagnostic;
    diagnostic.code = fault.code;
    diagnostic.reason = fault.reason;
    diagnostic.pointer = pointer;
    diagnostic.message = fault.message;
    diagnostic.help = fault.help;
    return place(std::move(diagnostic), "");
}

// The last layer that says anything there is the one at fault.
Diagnostic ConfigSources::place(Diagnostic diagnostic, const std::string& property) const {
    auto pointer = diagnostic.pointer;
    if (!property.empty()) pointer += "/" + pointer_segment(property);
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
        if (!layer->settings.contains(Json::json_pointer(pointer))) continue;
        diagnostic.file = layer->name;
        if (!layer->document) return diagnostic;
        const auto found = find(*layer->document, pointer);
        if (property.empty() && found.node) diagnostic.range = found.node->range;
        if (!property.empty() && found.member) diagnostic.range = found.member->key_range;
        return diagnostic;
    }
    return diagnostic;
}

std::optional<std::string_view> ConfigSources::text_of(std::string_view file) const {
    const auto known = texts_.find(file);
    if (known == texts_.end()) return std::nullopt;
    return known->second;
}

}  // namespace attune
