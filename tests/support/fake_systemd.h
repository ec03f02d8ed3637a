// A systemd for tests, on a message bus of theirs: units with the states a test gives them. It
// answers as the real one does, on a thread of its own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/json.h"
#include "os/spawn.h"
#include "os/unique_fd.h"
#include "wire/system_bus.h"

namespace attune {

class FakeSystemd {
public:
    struct Unit {
        std::string active = "active";
        std::string sub = "running";
        std::string result = "success";
        int invocation = 1;  // becomes the last byte of 16; 0: none
        int restarts = 0;
        int exit_code = 0;
        int exit_status = 0;
        long since = 1'763'899'200'000'000;  // StateChangeTimestamp
    };

    // Returns when it has its name on the bus.
    explicit FakeSystemd(const std::string& address);
    ~FakeSystemd();
    FakeSystemd(const FakeSystemd&) = delete;
    FakeSystemd& operator=(const FakeSystemd&) = delete;

    // The unit is so from now on, and those who subscribed are told.
    void set(const std::string& name, const Unit& unit);
    // The same without a signal, as if it had been lost.
    void set_silently(const std::string& name, const Unit& unit);
    // It is not loaded any more.
    void drop(const std::string& name);

    // Instances of attune-action@.service can be started from now on: `program` is run inside
    // them, with the pipes of `directory`. Before that StartUnit is denied.
    void run_units(std::string program, std::string directory);

private:
    // A started instance.
    struct Started {
        Child main;
        Unit unit;
    };

    void run(SystemBus& bus);
    void answer(BusRequest request);
    void start_unit(BusRequest request);
    void stop_unit(BusRequest request);
    void reply_with_job(BusRequest request, const std::string& unit);
    void end_units();
    void emit(SystemBus& bus);
    void wake();
    Json properties(const Unit& unit) const;
    Json listed(const Json& patterns) const;

    std::mutex mutex_;  // of all down to count_
    std::map<std::string, Unit> units_;
    std::set<std::string> changed_;
    bool subscribed_ = false;
    std::string program_;
    std::string directory_;
    std::map<std::string, Started> started_;
    std::vector<Json> jobs_;  // JobRemoved to be told
    int count_ = 0;           // of jobs and invocations

    UniqueFd woken_;  // an eventfd
    std::unique_ptr<SystemBus> bus_;
    SystemBus::Slot slot_;
    std::jthread thread_;
};

}  // namespace attune
