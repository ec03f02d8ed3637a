// The real programs, as a user starts them: a daemon of the test's own in directories of its
// own, and the command that talks to it. For tests/system only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/time.h"
#include "os/spawn.h"
#include "os/system_clock.h"
#include "tests/support/temp_directory.h"

namespace attune {

struct Ran {
    int code = -1;
    std::string output;  // stdout and stderr
};

class RunningDaemon {
public:
    struct Options {
        std::filesystem::path source;       // of manifests
        std::string database_url;           // empty: the embedded database
        std::vector<std::string> settings;  // key=value, as --set takes them
        // Not the machine's own, on which a test has no business.
        std::string message_bus = "unix:path=/nowhere/bus.sock";
    };

    explicit RunningDaemon(Options options);
    // Stops it like an administrator would.
    ~RunningDaemon();

    // Starts it and waits until it answers. Throws std::runtime_error with its log when it
    // does not.
    void start();
    // SIGKILL to the daemon alone.
    void kill();
    // SIGTERM and the exit code.
    int stop();
    void hang_up();

    bool runs() { return daemon_ && !daemon_->has_ended(); }
    pid_t pid() const { return daemon_->pid(); }

    // attune ARGUMENTS, talking to this daemon.
    Ran attune(const std::vector<std::string>& arguments) const;
    // The same with -o json, parsed. Throws when it fails.
    Json attune_json(std::vector<std::string> arguments) const;

    std::string log() const;
    const std::filesystem::path& state() const { return state_; }
    const std::filesystem::path& runtime() const { return runtime_; }

private:
    Options options_;
    TempDirectory directory_;
    std::filesystem::path state_;
    std::filesystem::path runtime_;
    std::optional<Child> daemon_;
};

// attune-runner in directories of its own, for a daemon with the setting it names.
class RunningRunner {
public:
    // Starts it and waits until it listens.
    RunningRunner();
    ~RunningRunner();

    void start();
    // SIGKILL to the runner alone.
    void kill();

    std::string setting() const { return "runner.socket=" + socket(); }
    std::string log() const;

private:
    std::string socket() const { return directory_ / "runner.sock"; }

    TempDirectory directory_;
    std::optional<Child> runner_;
};

// Lets real time pass, for tests about real time.
void pass(Duration duration);

// Looks every 20 ms until `done` says true, at most `patience`. Whether it did.
template <class Done>
bool eventually(Done done, Duration patience = std::chrono::seconds(20)) {
    const SystemClock clock;
    const auto until = clock.elapsed() + patience;
    while (!done()) {
        if (clock.elapsed() >= until) return false;
        pass(std::chrono::milliseconds(20));
    }
    return true;
}

}  // namespace attune
