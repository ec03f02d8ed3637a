#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/doctor/gather.h"
#include "cli/doctor/systemd_unit.h"
#include "core/limits.h"
#include "os/files.h"
#include "store/conninfo.h"

namespace attune::doctor {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> own_environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
    return entries;
}

bool is_installed(const Fact<Unit>& service) {
    return service && (*service)("LoadState") == "loaded";
}

ConfigRequest request_for(const Given& given, const Facts& facts) {
    const bool by_hand = given.has("--config") || given.has("--set");
    if (!by_hand && is_installed(facts.service)) return request_of(*facts.service);
    ConfigRequest request;
    request.file = given.text("--config");
    request.overrides = given.texts("--set");
    request.environment = own_environment();
    return request;
}

// As on a command line: "--config FILE --set log.level=debug".
std::string flags_of(const ConfigRequest& request) {
    std::string flags;
    if (!request.file.empty()) flags += "--config " + request.file;
    for (const auto& setting : request.overrides) {
        flags += (flags.empty() ? "--set " : " --set ") + setting;
    }
    return flags;
}

bool holds_password(const std::string& path) {
    try {
        const auto text = read_file(path, limits::kFileBytes);
        // Of "url: host=db password=..." or "url: postgresql://user:...@db".
        const auto scheme = text.find("://");
        return text.find("password=") != std::string::npos ||
               (scheme != std::string::npos &&
                text.find(':', scheme + 3) < text.find('@', scheme + 3));
    } catch (const std::exception&) {
        return false;  // the loader has said that it cannot be read
    }
}

std::vector<NamedFile> files_of(const ConfigRequest& request) {
    const auto main = request.file.empty() ? request.default_file : request.file;
    std::vector<std::string> paths;
    std::error_code failed;
    if (fs::exists(main, failed) || failed) paths.push_back(main);
    std::vector<std::string> drop_ins;
    for (const auto& entry : fs::directory_iterator(main + ".d", failed)) {
        if (entry.path().extension() == ".yaml") drop_ins.push_back(entry.path().string());
    }
    std::sort(drop_ins.begin(), drop_ins.end());
    paths.insert(paths.end(), drop_ins.begin(), drop_ins.end());
    std::vector<NamedFile> files;
    files.reserve(paths.size());
    for (const auto& path : paths) {
        files.push_back(
            {path, look_at([&] { return file_status(path); }), holds_password(path)});
    }
    return files;
}

void judge(const LoadedConfig& loaded, SettingsFacts& settings) {
    for (const auto& found : loaded.diagnostics) {
        (found.severity == Severity::kError ? settings.errors : settings.warnings) += 1;
        if (settings.first.empty()) settings.first = in_one_line(found);
    }
}

Fact<std::vector<NamedFile>> secrets_of(const Fact<Unit>& service) {
    if (!service) return tl::unexpected(service.error());
    std::vector<NamedFile> files;
    for (const auto& credential : credential_files(unit_text(*service))) {
        if (!credential.path.starts_with('/')) continue;  // of the credential store's folders
        files.push_back({credential.path, look_at([&] { return file_status(credential.path); }),
                         !credential.encrypted});
    }
    return files;
}

}  // namespace

void gather_settings(const Given& given, Facts& facts) {
    const auto request = request_for(given, facts);
    facts.settings.files = files_of(request);
    facts.settings.flags = flags_of(request);
    facts.secrets = secrets_of(facts.service);
    if (facts.service) {
        for (const auto& credential : credential_files(unit_text(*facts.service))) {
            facts.settings.url_is_credential |= credential.name == "attune.database-url";
        }
    }
    try {
        auto loaded = load_config(request);
        judge(loaded, facts.settings);
        if (loaded.config) {
            facts.config = std::move(*loaded.config);
        } else {
            facts.config =
                tl::unexpected(std::string("the settings are refused (see settings.valid)"));
        }
    } catch (const std::exception& error) {
        facts.settings.errors = 1;
        facts.settings.first = error.what();
        facts.config = tl::unexpected(std::string(error.what()));
    }
}

}  // namespace attune::doctor
