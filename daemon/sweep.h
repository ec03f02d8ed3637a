// The slow hand that makes up for lost messages: once a second it looks for ready work and
// wakes the executors, and tells the timers which generation the catalog has. It also prolongs
// the node's lease, keeps partitions ahead, and forgets revisions that nothing refers to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/vitals.h"
#include "store/node_store.h"
#include "store/upkeep.h"

namespace attune {

struct SweepOptions {
    IncarnationId incarnation;
    Duration lease = std::chrono::seconds(20);
    int executors = 2;
    int timer_workers = 1;
};

class Sweep final : public Loop {
public:
    // `superseded` is called when this incarnation was declared dead: the daemon must stop.
    Sweep(SweepOptions options, const Database& database, Bus& bus,
          std::function<void()> superseded, Vitals& vitals, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override { return inbox_.wait(timeout); }

private:
    Duration pause();

    const SweepOptions options_;
    NodeStore nodes_;
    Upkeep upkeep_;
    Inbox inbox_;
    Outbox executors_;
    std::vector<std::unique_ptr<Outbox>> timers_;
    std::function<void()> superseded_;
    Vitals& vitals_;
    Log& log_;
    Duration renew_at_{0};  // elapsed, as the next
    Duration upkeep_at_{0};
};

}  // namespace attune
