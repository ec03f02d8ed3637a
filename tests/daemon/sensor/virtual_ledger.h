// A ledger in memory that keeps the real one's promises about timers, so that a TimerWorker can
// live through years of virtual time: a cursor moves only from where the decision says it is,
// an instant is recorded once whatever happens, and what is skipped is remembered.
#pragma once

#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/sensor/timer_worker.h"

namespace attune {

class VirtualLedger {
public:
    struct History {
        Timer timer;
        std::vector<TimePoint> fired;  // in the order of recording, each once
        std::set<TimePoint> events;
        std::set<TimePoint> skipped;
        int refused = 0;   // fires of instants that were on record
        int misfires = 0;  // of fired
    };

    // A row, and the timer to be armed from it.
    const Timer& add(SensorId sensor, Schedule schedule, TimePoint cursor) {
        auto& history = histories_[sensor];
        history.timer = {{sensor, Generation{1}, cursor, 0}, std::move(schedule)};
        return history.timer;
    }

    Confirmation record(const Decision& decision) {
        auto& history = histories_.at(decision.sensor);
        auto& row = history.timer.row;
        const bool valid = row.spec_rev == decision.spec_rev && row.cursor == decision.from;
        if (valid) {
            row.cursor = decision.through;
            if (decision.skipped > 0) skip(history, decision);
            if (decision.fires) fire(history, decision);
        }
        return {decision.sensor, decision.spec_rev, decision.through, valid};
    }

    History& of(SensorId sensor) { return histories_.at(sensor); }
    std::map<SensorId, History>& all() { return histories_; }

    // Steps at `now` and records at once, until nothing is due. How many fired.
    std::size_t run(TimerWorker& worker, TimePoint now) {
        std::size_t fired = 0;
        for (;;) {
            const auto step = worker.step(now);
            regressed += step.regressed;
            for (const auto sensor : step.reload) worker.arm(of(sensor).timer);
            if (step.decisions.empty()) return fired;
            for (const auto& decision : step.decisions) {
                EXPECT_LE(decision.fires ? decision.due_at : decision.fired_at, now);
                fired += decision.fires ? 1 : 0;
                worker.confirm(record(decision));
            }
        }
    }

    // What fired and what was skipped since `armed`, together, are the schedule up to the
    // cursor, each instant once. Of a timer whose cursor was never rewound.
    static void expect_complete(const History& history, TimePoint armed) {
        std::set<TimePoint> decided = history.skipped;
        for (const auto instant : history.fired) {
            EXPECT_TRUE(decided.insert(instant).second) << format_rfc3339(instant);
        }
        std::set<TimePoint> expected;
        const auto& timer = history.timer;
        for (auto next = next_after(timer.schedule, armed); next && *next <= timer.row.cursor;
             next = next_after(timer.schedule, *next)) {
            expected.insert(*next);
        }
        EXPECT_EQ(decided, expected) << describe(timer.schedule);
    }

    std::size_t regressed = 0;

private:
    static void skip(History& history, const Decision& decision) {
        std::int64_t count = 0;
        const auto& schedule = history.timer.schedule;
        for (auto next = next_after(schedule, decision.from);
             next && *next <= decision.skip_through; next = next_after(schedule, *next)) {
            history.skipped.insert(*next);
            ++count;
        }
        EXPECT_EQ(count, decision.skipped);
    }

    static void fire(History& history, const Decision& decision) {
        ++history.timer.row.fires;
        if (!history.events.insert(decision.through).second) {
            ++history.refused;
            return;
        }
        history.fired.push_back(decision.through);
        history.misfires += decision.misfire ? 1 : 0;
    }

    std::map<SensorId, History> histories_;
};

}  // namespace attune
