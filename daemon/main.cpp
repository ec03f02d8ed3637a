// attuned: reads its configuration, finds its database, runs the service until it is told to
// stop.
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "daemon/config.h"
#include "daemon/database_home.h"
#include "daemon/exit_codes.h"
#include "daemon/log.h"
#include "daemon/service.h"
#include "daemon/zone_watch.h"
#include "os/lock_file.h"
#include "os/loop.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "store/errors.h"
#include "store/migrate.h"

namespace attune {
namespace {

constexpr const char* kUsage =
    "usage: attuned [--config FILE] [--source DIR] [--set KEY=VALUE]... [--check] [--version]\n"
    "\n"
    "  --config FILE      instead of /etc/attune/attuned.yaml (and attuned.yaml.d/*.yaml)\n"
    "  --source DIR       the tree of manifests; short for --set source.path=DIR\n"
    "  --set KEY=VALUE    one setting, dotted: --set log.level=debug\n"
    "  --check            check the configuration, print it, and exit\n"
    "  --version          print the version and exit\n"
    "\n"
    "SIGHUP: look at the source now. SIGTERM: drain and stop; a second one: stop at once.\n"
    "See docs/configuration.md.\n";

struct Arguments {
    ConfigRequest config;
    bool check = false;
};

// nullopt: the exit code is in `code`.
std::optional<Arguments> parse(int argc, char** argv, int& code) {
    static const option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                      {"source", required_argument, nullptr, 's'},
                                      {"set", required_argument, nullptr, 'S'},
                                      {"check", no_argument, nullptr, 'k'},
                                      {"version", no_argument, nullptr, 'v'},
                                      {"help", no_argument, nullptr, 'h'},
                                      {nullptr, 0, nullptr, 0}};
    Arguments arguments;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        arguments.config.environment.emplace_back(*entry);
    }
    for (int option; (option = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
        switch (option) {
            case 'c':
                arguments.config.file = optarg;
                break;
            case 's':
                arguments.config.overrides.push_back(std::string("source.path=") + optarg);
                break;
            case 'S':
                arguments.config.overrides.emplace_back(optarg);
                break;
            case 'k':
                arguments.check = true;
                break;
            case 'v':
                std::printf("attuned %s\n", ATTUNE_VERSION);
                code = exit_code::kOk;
                return std::nullopt;
            case 'h':
                std::fputs(kUsage, stdout);
                code = exit_code::kOk;
                return std::nullopt;
            default:
                std::fputs(kUsage, stderr);
                code = exit_code::kUsage;
                return std::nullopt;
        }
    }
    if (optind != argc) {
        std::fprintf(stderr, "attuned: %s is not an option\n%s", argv[optind], kUsage);
        code = exit_code::kUsage;
        return std::nullopt;
    }
    return arguments;
}

// What main() waits with: signals, and a look around every now and then.
class Watch {
public:
    enum class Said { kNothing, kReload, kStop };

    Watch(SignalFd& signals, const Clock& clock) : signals_(signals), clock_(clock) {}

    Said wait(Duration duration) {
        pollfd fd{signals_.fd(), POLLIN, 0};
        waiter_.wait(clock_.now() + duration, std::span(&fd, 1));
        Said said = Said::kNothing;
        while (const auto signal_number = signals_.next()) {
            if (*signal_number != SIGHUP) return Said::kStop;
            said = Said::kReload;
        }
        return said;
    }

private:
    SignalFd& signals_;
    const Clock& clock_;
    Waiter waiter_;
};

// Tries `attempt` until the database is there. nullopt: told to stop while waiting.
template <class Attempt>
auto with_database(DatabaseHome& home, Watch& watch, const Clock& clock, Log& log,
                   Attempt attempt) -> std::optional<decltype(attempt())> {
    Backoff backoff;
    while (true) {
        try {
            return attempt();
        } catch (const StoreRefused&) {
            throw;
        } catch (const SchemaTooNew&) {
            throw;
        } catch (const SchemaRefused&) {
            throw;
        } catch (const SecondNode&) {
            throw;
        } catch (const StoreError& error) {
            const auto pause = backoff.failed();
            log.warn("the database is away: {}; again in {}", error.what(),
                     format_duration(pause));
            if (watch.wait(pause) == Watch::Said::kStop) return std::nullopt;
            home.watch(clock.elapsed());
        }
    }
}

void serve(Service& service, DatabaseHome& home, ZoneWatch& zones, Watch& watch,
           const Clock& clock, Log& log) {
    while (!service.superseded()) {
        const auto said = watch.wait(std::chrono::seconds(1));
        if (said == Watch::Said::kStop) break;
        if (said == Watch::Said::kReload) service.reconcile();
        home.watch(clock.elapsed());
        if (zones.look(clock.elapsed())) service.zones_changed();
    }
    log.info("stopping: timers rest, running actions are waited for");
    service.begin_stop();
    bool hurry = false;
    while (!service.drained(hurry)) {
        hurry = watch.wait(std::chrono::milliseconds(20)) == Watch::Said::kStop;
    }
    service.stop();
    log.info("stopped");
}

int run(const DaemonConfig& config, Log& log) {
    const SystemClock clock;
    SignalFd signals({SIGTERM, SIGINT, SIGHUP});
    ignore_broken_pipes();
    adopt_orphans();
    std::filesystem::create_directories(config.state_dir);
    std::filesystem::create_directories(config.runtime_dir);
    const auto lock_path = config.state_dir + "/attuned.lock";
    const auto lock = LockFile::take(lock_path);
    if (!lock) {
        log.error("another attuned (pid {}) uses {}", LockFile::holder(lock_path).value_or(0),
                  config.state_dir);
        return exit_code::kConfig;
    }
    DatabaseHome home(config.database_url, config.state_dir, config.database_binaries, log);
    Watch watch(signals, clock);
    const auto migrated =
        with_database(home, watch, clock, log, [&] { return migrate(home.database()); });
    if (!migrated) return exit_code::kOk;
    if (migrated->from != migrated->through) {
        log.info("database schema {} -> {}{}", migrated->from, migrated->through,
                 migrated->adopted ? " (converted an older system's tables)" : "");
    }
    ZoneFiles zones;
    ZoneWatch zone_watch(zones, log);
    const auto service = with_database(home, watch, clock, log, [&] {
        auto options = service_options(config, ATTUNE_VERSION);
        options.embedded_database = home.embedded();
        return std::make_unique<Service>(std::move(options), home.database(), clock, zones,
                                         log);
    });
    if (!service) return exit_code::kOk;
    log.info("attuned {} runs as node {} on {}", ATTUNE_VERSION, config.node,
             home.embedded() ? "its embedded database" : "the configured database");
    serve(**service, home, zone_watch, watch, clock, log);
    return (*service)->superseded() ? exit_code::kSuperseded : exit_code::kOk;
}

int start(const Arguments& arguments) {
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
    const auto arguments = attune::parse(argc, argv, code);
    return arguments ? attune::start(*arguments) : code;
}
