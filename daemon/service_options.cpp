#include "daemon/service_options.h"

#include "os/account.h"

namespace attune {

ServiceOptions service_options(const DaemonConfig& config, const std::string& version) {
    ServiceOptions options;
    options.version = version;
    options.node = config.node;
    options.source_path = config.source_path;
    options.runtime_dir = config.runtime_dir;
    options.journal_directory = config.journal_directory;
    options.runner_socket = config.runner_socket;
    options.control_socket = config.control_socket;
    options.feed_socket = feed_socket(config);
    options.control_group = find_group(config.control_group);
    options.dbus = config.dbus;
    options.recorders = config.recorders;
    options.timer_workers = config.timer_workers;
    options.trust_clock = config.trust_clock;
    options.slots = config.slots;
    options.drain_timeout = config.drain_timeout;
    options.poll = config.poll;
    return options;
}

}  // namespace attune
