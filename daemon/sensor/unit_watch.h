// The units of systemd over the system's bus: which there are, how one is, and which have
// changed. A change is a hint: what it was is read from the unit.
//
// Throws BusError; after kBusDisconnected it is of no more use.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/unit_state.h"
#include "wire/system_bus.h"

namespace attune {

class UnitWatch {
public:
    // `address` as SystemBus takes it. Hears of changes from now on.
    explicit UnitWatch(const std::string& address);

    // The units that systemd has loaded and that fit one of `patterns`, with their states and
    // no more.
    std::map<std::string, UnitState> list(const std::vector<std::string>& patterns);

    // One that is not loaded, or goes while it is read, is inactive.
    UnitState read(const std::string& unit);

    // Which have changed since this was asked last. Takes in what has come.
    std::set<std::string> take_changed();

    // To wait with, as SystemBus has them.
    int fd() const { return bus_.fd(); }
    short events() const { return bus_.events(); }
    std::optional<Duration> deadline() const { return bus_.deadline(); }

private:
    void heard(const BusSignal& signal);

    SystemBus bus_;
    std::set<std::string> changed_;
    std::vector<SystemBus::Slot> slots_;
};

}  // namespace attune
