#include "cli/doctor/systemd_unit.h"

#include <algorithm>
#include <filesystem>

#include "os/command_path.h"
#include "os/files.h"
#include "os/spawn.h"
#include "os/system_error.h"

namespace attune::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnitBytes = 256 * 1024;
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr const char* kProperties =
    "--property=LoadState,FragmentPath,DropInPaths,NeedDaemonReload,UnitFileState,ActiveState,"
    "SubState,Result,ExecMainStatus,MainPID,NRestarts,WatchdogUSec,StatusText,User,"
    "StateDirectory,RuntimeDirectory,Environment,ExecStart";

// The words of "{ path=/usr/sbin/attuned ; argv[]=/usr/sbin/attuned --check ; ... }".
std::vector<std::string> arguments_of(const std::string& exec_start) {
    constexpr std::string_view kBegin = "argv[]=";
    const auto begin = exec_start.find(kBegin);
    if (begin == std::string::npos) return {};
    const auto from = begin + kBegin.size();
    return unit_words(
        std::string_view(exec_start).substr(from, exec_start.find(" ; ", from) - from));
}

void take_flags(const std::vector<std::string>& arguments, ConfigRequest& request) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        auto flag = arguments[i];
        std::string value;
        if (const auto equals = flag.find('='); equals != std::string::npos) {
            value = flag.substr(equals + 1);
            flag.resize(equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        }
        if (flag == "--config") request.file = value;
        if (flag == "--source") request.overrides.push_back("source.path=" + value);
        if (flag == "--set") request.overrides.push_back(value);
    }
}

void take_directory(const Unit& service, const char* property, const char* variable,
                    const std::string& above, ConfigRequest& request) {
    const auto names = unit_words(service(property));
    if (names.empty()) return;
    // "name:link" since systemd 255
    const auto name = names.front().substr(0, names.front().find(':'));
    request.environment.push_back(std::string(variable) + "=" + above + name);
}

}  // namespace

Unit parse_unit(std::string_view shown) {
    Unit unit;
    while (!shown.empty()) {
        const auto end = std::min(shown.find('\n'), shown.size());
        const auto line = shown.substr(0, end);
        shown.remove_prefix(std::min(end + 1, shown.size()));
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        auto& value = unit.properties[std::string(line.substr(0, equals))];
        if (!value.empty()) value += '\n';
        value += line.substr(equals + 1);
    }
    return unit;
}

std::vector<std::string> unit_words(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    bool begun = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && i + 1 < text.size()) {
            word += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
            begun = true;
        } else if (!quoted && (c == ' ' || c == '\n')) {
            if (begun || !word.empty()) words.push_back(std::move(word));
            word.clear();
            begun = false;
        } else {
            word += c;
        }
    }
    if (begun || !word.empty()) words.push_back(std::move(word));
    return words;
}

Fact<Unit> show_unit(const std::string& name) {
    std::error_code failed;
    if (!fs::is_directory("/run/systemd/system", failed)) {
        return tl::unexpected(std::string("systemd does not run this host"));
    }
    const auto program = resolve_command("systemctl", "/");
    if (!program) return tl::unexpected("systemctl " + program.error());
    SpawnOptions options;
    options.argv = {*program, "show", "--no-pager", kProperties, name};
    options.env = {"PATH=" + std::string(kCommandPath), "LC_ALL=C.UTF-8"};
    try {
        std::string output;
        const auto status = run_to_end(std::move(options), &output, kPatience);
        if (status.succeeded()) return parse_unit(output);
        return tl::unexpected("systemctl show: " + describe(status));
    } catch (const SystemError& error) {
        return tl::unexpected(std::string(error.what()));
    }
}

ConfigRequest request_of(const Unit& service) {
    ConfigRequest request;
    take_directory(service, "StateDirectory", "STATE_DIRECTORY", "/var/lib/", request);
    take_directory(service, "RuntimeDirectory", "RUNTIME_DIRECTORY", "/run/", request);
    for (auto& entry : unit_words(service("Environment"))) {
        request.environment.push_back(std::move(entry));
    }
    take_flags(arguments_of(service("ExecStart")), request);
    const std::string credentials = "/run/credentials/attuned.service";
    std::error_code failed;
    if (fs::directory_iterator(credentials, failed); !failed) {
        request.environment.push_back("CREDENTIALS_DIRECTORY=" + credentials);
    }
    return request;
}

std::string unit_text(const Unit& service) {
    std::string text;
    auto paths = unit_words(service("FragmentPath"));
    for (auto& path : unit_words(service("DropInPaths"))) paths.push_back(std::move(path));
    for (const auto& path : paths) {
        try {
            text += read_file(path, kUnitBytes) + '\n';
        } catch (const SystemError&) {
            continue;  // removed since systemd has read it
        }
    }
    return text;
}

std::vector<CredentialFile> credential_files(std::string_view text) {
    std::vector<CredentialFile> files;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = line.find('=');
        const auto key = line.substr(0, equals);
        const bool encrypted = key == "LoadCredentialEncrypted";
        if (key != "LoadCredential" && !encrypted) continue;
        const auto words = unit_words(line.substr(equals + 1));
        if (words.empty()) {
            std::erase_if(files, [&](const auto& file) { return file.encrypted == encrypted; });
            continue;
        }
        const auto colon = words.front().find(':');
        if (colon == std::string::npos) continue;  // of the system's credentials
        files.push_back(
            {words.front().substr(0, colon), words.front().substr(colon + 1), encrypted});
    }
    return files;
}

}  // namespace attune::doctor
