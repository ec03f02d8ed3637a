#include "daemon/runner/running_process.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include "daemon/runner/environment.h"
#include "os/command_path.h"
#include "os/pipe.h"
#include "os/process_info.h"
#include "os/system_error.h"

namespace attune {
namespace {

// Of one stream in one step, so that a process that never stops writing keeps nobody waiting.
constexpr int kReadsPerStep = 16;
constexpr std::size_t kReadBytes = 64 * 1024;

// The user that a unit runs as has no home.
constexpr const char* kNoHome = "/";

void wrap(const UnitWrapper& unit, ExecutionId execution, std::vector<std::string>& argv) {
    std::vector<std::string> wrapped = {unit.program, "--directory", unit.directory,
                                        "--instance", std::to_string(execution.value)};
    if (!unit.bus_address.empty()) {
        wrapped.insert(wrapped.end(), {"--bus", unit.bus_address});
    }
    wrapped.emplace_back("--");
    argv.insert(argv.begin(), wrapped.begin(), wrapped.end());
}

SpawnOptions options_for(const ProcessClaim& claim, const std::string& home,
                         const UnitWrapper* unit) {
    if (claim.command.empty()) throw CannotStart("the action has no command");
    const auto path = resolve_command(claim.command.front(), claim.pack_directory);
    if (!path) throw CannotStart(claim.command.front() + " " + path.error());
    auto environment = make_environment(claim, unit != nullptr ? kNoHome : home);
    if (!environment) throw CannotStart(environment.error());

    SpawnOptions options;
    options.argv = claim.command;
    options.argv.front() = *path;
    for (const auto& argument : options.argv) {
        if (argument.find('\0') != std::string::npos) {
            throw CannotStart("an argument contains a NUL byte");
        }
    }
    if (unit != nullptr) wrap(*unit, claim.key.id, options.argv);
    options.env = *std::move(environment);
    options.directory = claim.pack_directory.empty() ? "/" : claim.pack_directory;
    options.own_group = true;
    options.gated = true;
    options.death_signal = SIGKILL;
    return options;
}

}  // namespace

RunningProcess::RunningProcess(const ProcessClaim& claim, RunnerTimes times,
                               const std::string& home, const UnitWrapper* unit)
    : times_(times),
      command_(claim.command.empty() ? "" : claim.command.front()),
      format_(claim.output),
      timeout_(claim.timeout),
      unwritten_(claim.params + "\n") {
    SpawnOptions options = options_for(claim, home, unit);
    try {
        Pipe input = make_pipe();
        Pipe output = make_pipe();
        Pipe errors = make_pipe();
        options.stdin_fd = input.read.get();
        options.stdout_fd = output.write.get();
        options.stderr_fd = errors.write.get();
        child_.emplace(spawn(options));
        input_ = std::move(input.write);
        output_ = std::move(output.read);
        errors_ = std::move(errors.read);
        for (const auto* fd : {&input_, &output_, &errors_}) set_nonblocking(fd->get());
    } catch (const SystemError& error) {
        throw CannotStart(error.what());
    }
    if (const auto stat = read_process_stat(child_->pid())) start_ticks_ = stat->start_ticks;
}

void RunningProcess::open_gate(Duration elapsed) {
    if (opened_at_) return;
    opened_at_ = elapsed;
    child_->open_gate();
}

void RunningProcess::stop(ProcessStop why, Duration elapsed) {
    if (stop_ != ProcessStop::kNone || ended_at_) return;
    stop_ = why;
    kill_at_ = elapsed + times_.term_grace;
    child_->signal_group(SIGTERM);
}

void RunningProcess::kill() { child_->signal_group(SIGKILL); }

void RunningProcess::watch(std::vector<pollfd>& descriptors) const {
    // One that has ended would be readable for ever.
    if (!ended_at_) descriptors.push_back({child_->pidfd(), POLLIN, 0});
    if (input_) descriptors.push_back({input_.get(), POLLOUT, 0});
    if (output_) descriptors.push_back({output_.get(), POLLIN, 0});
    if (errors_) descriptors.push_back({errors_.get(), POLLIN, 0});
}

void RunningProcess::feed() {
    if (!input_) return;
    const auto sent = write_some(input_.get(), std::string_view(unwritten_).substr(written_));
    if (sent > 0) written_ += static_cast<std::size_t>(sent);
    // A program need not read its parameters: a reader that has gone is no failure.
    if (sent < 0 || written_ == unwritten_.size()) {
        input_.reset();
        unwritten_ = {};
    }
}

void RunningProcess::drain(UniqueFd& stream, OutputCapture& capture) {
    std::array<char, kReadBytes> chunk;
    for (int count = 0; stream && count < kReadsPerStep; ++count) {
        const ssize_t got = ::read(stream.get(), chunk.data(), chunk.size());
        if (got > 0) {
            capture.add({chunk.data(), static_cast<std::size_t>(got)});
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            stream.reset();
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

// Asked before reading: whatever it has written by then is there to be read.
void RunningProcess::notice_end(Duration elapsed) {
    if (!ended_at_ && child_->has_ended()) ended_at_ = elapsed;
}

bool RunningProcess::step(Duration elapsed) {
    notice_end(elapsed);
    feed();
    drain(output_, output_capture_);
    drain(errors_, errors_capture_);
    if (!ended_at_) {
        if (opened_at_ && elapsed >= *opened_at_ + timeout_)
            stop(ProcessStop::kTimeout, elapsed);
        if (kill_at_ && elapsed >= *kill_at_) {
            child_->signal_group(SIGKILL);
            killed_ = true;
            // Once more should it take long to die: it may have forked meanwhile.
            kill_at_ = elapsed + times_.linger;
        }
        return false;
    }
    if (!output_ && !errors_) return true;
    if (elapsed < *due()) return false;
    // Somebody it has started holds its output. Those in its group die now, and what they have
    // written is in the pipe; for one that has left the group nobody waits.
    left_behind_ = true;
    child_->signal_group(SIGKILL);
    drain(output_, output_capture_);
    drain(errors_, errors_capture_);
    return true;
}

std::optional<Duration> RunningProcess::due() const {
    if (ended_at_) {
        // When it was told to end, the others of its group have the rest of the grace.
        return kill_at_ && !killed_ ? *kill_at_ : *ended_at_ + times_.linger;
    }
    if (kill_at_) return kill_at_;
    if (opened_at_) return *opened_at_ + timeout_;
    return std::nullopt;
}

Outcome RunningProcess::finish(TimePoint now) {
    assert(ended_at_);
    child_->signal_group(SIGKILL);
    ProcessEnd end;
    end.command = command_;
    end.status = child_->wait();
    end.stop = stop_;
    end.timeout = timeout_;
    end.ran_for = opened_at_ ? *ended_at_ - *opened_at_ : Duration::zero();
    end.left_behind = left_behind_;
    end.format = format_;
    return make_outcome(end, output_capture_, errors_capture_, now);
}

}  // namespace attune
