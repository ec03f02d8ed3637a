// The thread around a TimerWorker: loads its timers, pushes its decisions to the executors,
// hands it their confirmations, and wakes to the microsecond or when somebody sets the clock.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/zone_source.h"
#include "daemon/drain.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sensor/timer_worker.h"
#include "os/loop.h"
#include "store/timer_store.h"

namespace attune {

class TimerLoop final : public Loop {
public:
    TimerLoop(TimerShard shard, const Database& database, Bus& bus, int executors,
              const ZoneSource& zones, const Drain& drain, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

private:
    void take_in();
    void load(Moment moment);
    void arm(const TimerRow& row, bool announce);
    void reload(std::vector<SensorId> sensors);
    void push(const std::vector<Decision>& decisions, TimePoint now);

    const TimerShard shard_;
    TimerStore store_;
    const ZoneSource& zones_;
    const Drain& drain_;
    Log& log_;

    Inbox inbox_;
    Outbox executors_;
    Waiter waiter_;
    TimerWorker worker_;

    bool loaded_ = false;
    Generation known_;              // timers are as of this generation
    Generation announced_;          // the newest one heard of
    std::set<SensorId> to_reload_;  // a load of them failed: still to be done
    std::optional<TimePoint> wake_at_;
};

}  // namespace attune
