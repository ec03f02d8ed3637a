#include "reconciler/config_sources.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/limits.h"
#include "core/yaml.h"
#include "os/files.h"
#include "reconciler/config.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "ATTUNE__";
constexpr const char* kUnreadable =
    "let the daemon's user read it, or name another file with --config";

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

// The value as the only one of its settings; none for a name deeper than settings can be. No
// segment is an index, not even one of digits: an array as long as somebody's number says would
// be made for it.
std::optional<Json> nested(const std::string& pointer, Json value) {
    if (std::count(pointer.begin(), pointer.end(), '/') > int{limits::kDepth}) return {};
    for (Json::json_pointer path(pointer); !path.empty(); path.pop_back()) {
        value = Json{{path.back(), std::move(value)}};
    }
    return value;
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

// What may not be looked at may be there: whoever reads it then says why it cannot be read.
bool may_be_there(const std::string& file) {
    std::error_code unknown;
    return fs::status(file, unknown).type() != fs::file_type::not_found;
}

std::string environment_of(const ConfigRequest& request, const std::string& name) {
    for (const auto& entry : request.environment) {
        if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
    }
    return {};
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
    const std::string file = given ? request.file : request.default_file;
    if (given || may_be_there(file)) read(file);
    read_folder(file + ".d");
    read_credentials(environment_of(request, "CREDENTIALS_DIRECTORY"));
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
        fault(path, "ATT5001", error.what(), kUnreadable);
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
        fault(path, "ATT5001", "cannot read the folder: " + failed.message(), kUnreadable);
        return;
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) read(file);
}

// What LoadCredential= of the unit brings (systemd.exec(5)): values that must not stand in a
// file others may read.
void ConfigSources::read_credentials(const std::string& directory) {
    if (directory.empty()) return;
    if (const auto url = read_credential(directory, "attune.database-url")) {
        add({"credential attune.database-url", Json{{"database", {{"url", *url}}}},
             std::nullopt});
    }
    if (auto password = read_credential(directory, "attune.database-password")) {
        database_password_ = std::move(*password);
    }
}

// Without the newline that an editor or echo has left at its end.
std::optional<std::string> ConfigSources::read_credential(const std::string& directory,
                                                          const std::string& name) {
    const auto path = directory + "/" + name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return std::nullopt;
    try {
        auto value = read_file(path, limits::kCredentialBytes);
        if (value.ends_with('\n')) value.pop_back();
        if (!value.empty() && value.find('\0') == std::string::npos) return value;
        fault("credential " + name, "ATT2001", "it is empty, or no text",
              "see LoadCredential= of the unit, or leave it out");
    } catch (const std::exception& error) {
        fault("credential " + name, "ATT5001", error.what(), "see LoadCredential= of the unit");
    }
    return std::nullopt;
}

void ConfigSources::set(const std::string& name, const std::string& pointer,
                        const std::string& value) {
    try {
        if (auto settings = nested(pointer, typed(value))) {
            add({name, std::move(*settings), std::nullopt});
            return;
        }
    } catch (const Json::exception&) {  // no pointer: an escape that is none
    }
    fault(name, "ATT2001", "this names no setting", "see docs/configuration.md");
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

Diagnostics ConfigSources::explain(const Violation& violation) const {
    auto pointer = violation.pointer;
    if (violation.keyword == "additionalProperties") {
        pointer += "/" + pointer_segment(violation.property);
    }
    return findings_of({violation}, subject_of(pointer), "", "");
}

Diagnostic ConfigSources::explain(const std::string& pointer, const Fault& fault) const {
    return finding_of(fault, subject_of(pointer), pointer);
}

// The last layer that says anything there is the one at fault.
Subject ConfigSources::subject_of(const std::string& pointer) const {
    const auto layer =
        std::find_if(layers_.rbegin(), layers_.rend(), [&](const Layer& candidate) {
            return candidate.settings.contains(Json::json_pointer(pointer));
        });
    if (layer == layers_.rend()) return {};
    return {.file = layer->name,
            .kind = {},
            .ref = {},
            .document = layer->document ? &*layer->document : nullptr};
}

std::optional<std::string_view> ConfigSources::text_of(std::string_view file) const {
    const auto known = texts_.find(file);
    if (known == texts_.end()) return std::nullopt;
    return known->second;
}

}  // namespace attune
