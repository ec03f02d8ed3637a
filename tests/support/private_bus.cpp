#include "tests/support/private_bus.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "os/pipe.h"

namespace attune {
namespace {

constexpr const char* kOpenToAll = R"(
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
)";

}  // namespace

PrivateBus::PrivateBus(const std::string& policy) {
    // Other users walk through it to the socket.
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
    directory_.write("bus.conf", "<busconfig>\n  <listen>" + address() + "</listen>" +
                                     kOpenToAll + policy + "</busconfig>\n");
    start();
}

std::string PrivateBus::address() const { return "unix:path=" + directory_ / "bus.sock"; }

void PrivateBus::start() {
    auto announced = make_pipe();
    daemon_ = spawn({.argv = {"/usr/bin/dbus-daemon", "--nofork", "--nopidfile",
                              "--config-file=" + directory_ / "bus.conf", "--print-address=1"},
                     .env = {"PATH=/usr/bin:/bin"},
                     .stdout_fd = announced.write.get(),
                     .stderr_fd = STDERR_FILENO,
                     .death_signal = SIGKILL});
    announced.write.reset();
    // It prints the address once it listens; an end without a word means that it could not.
    char first = 0;
    if (::read(announced.read.get(), &first, 1) != 1) {
        throw std::runtime_error("dbus-daemon does not start");
    }
}

void PrivateBus::stop() { daemon_.reset(); }

}  // namespace attune
