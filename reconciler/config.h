// The daemon's configuration: /etc/attune/attuned.yaml, then attuned.yaml.d/*.yaml by name,
// then systemd's credentials, then ATTUNE__SECTION__KEY of the environment, then flags; later
// ones win key by key. Judged by schemas/daemon.schema.json, with the same diagnostics as
// manifests. docs/configuration.md has the table of keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.h"
#include "core/json.h"
#include "core/time.h"

namespace attune {

struct ConfigRequest {
    std::string file;                      // empty: default_file, if it is there
    std::vector<std::string> overrides;    // "log.level=debug", the last of a key wins
    std::vector<std::string> environment;  // "NAME=value", the process's
    std::string default_file = "/etc/attune/attuned.yaml";  // read when there, and no `file`
};

struct DaemonConfig {
    std::string node;
    std::string state_dir;  // absolute, as all directories here
    std::string runtime_dir;
    std::string source_path;
    Duration poll{0};
    std::string database_url;       // empty: embedded
    std::string database_password;  // of a credential, for a url without one; else empty
    std::string database_binaries;
    int recorders = 2;
    int slots = 4;
    int timer_workers = 1;
    bool trust_clock = false;
    std::string journal_directory;  // empty: the host's journal
    std::string runner_socket;      // empty: the runner is in the daemon
    std::string control_socket;
    std::string control_group;
    bool dbus = true;
    std::string log_level;
    Duration drain_timeout{0};
};

struct LoadedConfig {
    std::optional<DaemonConfig> config;  // nullopt: refused, see diagnostics
    Diagnostics diagnostics;
    std::string text;  // the diagnostics as people read them; empty when there are none
};

LoadedConfig load_config(const ConfigRequest& request);

// The settings in force, as YAML, without passwords.
std::string describe(const DaemonConfig& config);

// Where the feed is published: feed.sock in the runtime directory.
std::string feed_socket(const DaemonConfig& config);

}  // namespace attune
