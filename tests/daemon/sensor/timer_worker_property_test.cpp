// A worker under random lives: timers come, go and change, decisions are recorded late, twice,
// never or as void, the program dies. Whatever happens, each timer's story is its schedule's.
#include <map>

#include <gmock/gmock.h>

#include "daemon/sensor/timer_worker.h"
#include "tests/daemon/sensor/virtual_ledger.h"
#include "tests/support/random.h"
#include "tests/support/times.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

Schedule random_schedule(Random& random) {
    static const std::vector<std::string> kCron{"*/20 * * * * *", "0 * * * *", "*/7 * * * *",
                                                "5,10,40 15 12-14 * * *"};
    static const std::vector<std::string> kPolicies{"fire_once", "skip", "catch_up"};
    // Few different ones, so that many timers share each.
    const auto misfire = R"("misfire":{"policy":")" + random.pick(kPolicies) +
                         R"(","grace":30,"max_catch_up":3})";
    if (random.one_in(2)) {
        return timer("core.crontimer",
                     R"({"expression":")" + random.pick(kCron) + R"(",)" + misfire + "}");
    }
    return every(1s * random.pick(std::vector<std::int64_t>{7, 60, 90}), misfire,
                 at("12:00:00") - 1s * random.between(0, 3));
}

class WorkerProperty : public testing::Test {
protected:
    Random random;
};

TEST_F(WorkerProperty, WhateverHappensToMessagesTheStoryIsTheSchedules) {
    for (int life = 0; life < random_cases(40); ++life) {
        VirtualLedger ledger;
        auto worker =
            std::make_unique<TimerWorker>(static_cast<std::size_t>(random.between(1, 30)));
        auto now = at("12:00:00");
        for (std::int64_t id = 1; id <= 20; ++id) {
            worker->arm(ledger.add(SensorId{id}, random_schedule(random), now));
        }
        std::vector<Decision> under_way;
        for (int moment = 0; moment < 200; ++moment) {
            now += random.one_in(20) ? 1s * random.between(0, 4000)
                                     : 1ms * random.between(0, 8000);
            auto step = worker->step(now);
            for (const auto sensor : step.reload) worker->arm(ledger.of(sensor).timer);
            if (random.one_in(10) && !step.decisions.empty()) {
                worker->unsent(step.decisions, now);
            } else {
                under_way.insert(under_way.end(), step.decisions.begin(), step.decisions.end());
            }
            std::vector<Decision> later;
            for (const auto& decision : under_way) {
                ASSERT_LE(decision.due_at, now);
                if (random.one_in(3)) {
                    later.push_back(decision);
                    continue;
                }
                if (random.one_in(10)) continue;  // lost on the way there
                const auto confirmation = ledger.record(decision);
                if (!random.one_in(10)) worker->confirm(confirmation);  // else lost on the way
                if (random.one_in(10)) later.push_back(decision);       // and once more
            }
            under_way = std::move(later);
            if (random.one_in(50)) {  // kill -9
                worker = std::make_unique<TimerWorker>(30);
                for (auto& [sensor, history] : ledger.all()) worker->arm(history.timer);
            }
        }
        for (const auto& [sensor, history] : ledger.all()) {
            VirtualLedger::expect_complete(history, at("12:00:00"));
            ASSERT_EQ(history.refused, 0);
            ASSERT_TRUE(std::is_sorted(history.fired.begin(), history.fired.end()));
        }
        if (HasFailure()) return;
    }
}

TEST_F(WorkerProperty, TimersThatShareAScheduleDoNotKnowEachOther) {
    for (int life = 0; life < random_cases(40); ++life) {
        std::vector<Schedule> kinds;
        for (int n = 0; n < 3; ++n) kinds.push_back(random_schedule(random));
        TimerWorker together(1000);
        VirtualLedger shared;
        std::map<SensorId, std::unique_ptr<TimerWorker>> alone;
        VirtualLedger single;
        auto now = at("12:00:00");
        for (std::int64_t id = 1; id <= 12; ++id) {
            const SensorId sensor{id};
            const auto& schedule = random.pick(kinds);
            const auto cursor = now - 1s * random.between(0, 100);
            together.arm(shared.add(sensor, schedule, cursor));
            alone[sensor] = std::make_unique<TimerWorker>(1000);
            alone[sensor]->arm(single.add(sensor, schedule, cursor));
        }
        for (int moment = 0; moment < 50; ++moment) {
            now += 1ms * random.between(0, 60'000);
            if (random.one_in(10)) {
                const SensorId gone{random.between(1, 12)};
                together.disarm(gone);
                alone[gone]->disarm(gone);
            }
            shared.run(together, now);
            for (auto& [sensor, worker] : alone) single.run(*worker, now);
        }
        for (auto& [sensor, history] : shared.all()) {
            ASSERT_EQ(history.fired, single.of(sensor).fired);
            ASSERT_EQ(history.skipped, single.of(sensor).skipped);
        }
    }
}

TEST_F(WorkerProperty, NothingFiresFromBeforeAnEditAndOthersKeepTheirTimes) {
    for (int life = 0; life < random_cases(100); ++life) {
        VirtualLedger ledger;
        TimerWorker worker(1000);
        auto now = at("12:00:00");
        const SensorId edited{1};
        const SensorId other{2};
        worker.arm(ledger.add(edited, random_schedule(random), now));
        worker.arm(ledger.add(other, random_schedule(random), now));
        for (std::int64_t rev = 2; rev < 8; ++rev) {
            now += 1ms * random.between(0, 200'000);
            ledger.run(worker, now);
            now += 1ms * random.between(0, 200'000);
            auto& history = ledger.of(edited);
            auto schedule = random_schedule(random);
            const auto arming =
                arm(schedule, history.timer.row.cursor, history.timer.row.fires, now);
            history.timer = {{edited, Generation{rev}, arming.cursor, 0}, schedule};
            worker.arm(history.timer);
            const auto before = history.fired.size();
            ledger.run(worker, now);
            ASSERT_EQ(history.fired.size(), before);
            now += 1ms * random.between(0, 200'000);
            ledger.run(worker, now);
            for (auto n = before; n < history.fired.size(); ++n) {
                ASSERT_GT(history.fired[n], arming.cursor);
            }
        }
        VirtualLedger::expect_complete(ledger.of(other), at("12:00:00"));
    }
}

}  // namespace
}  // namespace attune
