// Laws of schedules and decisions, under random schedules and moments.
#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "core/timer.h"
#include "tests/support/cron_texts.h"
#include "tests/support/random.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr SensorId kSensor{7};
constexpr Generation kRev{3};

// What became of a timer between arming and the last decision.
struct History {
    std::vector<TimePoint> fired;
    std::set<TimePoint> skipped;
    TimePoint cursor;
    bool exhausted = false;
};

std::string random_options(Random& random) {
    static const std::vector<std::string> kPolicies{"fire_once", "skip", "catch_up"};
    std::string more = R"("misfire":{"policy":")" + random.pick(kPolicies) + R"(","grace":)" +
                       std::to_string(random.between(0, 90)) + R"(,"max_catch_up":)" +
                       std::to_string(random.between(1, 8)) + R"(,"window":)" +
                       std::to_string(random.between(10, 4000)) + "}";
    if (random.one_in(2)) more += R"(,"jitter":)" + std::to_string(random.between(0, 200));
    if (random.one_in(4)) more += R"(,"max_fires":)" + std::to_string(random.between(1, 30));
    if (random.one_in(4)) {
        const auto begin = at("12:00:00") + 1s * random.between(0, 3600);
        more += R"(,"start_at":")" + format_rfc3339(begin) + R"(","end_at":")" +
                format_rfc3339(begin + 1s * random.between(1, 7200)) + "\"";
    }
    return more;
}

Schedule random_schedule(Random& random) {
    if (random.one_in(2)) return every(1s * random.between(1, 400), random_options(random));
    static const std::vector<std::string> kExpressions{
        "*/20 * * * * *", "0 * * * *", "*/7 * * * *", "5,10,40 15 12-14 * * *", "* * 13 * * *"};
    return timer("core.crontimer", R"({"expression":")" + random.pick(kExpressions) + R"(",)" +
                                       random_options(random) + "}");
}

class TimerProperty : public testing::Test {
protected:
    // Lives through `moments` random moments, each later than the one before; the program is
    // away between them.
    History live(const Schedule& schedule, TimePoint armed, int moments) {
        History history;
        history.cursor = armed;
        TimerCursor row{kSensor, kRev, armed, 0};
        auto now = armed;
        for (int i = 0; i < moments; ++i) {
            now += random.one_in(5) ? 1us * random.between(0, 3'000'000'000)
                                    : 1us * random.between(0, 20'000'000);
            while (const auto decision = decide(schedule, row, now)) {
                take(schedule, *decision, now, history);
                row.cursor = decision->through;
                row.fires += decision->fires ? 1 : 0;
            }
        }
        history.cursor = row.cursor;
        return history;
    }

    void take(const Schedule& schedule, const Decision& decision, TimePoint now,
              History& history) {
        EXPECT_FALSE(history.exhausted);
        EXPECT_EQ(decision.from < decision.through, true);
        EXPECT_LE(due_at(schedule, decision.through), now);  // never early
        EXPECT_EQ(decision.fired_at, now);
        const auto late = now > decision.due_at + schedule.misfire.grace;
        if (decision.fires) {
            EXPECT_EQ(decision.misfire, late);
            history.fired.push_back(decision.through);
        }
        std::int64_t count = 0;
        for (auto next = next_after(schedule, decision.from);
             decision.skipped > 0 && next && *next <= decision.skip_through;
             next = next_after(schedule, *next)) {
            EXPECT_TRUE(history.skipped.insert(*next).second);
            ++count;
        }
        EXPECT_EQ(count, decision.skipped);
        history.exhausted = decision.exhausted;
        const auto next = next_after(schedule, decision.through);
        EXPECT_TRUE(decision.exhausted || decision.next_at == next);
    }

    Random random;
};

TEST_F(TimerProperty, FiredAndSkippedAreTheScheduleUpToTheCursor) {
    for (int i = 0; i < random_cases(1000); ++i) {
        const auto schedule = random_schedule(random);
        const auto armed = at("12:00:00") + 1us * random.between(0, 1'000'000'000);
        const auto history = live(schedule, armed, 20);
        std::set<TimePoint> decided = history.skipped;
        for (const auto instant : history.fired) ASSERT_TRUE(decided.insert(instant).second);
        ASSERT_TRUE(std::is_sorted(history.fired.begin(), history.fired.end()));

        std::set<TimePoint> expected;
        for (auto next = next_after(schedule, armed); next && *next <= history.cursor;
             next = next_after(schedule, *next)) {
            expected.insert(*next);
        }
        ASSERT_EQ(decided, expected) << describe(schedule);
    }
}

TEST_F(TimerProperty, PoliciesFireMoreAndMore) {
    for (int i = 0; i < random_cases(1000); ++i) {
        const auto period = random.between(1, 400);
        const auto limit = random.between(1, 8);
        const auto now = at("12:00:00") + 1s * random.between(1, 5000);
        const auto fired = [&](const std::string& policy) {
            const auto schedule =
                every(1s * period, R"("misfire":{"policy":")" + policy +
                                       R"(","max_catch_up":)" + std::to_string(limit) + "}");
            std::set<TimePoint> result;
            TimerCursor row{kSensor, kRev, at("12:00:00"), 0};
            while (const auto decision = decide(schedule, row, now)) {
                if (decision->fires) result.insert(decision->through);
                row.cursor = decision->through;
            }
            return result;
        };
        const auto skip = fired("skip");
        const auto once = fired("fire_once");
        const auto all = fired("catch_up");
        ASSERT_TRUE(std::includes(once.begin(), once.end(), skip.begin(), skip.end()));
        ASSERT_TRUE(std::includes(all.begin(), all.end(), once.begin(), once.end()));
        const auto schedule = every(1s * period);
        const auto missed = count_between(schedule, at("12:00:00"), now - 60s - 1us);
        ASSERT_EQ(static_cast<std::int64_t>(all.size() - skip.size()), std::min(missed, limit));
    }
}

TEST_F(TimerProperty, JitterStaysBelowItselfAndBelowTheNextInstant) {
    for (int i = 0; i < random_cases(1000); ++i) {
        const auto jitter = random.between(0, 1000);
        const auto sensor = "test.s" + std::to_string(random.between(0, 1'000'000));
        const auto cron = random_cron(random);
        const auto compiled = compile_schedule(
            *Ref::parse("core.crontimer"), {{"expression", cron}, {"jitter", jitter}},
            at("12:00:00"), *Ref::parse(sensor), system_zones());
        if (!compiled) continue;  // never fires
        const auto instant = next_after(*compiled, at("12:00:00"));
        if (!instant) continue;
        const auto due = due_at(*compiled, *instant);
        ASSERT_GE(due, *instant);
        ASSERT_TRUE(jitter == 0 ? due == *instant : due < *instant + 1s * jitter);
        const auto next = next_after(*compiled, *instant);
        ASSERT_TRUE(!next || due < *next) << cron;
    }
}

// Chi-square of the delays of many sensors over 100 equal bins: 99 degrees of freedom, so
// 150 is passed once in a thousand.
TEST(JitterSpread, IsEven) {
    constexpr int kSensors = 100'000;
    constexpr int kBins = 100;
    std::vector<int> bins(kBins, 0);
    for (int i = 0; i < kSensors; ++i) {
        const auto schedule =
            timer("core.intervaltimer", R"({"unit":"hours","interval":1,"jitter":1000})",
                  at("12:00:00"), "fleet.sensor_" + std::to_string(i));
        ++bins[static_cast<std::size_t>(schedule.delay / 10s)];
    }
    double chi_square = 0;
    constexpr double kExpected = static_cast<double>(kSensors) / kBins;
    for (const int bin : bins) chi_square += (bin - kExpected) * (bin - kExpected) / kExpected;
    EXPECT_LT(chi_square, 150);
}

TEST_F(TimerProperty, TheMemoChangesNoAnswer) {
    for (int i = 0; i < random_cases(300); ++i) {
        const auto schedule = random_schedule(random);
        NextMemo memo;
        for (int asked = 0; asked < 100; ++asked) {
            const auto after = at("12:00:00") + 1us * random.between(0, 2'000'000'000);
            ASSERT_EQ(memo.next_after(schedule, after), next_after(schedule, after));
        }
    }
}

TEST_F(TimerProperty, InstantsOfAnIntervalAreItsGrid) {
    for (int i = 0; i < random_cases(1000); ++i) {
        const auto period = 1s * random.between(1, 1'000'000);
        const auto schedule = every(period);
        const auto after = at("12:00:00") + 1us * random.between(0, 1'000'000'000'000'000);
        const auto next = next_after(schedule, after).value();
        ASSERT_GT(next, after);
        ASSERT_EQ((next - at("12:00:00")) % period, 0s);
        ASSERT_LE(next - period, after);
        ASSERT_TRUE(is_instant(schedule, next));
        ASSERT_FALSE(is_instant(schedule, next + 1us));
        ASSERT_EQ(latest_at(schedule, next), next);
    }
}

}  // namespace
}  // namespace attune
