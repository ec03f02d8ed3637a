// attuned: reads its configuration, finds its database, runs the service until it is told to
// stop.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "core/version.h"
#include "daemon/activation.h"
#include "daemon/command_line.h"
#include "daemon/database_home.h"
#include "daemon/exit_codes.h"
#include "daemon/log.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "daemon/serve.h"
#include "daemon/service.h"
#include "daemon/service_options.h"
#include "daemon/watch.h"
#include "daemon/zone_watch.h"
#include "os/lock_file.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "reconciler/config.h"
#include "store/errors.h"
#include "store/migrate.h"

namespace attune {
namespace {

// Sets up what the service lives on, from the lock to the database's schema.
int run(const DaemonConfig& config, Log& log) {
    const SystemClock clock;
    Watch watch(clock);
    ignore_broken_pipes();
    adopt_orphans();
    const auto control = activated_control_socket();
    std::filesystem::create_directories(config.state_dir);
    std::filesystem::create_directories(config.runtime_dir);
    const auto lock_path = config.state_dir + "/attuned.lock";
    const auto lock = LockFile::take(lock_path);
    if (!lock) {
        log.error("another attuned (pid {}) uses {}", LockFile::holder(lock_path).value_or(0),
                  config.state_dir);
        return exit_code::kConfig;
    }
    watch.busy("starting: the database", DatabaseHome::kLongestStart);
    Database configured;
    configured.url = config.database_url;
    configured.password = config.database_password;
    DatabaseHome home(std::move(configured), config.state_dir, config.database_binaries, log);
    DatabaseWait database(home, watch, log);
    const auto migrated = database.run([&] { return migrate(home.database()); });
    if (!migrated) return exit_code::kOk;
    if (migrated->from != migrated->through) {
        log.info("database schema {} -> {}{}", migrated->from, migrated->through,
                 migrated->adopted ? " (converted an older system's tables)" : "");
    }
    ZoneFiles zones;
    ZoneWatch zone_watch(zones, log);
    const auto service = database.run([&] {
        auto options = service_options(config, std::string(version()));
        options.embedded_database = home.embedded();
        options.control_listening_fd = control.get();
        options.hangs_after = watch.hangs_after();
        return std::make_unique<Service>(std::move(options), home.database(), clock, zones,
                                         log);
    });
    if (!service) return exit_code::kOk;
    {
        const LogFields about(message_id::kStarted, {{"ATTUNE_NODE", config.node}});
        log.info("attuned {} runs as node {} on {}", version(), config.node,
                 home.embedded() ? "its embedded database" : "the configured database");
    }
    serve(**service, home, zone_watch, watch, log);
    return (*service)->superseded() ? exit_code::kSuperseded : exit_code::kOk;
}

int start(const CommandLine& arguments) {
    LoadedConfig loaded;
    try {
        loaded = load_config(arguments.config);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "attuned: cannot read the configuration: %s\n", error.what());
        return exit_code::kConfig;
    }
    std::fputs(loaded.text.c_str(), stderr);
    if (!loaded.config) return exit_code::kConfig;
    if (arguments.check) {
        std::printf("%s\n", describe(*loaded.config).c_str());
        return exit_code::kOk;
    }
    const auto log = make_log(loaded.config->log_level);
    try {
        return run(*loaded.config, *log);
    } catch (const SchemaTooNew& error) {
        log->error("{}", error.what());
        return exit_code::kSchemaTooNew;
    } catch (const std::system_error& error) {
        log->error("{}", error.what());
        const bool denied = error.code() == std::errc::permission_denied ||
                            error.code() == std::errc::operation_not_permitted;
        return denied ? exit_code::kPermission : exit_code::kConfig;
    } catch (const StoreError& error) {
        log->error("{}", error.what());
        return exit_code::kConfig;
    } catch (const ClusterError& error) {
        log->error("{}", error.what());
        return exit_code::kConfig;
    } catch (const std::exception& error) {
        log->critical("this is a bug: {}", error.what());
        return exit_code::kBug;
    }
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
    int code = 0;
    const auto arguments = attune::parse_command_line(argc, argv, code);
    return arguments ? attune::start(*arguments) : code;
}
