#include "tests/system/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "os/unique_fd.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> environment(const fs::path& runtime) {
    std::vector<std::string> env = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                                    "HOME=/tmp",
                                    "ATTUNE_SOCKET=" + runtime.string() + "/control.sock"};
    for (const char* name : {"TSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
        if (const char* value = ::getenv(name)) env.push_back(std::string(name) + "=" + value);
    }
    return env;
}

UniqueFd open_log(const fs::path& directory) {
    return UniqueFd(
        ::open((directory / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

RunningDaemon::RunningDaemon(Options options)
    : options_(std::move(options)),
      state_(directory_.path() / "state"),
      runtime_(directory_.path() / "run") {
    // The embedded database's unprivileged account passes through here.
    ::chmod(directory_.path().c_str(), 0755);
    fs::create_directory(state_);
    fs::create_directory(runtime_);
    ::chmod(state_.c_str(), 0755);
}

RunningDaemon::~RunningDaemon() {
    if (runs()) stop();
}

void RunningDaemon::start() {
    SpawnOptions spawned;
    spawned.argv = {ATTUNE_ATTUNED_PATH,
                    "--source",
                    options_.source.string(),
                    "--set",
                    "state_dir=" + state_.string(),
                    "--set",
                    "runtime_dir=" + runtime_.string()};
    if (!options_.database_url.empty()) {
        spawned.argv.insert(spawned.argv.end(),
                            {"--set", "database.url=" + options_.database_url});
    }
    for (const auto& setting : options_.settings) {
        spawned.argv.insert(spawned.argv.end(), {"--set", setting});
    }
    spawned.env = environment(runtime_);
    spawned.env.push_back("DBUS_SYSTEM_BUS_ADDRESS=" + options_.message_bus);
    const auto log = open_log(directory_.path());
    spawned.stdout_fd = log.get();
    spawned.stderr_fd = log.get();
    spawned.own_group = true;
    daemon_.emplace(spawn(spawned));
    const bool ready = eventually([&] { return !runs() || attune({"status"}).code == 0; },
                                  std::chrono::seconds(60));
    if (!ready || !runs()) throw std::runtime_error("attuned did not start:\n" + this->log());
}

void RunningDaemon::kill() {
    daemon_->signal(SIGKILL);
    daemon_->wait();
    daemon_.reset();
}

int RunningDaemon::stop() {
    daemon_->signal(SIGTERM);
    const auto status = daemon_->wait_for(std::chrono::seconds(60));
    if (!status) throw std::runtime_error("attuned did not stop:\n" + log());
    daemon_.reset();
    return status->signal != 0 ? 128 + status->signal : status->code;
}

void RunningDaemon::hang_up() { daemon_->signal(SIGHUP); }

Ran RunningDaemon::attune(const std::vector<std::string>& arguments) const {
    SpawnOptions spawned;
    spawned.argv = {ATTUNE_ATTUNE_PATH};
    spawned.argv.insert(spawned.argv.end(), arguments.begin(), arguments.end());
    spawned.env = environment(runtime_);
    Ran ran;
    const auto status = run_to_end(spawned, &ran.output, std::chrono::seconds(120));
    ran.code = status.signal != 0 ? 128 + status.signal : status.code;
    return ran;
}

Json RunningDaemon::attune_json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"-o", "json"});
    const auto ran = attune(arguments);
    auto parsed = Json::parse(ran.output, nullptr, false);
    if (ran.code != 0 || parsed.is_discarded()) {
        throw std::runtime_error("attune " + arguments.front() + ": " + ran.output);
    }
    return parsed;
}

std::string RunningDaemon::log() const { return text_of(directory_.path() / "log"); }

RunningRunner::RunningRunner() { start(); }

RunningRunner::~RunningRunner() {
    if (!runner_) return;
    runner_->signal(SIGTERM);
    runner_->wait_for(std::chrono::seconds(20));
}

void RunningRunner::start() {
    SpawnOptions spawned;
    spawned.argv = {ATTUNE_RUNNER_PATH, "--socket", socket(), "--state-dir",
                    directory_ / "state"};
    spawned.env = environment(directory_.path());
    const auto log = open_log(directory_.path());
    spawned.stdout_fd = log.get();
    spawned.stderr_fd = log.get();
    spawned.own_group = true;
    runner_.emplace(spawn(spawned));
    const auto listens = [&] { return runner_->has_ended() || fs::exists(socket()); };
    if (!eventually(listens) || runner_->has_ended()) {
        throw std::runtime_error("attune-runner did not start:\n" + this->log());
    }
}

void RunningRunner::kill() {
    runner_->signal(SIGKILL);
    runner_->wait();
    runner_.reset();
}

std::string RunningRunner::log() const { return text_of(directory_.path() / "log"); }

void pass(Duration duration) {
    const timespec time{std::chrono::duration_cast<std::chrono::seconds>(duration).count(),
                        (duration % std::chrono::seconds(1)).count() * 1000};
    ::ppoll(nullptr, 0, &time, nullptr);
}

}  // namespace attune
