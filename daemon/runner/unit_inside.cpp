#include "daemon/runner/unit_inside.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "core/limits.h"
#include "daemon/runner/unit_order.h"
#include "os/files.h"
#include "os/signals.h"
#include "os/spawn.h"
#include "os/system_error.h"

namespace attune {
namespace {

constexpr int kNoOrder = 125;
constexpr int kCannotExecute = 126;  // as shells have it

// Up to the newline. Orders are smaller than a message, and their JSON than six times that.
constexpr std::size_t kOrderBytes = 6 * limits::kMessageBytes;

std::string read_line(int fd) {
    std::string line;
    std::array<char, 64 * 1024> chunk;
    while (line.size() < kOrderBytes) {
        const auto got = ::read(fd, chunk.data(), chunk.size());
        if (got <= 0) break;
        line.append(chunk.data(), static_cast<std::size_t>(got));
        if (line.back() == '\n') break;
    }
    return line;
}

int as(const ExitStatus& status) {
    if (status.error != 0) {
        std::fprintf(stderr, "%s\n", describe(status).c_str());
        return kCannotExecute;
    }
    if (status.signal != 0) die_by(status.signal);
    return status.code;
}

// Signals are for the command, which systemd sends them, too.
int supervise(Child& child, int lifeline) {
    std::array<pollfd, 2> polled = {pollfd{child.pidfd(), POLLIN, 0}, pollfd{lifeline, 0, 0}};
    while (true) {
        ::poll(polled.data(), polled.size(), -1);
        if (polled[0].revents != 0) return as(child.wait());
        if (polled[1].revents != 0) {
            child.signal(SIGKILL);
            child.wait();
            return kNoOrder;
        }
    }
}

}  // namespace

int run_inside_unit(int lifeline) {
    const SignalFd held_back({SIGTERM, SIGINT, SIGHUP});
    const auto order = read_order(read_line(lifeline));
    if (!order) {
        std::fprintf(stderr, "attune-unit: %s\n", order.error().message.c_str());
        return kNoOrder;
    }
    try {
        const auto input = memory_file(order->input);
        SpawnOptions options;
        options.argv = order->argv;
        options.env = order->env;
        options.directory = order->directory;
        options.stdin_fd = input.get();
        options.stdout_fd = STDOUT_FILENO;
        options.stderr_fd = STDERR_FILENO;
        options.death_signal = SIGKILL;
        auto child = spawn(options);
        return supervise(child, lifeline);
    } catch (const SystemError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return kCannotExecute;
    }
}

}  // namespace attune
