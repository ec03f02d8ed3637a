// A message bus of a test's own: a real dbus-daemon at a socket nobody else knows.
#pragma once

#include <optional>
#include <string>

#include "os/spawn.h"
#include "tests/support/temp_directory.h"

namespace attune {

class PrivateBus {
public:
    // Returns when it takes connections, from any user. `policy`: further lines of its
    // configuration (dbus-daemon(1)), such as a <policy> or <limit>.
    explicit PrivateBus(const std::string& policy = {});

    // For SystemBus, or DBUS_SYSTEM_BUS_ADDRESS. Stays the same across stop() and start().
    std::string address() const;

    void stop();
    void start();

private:
    TempDirectory directory_;
    std::optional<Child> daemon_;
};

}  // namespace attune
