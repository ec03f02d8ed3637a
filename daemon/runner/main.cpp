// attune-runner: runs process actions for attuned, as a user of its own, and outlives it.
#include <signal.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/version.h"
#include "daemon/activation.h"
#include "daemon/exit_codes.h"
#include "daemon/log.h"
#include "daemon/runner/command_line.h"
#include "daemon/runner/runner_host.h"
#include "daemon/service_manager.h"
#include "os/account.h"
#include "os/files.h"
#include "os/lock_file.h"
#include "os/loop.h"
#include "os/process_info.h"
#include "os/program.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "os/system_clock.h"

namespace attune {
namespace {

constexpr Duration kLongestWait = std::chrono::seconds(1);

RunnerHostOptions host_options(const RunnerArguments& arguments) {
    RunnerHostOptions options;
    options.boot_id = boot_id();
    if (!arguments.units.empty()) options.units = UnitWrapper{.directory = arguments.units};
    if (arguments.daemon.empty()) return options;
    const auto account = find_account(arguments.daemon);
    if (!account) {
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "there is no user " + arguments.daemon);
    }
    options.daemon = account->uid;
    return options;
}

UnixListener listen(const RunnerArguments& arguments, UniqueFd activated) {
    if (activated) return UnixListener::adopt(activated.release(), SOCK_SEQPACKET);
    if (arguments.socket.empty()) {
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "no socket is handed over, and --socket is not given");
    }
    return UnixListener::bind(arguments.socket, std::nullopt, SOCK_SEQPACKET);
}

// An upgrade replaces this program while its actions run, and is taken up between two of them:
// whoever supervises it (Restart=always of the unit) starts the new one.
bool may_make_room(const RunnerHost& host) {
    return host.living() == 0 && program_is_replaced();
}

int serve(RunnerHost& host, SignalFd& signals, const SystemClock& clock, Log& log) {
    ServiceManager manager;
    Waiter waiter;
    std::vector<pollfd> polled;
    while (true) {
        const Moment moment{clock.now(), clock.elapsed()};
        const auto left_alone = host.step(moment).value_or(kLongestWait);
        manager.step({.phase = ServiceManager::Phase::kReady,
                      .status = fmt::format("{} actions run, attuned is {}", host.living(),
                                            host.connected() ? "here" : "away")},
                     moment.elapsed);
        if (may_make_room(host)) {
            log.info("this program was replaced and nothing runs: making room for the new one");
            return exit_code::kOk;
        }
        const auto fds = host.descriptors();
        polled.assign(1, {signals.fd(), POLLIN, 0});
        polled.insert(polled.end(), fds.begin(), fds.end());
        waiter.wait(moment.now + std::min(left_alone, kLongestWait), polled);
        std::copy(polled.begin() + 1, polled.end(), fds.begin());
        if (signals.next()) {
            log.info("stopping: {} actions are ended and run again", host.living());
            manager.step({.phase = ServiceManager::Phase::kStopping, .status = "stopping"},
                         clock.elapsed());
            return exit_code::kOk;
        }
    }
}

int run(const RunnerArguments& arguments, Log& log) {
    const SystemClock clock;
    SignalFd signals({SIGTERM, SIGINT});
    ignore_broken_pipes();
    adopt_orphans();
    auto activated = activated_runner_socket();
    make_directories(arguments.state_dir, 0700);
    const auto lock_path = arguments.state_dir + "/attune-runner.lock";
    const auto lock = LockFile::take(lock_path);
    if (!lock) {
        log.error("another attune-runner (pid {}) uses {}",
                  LockFile::holder(lock_path).value_or(0), arguments.state_dir);
        return exit_code::kConfig;
    }
    RunnerHost host(host_options(arguments), listen(arguments, std::move(activated)),
                    Spool(arguments.state_dir + "/spool"), log);
    log.info("attune-runner {} is ready", version());
    return serve(host, signals, clock, log);
}

int start(const RunnerArguments& arguments) {
    const auto log = make_log(arguments.log_level);
    try {
        return run(arguments, *log);
    } catch (const std::system_error& error) {
        log->error("{}", error.what());
        const bool denied = error.code() == std::errc::permission_denied ||
                            error.code() == std::errc::operation_not_permitted;
        return denied ? exit_code::kPermission : exit_code::kConfig;
    } catch (const SocketTaken& error) {
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
    const auto arguments = attune::parse_runner_arguments(argc, argv, code);
    return arguments ? attune::start(*arguments) : code;
}
