// What timers cost: next() by expression, arming, firing and re-arming a million, memory.
// Figures mean something in the release preset only.
#include <unistd.h>

#include <fstream>
#include <memory>

#include <benchmark/benchmark.h>

#include "cli/next_request.h"
#include "core/cron_search.h"
#include "daemon/sensor/timer_worker.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMillion = 1'000'000;

void next_of(benchmark::State& state, const char* expression, const char* in) {
    const auto cron = CronExpression::parse(expression).value();
    const auto where = zone(in);
    auto at = std::chrono::floor<Seconds>(attune::at("12:00:00"));
    const auto start = at;
    for (auto _ : state) {
        const auto next = next_occurrence(cron, *where, at);
        at = next ? *next : start;
        benchmark::DoNotOptimize(at);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(next_of, hourly_utc, "0 * * * *", "UTC");
BENCHMARK_CAPTURE(next_of, every_15_min_utc, "*/15 * * * *", "UTC");
BENCHMARK_CAPTURE(next_of, weekdays_utc, "0 9 * * MON-FRI", "UTC");
BENCHMARK_CAPTURE(next_of, friday_13th_utc, "0 0 13 * +FRI", "UTC");
BENCHMARK_CAPTURE(next_of, leap_monday_utc, "0 0 29 2 +MON", "UTC");
BENCHMARK_CAPTURE(next_of, weekdays_berlin, "0 9 * * MON-FRI", "Europe/Berlin");
BENCHMARK_CAPTURE(next_of, leap_monday_berlin, "0 0 29 2 +MON", "Europe/Berlin");

void prove_never(benchmark::State& state) {
    const auto cron = CronExpression::parse("0 0 L-30 2 *").value();
    for (auto _ : state) benchmark::DoNotOptimize(cron.fires_ever());
}
BENCHMARK(prove_never)->Unit(benchmark::kMicrosecond);

void answer_a_line(benchmark::State& state) {
    constexpr auto kLine = R"({"trigger":"core.crontimer","config":{"expression":"30 2 * * *",)"
                           R"("timezone":"Europe/Berlin"},"after":"2027-01-01T00:00:00Z",)"
                           R"("count":10})";
    for (auto _ : state) {
        benchmark::DoNotOptimize(answer_line(kLine, at("12:00:00"), system_zones()));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(answer_a_line)->Unit(benchmark::kMicrosecond);

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    file >> pages >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Periods from 10 s to a day, each timer with an anchor of its own.
Schedule schedule_of(std::int64_t i) {
    static const std::vector<std::chrono::seconds> kPeriods{10s,  30s,   60s,
                                                            300s, 3600s, 86'400s};
    return every(kPeriods[static_cast<std::size_t>(i) % kPeriods.size()], "",
                 at("12:00:00") - 1s * (i % 86'400));
}

std::unique_ptr<TimerWorker> armed_worker(const std::vector<Timer>& timers) {
    auto worker = std::make_unique<TimerWorker>(8192);
    worker->reserve(timers.size());
    for (const auto& timer : timers) worker->arm(timer);
    return worker;
}

const std::vector<Timer>& million_timers() {
    static const auto kTimers = [] {
        std::vector<Timer> timers;
        timers.reserve(kMillion);
        for (std::int64_t i = 0; i < kMillion; ++i) {
            timers.push_back(
                {{SensorId{i + 1}, Generation{1}, at("12:00:00"), 0}, schedule_of(i)});
        }
        return timers;
    }();
    return kTimers;
}

void arm_a_million(benchmark::State& state) {
    const auto& timers = million_timers();
    for (auto _ : state) {
        const auto before = resident_bytes();
        const auto worker = armed_worker(timers);
        state.counters["bytes_per_timer"] =
            static_cast<double>(resident_bytes() - before) / static_cast<double>(kMillion);
        benchmark::DoNotOptimize(worker->armed());
    }
    state.SetItemsProcessed(state.iterations() * kMillion);
}
BENCHMARK(arm_a_million)->Unit(benchmark::kMillisecond)->Iterations(1);

// Each iteration is one fire of one of a million: popped, decided, confirmed, armed again.
void fire_and_rearm_in_a_million(benchmark::State& state) {
    const auto worker = armed_worker(million_timers());
    auto now = at("12:00:00");
    std::vector<Decision> decisions;
    for (auto _ : state) {
        while (decisions.empty()) {
            auto step = worker->step(now);
            decisions = std::move(step.decisions);
            if (decisions.empty()) now = *step.wake_at;
        }
        const auto& decision = decisions.back();
        worker->confirm({decision.sensor, decision.spec_rev, decision.through, true});
        decisions.pop_back();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fire_and_rearm_in_a_million);

// A hundred thousand sensors with one expression, all due at once.
void herd_of_100k(benchmark::State& state) {
    constexpr std::int64_t kHerd = 100'000;
    const auto schedule = timer("core.crontimer", R"({"expression":"0 * * * *"})");
    for (auto _ : state) {
        state.PauseTiming();
        TimerWorker worker(8192);
        worker.reserve(kHerd);
        for (std::int64_t i = 1; i <= kHerd; ++i) {
            worker.arm({{SensorId{i}, Generation{1}, at("12:30:00"), 0}, schedule});
        }
        state.ResumeTiming();
        std::int64_t fired = 0;
        while (fired < kHerd) {
            const auto step = worker.step(at("13:00:00"));
            for (const auto& decision : step.decisions) {
                worker.confirm({decision.sensor, decision.spec_rev, decision.through, true});
            }
            fired += static_cast<std::int64_t>(step.decisions.size());
        }
    }
    state.SetItemsProcessed(state.iterations() * kHerd);
}
BENCHMARK(herd_of_100k)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace attune

BENCHMARK_MAIN();
