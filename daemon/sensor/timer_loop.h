// The thread around a TimerWorker: loads its timers, pushes its decisions to the executors,
// hands it their confirmations, and wakes to the microsecond or when somebody sets the clock.
//
// Nothing is decided while the clock cannot be right: ever while it is before the day the
// program was built, and at the start also while it is more than five minutes before the
// newest fire on record. A clock that is set back later is the worker's affair.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/version.h"
#include "core/zone_source.h"
#include "daemon/drain.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sensor/schedule_forms.h"
#include "daemon/sensor/timer_worker.h"
#include "daemon/vitals.h"
#include "os/loop.h"
#include "store/timer_store.h"

namespace attune {

struct TimerLoopOptions {
    TimerShard shard;
    int executors = 2;
    TimePoint built_at = attune::built_at();
    bool trust_clock = false;  // not held against the newest fire on record
};

struct TimerShared {
    Bus& bus;
    const ZoneSource& zones;
    const Drain& drain;
    std::atomic<int>& waiting_for_clock;  // how many loops decide nothing for its sake
    Vitals& vitals;
    Log& log;
};

class TimerLoop final : public Loop {
public:
    TimerLoop(const TimerLoopOptions& options, const Database& database,
              const TimerShared& shared);
    ~TimerLoop() override;

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

    // When the timers themselves want to be stepped next, besides messages and a set clock.
    std::optional<TimePoint> wake_at() const { return wake_at_; }

private:
    void take_in();
    void look_at_ledger(TimePoint now);
    void load();
    void arm(const TimerRow& row, bool announce);
    void follow_zones();
    bool clock_is_plausible(TimePoint now);
    void wait_for_clock(bool wait);
    void reload(std::vector<SensorId> sensors);
    void push(const std::vector<Decision>& decisions, TimePoint now);

    const TimerLoopOptions options_;
    TimerStore store_;
    const ZoneSource& zones_;
    const Drain& drain_;
    std::atomic<int>& waiting_for_clock_;
    Vitals& vitals_;
    Log& log_;

    Inbox inbox_;
    Outbox executors_;
    Waiter waiter_;
    TimerWorker worker_;
    ScheduleForms forms_;

    bool loaded_ = false;
    Generation known_;                  // timers are as of this generation
    Generation announced_;              // the newest one heard of
    std::set<SensorId> to_reload_;      // a load of them failed: still to be done
    std::uint64_t zones_revision_ = 0;  // timers are on these rules
    bool looked_at_ledger_ = false;
    TimePoint latest_ = TimePoint::min();   // of the clock, since the ledger was looked at
    std::optional<TimePoint> newest_fire_;  // until the clock was plausible once
    bool waits_for_clock_ = false;
    TimePoint stepped_at_;
    std::optional<TimePoint> wake_at_;
};

}  // namespace attune
