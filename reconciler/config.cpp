#include "reconciler/config.h"

#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "core/diagnostic_text.h"
#include "core/json_schema.h"
#include "core/limits.h"
#include "core/yaml.h"
#include "os/account.h"
#include "os/processors.h"
#include "reconciler/config_sources.h"
#include "schemas/embedded.h"
#include "store/conninfo.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

std::string variable(const ConfigRequest& request, const std::string& name) {
    for (const auto& entry : request.environment) {
        if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
    }
    return {};
}

// What StateDirectory= or RuntimeDirectory= of the unit has made (systemd.exec(5)): the first.
std::string directory_of_unit(const ConfigRequest& request, const std::string& name) {
    const auto directories = variable(request, name);
    return directories.substr(0, directories.find(':'));
}

std::string default_state_dir(const ConfigRequest& request) {
    if (auto directory = directory_of_unit(request, "STATE_DIRECTORY"); !directory.empty()) {
        return directory;
    }
    if (::geteuid() == 0) return "/var/lib/attune";
    const auto state = variable(request, "XDG_STATE_HOME");
    if (!state.empty()) return state + "/attune";
    return own_account().home + "/.local/state/attune";
}

std::string default_runtime_dir(const ConfigRequest& request, const std::string& state_dir) {
    if (auto directory = directory_of_unit(request, "RUNTIME_DIRECTORY"); !directory.empty()) {
        return directory;
    }
    if (::geteuid() == 0) return "/run/attune";
    const auto runtime = variable(request, "XDG_RUNTIME_DIR");
    return runtime.empty() ? state_dir + "/run" : runtime + "/attune";
}

std::string host_name() {
    std::array<char, 64> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.front() == '\0' ? "localhost" : name.data();
}

template <class T>
T at(const Json& settings, const std::string& pointer, T otherwise) {
    return settings.value(Json::json_pointer(pointer), std::move(otherwise));
}

Result<Duration> duration_at(const Json& settings, const std::string& pointer,
                             Duration otherwise) {
    const Json::json_pointer place(pointer);
    if (!settings.contains(place)) return otherwise;
    const auto& value = settings.at(place);
    if (value.is_number_integer()) return std::chrono::seconds(value.get<std::int64_t>());
    return parse_duration(value.get<std::string>());
}

DaemonConfig with_defaults(const Json& settings, const ConfigRequest& request) {
    DaemonConfig config;
    config.node = at<std::string>(settings, "/node", host_name());
    config.state_dir = at(settings, "/state_dir", default_state_dir(request));
    config.runtime_dir =
        at(settings, "/runtime_dir", default_runtime_dir(request, config.state_dir));
    config.source_path =
        fs::absolute(at<std::string>(settings, "/source/path", "/etc/attune/config"))
            .lexically_normal()
            .string();
    config.poll = std::chrono::seconds(at(settings, "/source/poll_seconds", 60));
    config.database_url = at<std::string>(settings, "/database/url", "");
    config.database_binaries = at<std::string>(settings, "/database/binaries", "");
    config.recorders = at(settings, "/executors/recorders", 2);
    config.slots = at(settings, "/executors/slots", 2 * static_cast<int>(usable_processors()));
    config.timer_workers = at(settings, "/timers/workers", 1);
    config.trust_clock = at(settings, "/timers/trust_clock", false);
    config.journal_directory = at<std::string>(settings, "/journal/directory", "");
    config.runner_socket = at<std::string>(settings, "/runner/socket", "");
    config.control_socket =
        at(settings, "/control/socket", config.runtime_dir + "/control.sock");
    config.control_group = at<std::string>(settings, "/control/group", "attune");
    config.dbus = at(settings, "/control/dbus", true);
    config.log_level = at<std::string>(settings, "/log/level", "info");
    config.drain_timeout = std::chrono::seconds(30);
    return config;
}

// A socket's path has to fit into its address (unix(7)). `pointer`: the setting it follows
// from.
void check_socket(const std::string& path, const std::string& pointer,
                  const ConfigSources& sources, Diagnostics& found) {
    constexpr auto kMost = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() <= kMost) return;
    const auto fault =
        refuse("ATT2007",
               fmt::format("`{}` has {} bytes, and a socket's path has at most {}", path,
                           path.size(), kMost),
               "choose a shorter directory, such as /run/attune");
    found.push_back(sources.explain(pointer, fault.value()));
}

const JsonSchema& schema() {
    static const JsonSchema kSchema = [] {
        for (const auto& file : embedded_schemas()) {
            if (file.name == "daemon.schema.json") {
                return JsonSchema::compile(Json::parse(file.text)).value();
            }
        }
        return JsonSchema::compile(Json(false)).value();
    }();
    return kSchema;
}

}  // namespace

std::string feed_socket(const DaemonConfig& config) {
    return config.runtime_dir + "/feed.sock";
}

LoadedConfig load_config(const ConfigRequest& request) {
    LoadedConfig loaded;
    ConfigSources sources(request);
    loaded.diagnostics = sources.take_diagnostics();
    if (!has_errors(loaded.diagnostics)) {
        for (const auto& violation : schema().validate(sources.settings())) {
            auto found = sources.explain(violation);
            std::move(found.begin(), found.end(), std::back_inserter(loaded.diagnostics));
        }
    }
    if (!has_errors(loaded.diagnostics)) {
        auto config = with_defaults(sources.settings(), request);
        config.database_password = sources.database_password();
        const auto drain =
            duration_at(sources.settings(), "/drain_timeout", config.drain_timeout);
        if (drain) {
            config.drain_timeout = *drain;
        } else {
            loaded.diagnostics.push_back(sources.explain("/drain_timeout", drain.error()));
        }
        const bool given = sources.settings().contains(Json::json_pointer("/control/socket"));
        check_socket(config.control_socket, given ? "/control/socket" : "/runtime_dir", sources,
                     loaded.diagnostics);
        check_socket(feed_socket(config), "/runtime_dir", sources, loaded.diagnostics);
        check_socket(config.runner_socket, "/runner/socket", sources, loaded.diagnostics);
        if (!has_errors(loaded.diagnostics)) loaded.config = std::move(config);
    }
    sort_diagnostics(loaded.diagnostics);
    loaded.text = render_text(loaded.diagnostics,
                              [&](std::string_view file) { return sources.text_of(file); }, {});
    return loaded;
}

std::string describe(const DaemonConfig& config) {
    const auto line = [](const std::string& key, const Json& value) {
        return key + ": " + compact(value) + "\n";
    };
    return line("node", config.node) + line("state_dir", config.state_dir) +
           line("runtime_dir", config.runtime_dir) + "source:\n" +
           line("  path", config.source_path) +
           line("  poll_seconds",
                std::chrono::duration_cast<std::chrono::seconds>(config.poll).count()) +
           "database:\n" + line("  url", without_password(config.database_url)) +
           line("  binaries", config.database_binaries) + "executors:\n" +
           line("  recorders", config.recorders) + line("  slots", config.slots) + "timers:\n" +
           line("  workers", config.timer_workers) + line("  trust_clock", config.trust_clock) +
           "journal:\n" + line("  directory", config.journal_directory) + "runner:\n" +
           line("  socket", config.runner_socket) + "control:\n" +
           line("  socket", config.control_socket) + line("  group", config.control_group) +
           line("  dbus", config.dbus) + "log:\n" + line("  level", config.log_level) +
           line("drain_timeout", format_duration(config.drain_timeout));
}

}  // namespace attune
