#include "daemon/runner/unit_run.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "os/files.h"
#include "os/pipe.h"
#include "os/system_error.h"

namespace attune {
namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

// For signals that were lost.
constexpr Duration kLook = std::chrono::seconds(1);
constexpr std::size_t kReadBytes = 64 * 1024;

// As waitid(2) numbers them.
constexpr int kExited = 1;

std::string unit_of(const std::string& instance) {
    return fmt::format("attune-action@{}.service", instance);
}

std::string remedy_for(std::string_view error) {
    if (error.ends_with(".AccessDenied") || error.ends_with("AuthorizationRequired")) {
        return "install polkitd, which reads attune's rule in /usr/share/polkit-1/rules.d";
    }
    if (error.ends_with(".NoSuchUnit") || error.ends_with(".LoadFailed")) {
        return "install attune's package, which has attune-action@.service";
    }
    return "it takes a host that systemd runs; else use `runner: process`";
}

[[noreturn]] void fail(const std::string& unit, const BusError& error) {
    throw UnitFailed(fmt::format("{} cannot be run: {}; {}", unit, error.message(),
                                 remedy_for(error.name())));
}

// Whoever connects to the bus may find nobody.
template <class Bus>
Bus connected(const std::string& unit, const std::string& address) {
    try {
        return Bus(address);
    } catch (const BusError& error) {
        fail(unit, error);
    }
}

bool is_down(const UnitState& state) {
    return state.active == "inactive" || state.active == "failed";
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) return;  // nobody reads it any more
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void pass_on(const UniqueFd& from, int to) {
    std::array<char, kReadBytes> chunk;
    while (true) {
        const auto got = ::read(from.get(), chunk.data(), chunk.size());
        if (got <= 0) return;
        write_all(to, {chunk.data(), static_cast<std::size_t>(got)});
    }
}

}  // namespace

UnitRun::UnitRun(UnitRunOptions options, const UnitOrder& order)
    : options_(std::move(options)),
      unit_(unit_of(options_.instance)),
      folder_(options_.directory + "/" + options_.instance),
      watch_(connected<UnitWatch>(unit_, options_.bus_address)),
      bus_(connected<SystemBus>(unit_, options_.bus_address)),
      unwritten_(line_of(order)) {
    try {
        // What a killed one has left; nobody else names its folder after this execution.
        std::filesystem::remove_all(folder_);
        make_directories(folder_, 0700);
        input_ = make_named_pipe(folder_ + "/stdin");
        output_ = make_named_pipe(folder_ + "/stdout");
        errors_ = make_named_pipe(folder_ + "/stderr");
    } catch (const std::system_error& error) {
        throw UnitFailed(fmt::format("{} cannot be run: {}", unit_, error.what()));
    }
    jobs_ = bus_.watch(fmt::format("type='signal',sender='{}',interface='{}',path='{}',"
                                   "member='JobRemoved'",
                                   kSystemd, kManager, kManagerPath),
                       [this](const BusSignal& signal) {
                           // (id, job, unit, result)
                           if (job_.empty() || signal.body.values.at(1) != job_) return;
                           job_.clear();
                           job_result_ = signal.body.values.at(3);
                       });
}

UnitRun::~UnitRun() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

UnitEnd UnitRun::run(SignalFd& signals) {
    try {
        end_leftover(signals);
        start();
        while (!has_ended()) {
            wait(signals);
            step(signals);
        }
        forward();
        return end_of();
    } catch (const BusError& error) {
        fail(unit_, error);
    }
}

BusBody UnitRun::call(const char* member, BusBody body) {
    return bus_.call({.destination = kSystemd,
                      .path = kManagerPath,
                      .interface = kManager,
                      .member = member,
                      .body = std::move(body),
                      .patience = std::chrono::seconds(25)});
}

void UnitRun::end_leftover(SignalFd& signals) {
    look();
    if (is_down(state_)) return;
    call("StopUnit", {"ss", {unit_, "replace"}});
    while (!is_down(state_)) {
        wait(signals);
        bus_.process();
    }
}

// The reference keeps what systemd knows of it until that is read. The unit waits for its order
// meanwhile; one that is gone already could not be started, which its job tells.
void UnitRun::start() {
    before_ = state_.invocation;
    job_ = call("StartUnit", {"ss", {unit_, "fail"}}).values.at(0);
    try {
        call("RefUnit", {"s", {unit_}});
    } catch (const BusError& error) {
        if (error.name() != kNoSuchUnit) throw;
    }
}

bool UnitRun::has_ended() {
    if (!job_.empty()) return false;
    if (!std::exchange(looked_after_job_, true)) look();
    if (job_result_ != "done") return true;
    return is_down(state_) && state_.invocation != before_;
}

void UnitRun::look() { state_ = watch_.read(unit_); }

void UnitRun::wait(SignalFd& signals) {
    std::array<pollfd, 6> polled = {
        pollfd{watch_.fd(), watch_.events(), 0},
        pollfd{bus_.fd(), bus_.events(), 0},
        pollfd{output_.get(), POLLIN, 0},
        pollfd{errors_.get(), POLLIN, 0},
        pollfd{written_ < unwritten_.size() ? input_.get() : -1, POLLOUT, 0},
        pollfd{signals.fd(), POLLIN, 0}};
    Duration patience = kLook;
    for (const auto& deadline : {watch_.deadline(), bus_.deadline()}) {
        if (deadline) patience = std::min(patience, *deadline);
    }
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(timeout));
    if (watch_.take_changed().contains(unit_) || ready == 0) look();
}

void UnitRun::step(SignalFd& signals) {
    feed();
    forward();
    bus_.process();
    if (!signals.next() || std::exchange(stopping_, true)) return;
    call("StopUnit", {"ss", {unit_, "replace"}});
}

void UnitRun::feed() {
    if (written_ == unwritten_.size()) return;
    const auto sent = write_some(input_.get(), std::string_view(unwritten_).substr(written_));
    if (sent > 0) written_ += static_cast<std::size_t>(sent);
}

void UnitRun::forward() {
    pass_on(output_, options_.output);
    pass_on(errors_, options_.errors);
}

UnitEnd UnitRun::end_of() const {
    if (state_.exit_code == 0 || state_.invocation == before_) {
        throw UnitFailed(fmt::format(
            "{} cannot be run: systemd says `{}`; `journalctl -u {}` tells more", unit_,
            state_.result.empty() || state_.result == "success" ? job_result_ : state_.result,
            unit_));
    }
    if (state_.exit_code == kExited) return {.code = state_.exit_status, .signal = 0};
    return {.code = 0, .signal = state_.exit_status};
}

}  // namespace attune
