// Random expressions in random zones against a second reading of the rules: one wall-clock
// second after the other, through CronExpression::matches and the C library's offsets.
#include <algorithm>
#include <clocale>
#include <thread>

#include <gmock/gmock.h>

#include "core/cron_search.h"
#include "core/schedule.h"
#include "core/time.h"
#include "tests/support/cron_texts.h"
#include "tests/support/random.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

std::string describe(const CronExpression& cron, const Zone& zone, Instant at) {
    return cron.text() + " in " + zone.name() + " at " + format_rfc3339(at);
}

// An instant from 1970 to 2199; every third one close to a jump of the zone's clock.
Instant random_instant(Random& random, const Zone& zone) {
    if (zone.span_count() > 2 && random.one_in(3)) {
        const auto i = static_cast<std::size_t>(
            random.between(1, static_cast<std::int64_t>(zone.span_count()) - 1));
        return zone.span(i).begin + Seconds(random.between(-100'000, 100'000));
    }
    return Instant(Seconds(random.between(100'000, 7'258'000'000)));
}

class CronProperty : public testing::Test {
protected:
    CronExpression expression() { return CronExpression::parse(random_cron(random)).value(); }
    const Zone& somewhere() { return *zone(random.pick(zone_names())); }

    Random random;
};

// ---- The oracle.

// What the rules say, for every second of [begin, end): the wall clock comes from the C
// library, what was passed before from walking there second by second.
std::vector<Instant> oracle(const CronExpression& cron, const LibcZone& libc, Instant begin,
                            Instant end) {
    const auto wall_at = [&](Instant instant) {
        return WallTime(instant.time_since_epoch() + libc.offset(instant));
    };
    std::vector<Instant> result;
    // Two days before are enough to know what has been passed: no jump is longer.
    auto passed = WallTime::min();
    for (auto t = begin - days(2); t < end; t += Seconds(1)) {
        const auto wall = wall_at(t);
        bool fires = false;
        if (cron.is_interval_like()) {
            fires = cron.matches(wall);
        } else if (passed != WallTime::min()) {
            const auto date = std::chrono::floor<days>(wall);
            const auto last_date = std::chrono::floor<days>(passed - Seconds(1));
            // Everything the clock passed over since the second before; one step when it
            // ticks, none when it is repeated.
            for (auto w = passed; w <= wall && t >= begin; w += Seconds(1)) {
                const auto of = std::chrono::floor<days>(w);
                const bool date_exists = of == date || of == last_date;
                fires = fires || (date_exists && cron.matches(w));
            }
        }
        if (fires && t >= begin) result.push_back(t);
        passed = std::max(passed, wall + Seconds(1));
    }
    return result;
}

TEST_F(CronProperty, SearchFindsWhatTheOracleFinds) {
    for (int i = 0; i < random_cases(30); ++i) {
        const auto cron = expression();
        const auto& in = somewhere();
        const LibcZone libc(in.name());
        const auto begin = random_instant(random, in);
        const auto end = begin + days(1);
        std::vector<Instant> found;
        for (auto next = next_occurrence(cron, in, begin - Seconds(1)); next && *next < end;
             next = next_occurrence(cron, in, *next)) {
            found.push_back(*next);
        }
        ASSERT_EQ(found, oracle(cron, libc, begin, end)) << describe(cron, in, begin);
    }
}

// ---- Laws of next().

TEST_F(CronProperty, NextIsLaterMonotoneAndLeavesNoGap) {
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto cron = expression();
        const auto& in = somewhere();
        const auto a = random_instant(random, in);
        const auto next = next_occurrence(cron, in, a);
        if (!next) continue;
        ASSERT_GT(*next, a) << describe(cron, in, a);
        // Anywhere between the two the answer is the same.
        const auto between = a + Seconds(random.between(0, (*next - a).count() - 1));
        ASSERT_EQ(next_occurrence(cron, in, between), next) << describe(cron, in, between);
        const auto b = a + Seconds(random.between(0, 100'000'000));
        const auto later = next_occurrence(cron, in, b);
        ASSERT_TRUE(!later || *later >= *next) << describe(cron, in, b);
    }
}

TEST_F(CronProperty, LatestIsTheInverseOfNext) {
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto cron = expression();
        const auto& in = somewhere();
        const auto a = random_instant(random, in);
        const auto next = next_occurrence(cron, in, a);
        if (!next) continue;
        ASSERT_EQ(latest_occurrence(cron, in, *next), next) << describe(cron, in, a);
        const auto before = latest_occurrence(cron, in, *next - Seconds(1));
        ASSERT_TRUE(!before || *before <= a) << describe(cron, in, a);
        if (before) {
            ASSERT_EQ(next_occurrence(cron, in, *before), next) << describe(cron, in, a);
        }
    }
}

TEST_F(CronProperty, AnInstantIsWhatNextFindsAndNothingElse) {
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto cron = expression();
        const auto& in = somewhere();
        const auto a = random_instant(random, in);
        ASSERT_EQ(occurs_at(cron, in, a), next_occurrence(cron, in, a - Seconds(1)) == a)
            << describe(cron, in, a);
        if (const auto next = next_occurrence(cron, in, a)) {
            ASSERT_TRUE(occurs_at(cron, in, *next)) << describe(cron, in, *next);
        }
    }
}

TEST_F(CronProperty, CountIsTheNumberOfSteps) {
    for (int i = 0; i < random_cases(2000); ++i) {
        const auto cron = expression();
        const auto& in = somewhere();
        const auto a = random_instant(random, in);
        auto b = a;
        std::int64_t steps = 0;
        for (; steps < 50; ++steps) {
            const auto next = next_occurrence(cron, in, b);
            if (!next) break;
            b = *next;
        }
        ASSERT_EQ(count_occurrences(cron, in, a, b), steps) << describe(cron, in, a);
        ASSERT_EQ(count_occurrences(cron, in, b, a), 0);
    }
}

TEST_F(CronProperty, IterationIsStrictlyIncreasingThroughEveryJump) {
    for (const auto* text : {"0 * * * *", "20,40 0,1,2,3,23 * * *"}) {
        const auto cron = CronExpression::parse(text).value();
        for (const auto& name : zone_names()) {
            const auto in = zone(name);
            for (std::size_t i = 1; i < in->span_count(); ++i) {
                const auto jump = in->span(i).begin;
                if (jump < Instant(days(1)) || jump > Instant(days(365 * 131))) continue;
                auto at = jump - 5h;
                std::int64_t steps = 0;
                for (auto next = next_occurrence(cron, *in, at); next && *next < jump + 5h;
                     next = next_occurrence(cron, *in, at), ++steps) {
                    ASSERT_GT(*next, at) << name;
                    at = *next;
                }
                ASSERT_EQ(count_occurrences(cron, *in, jump - 5h, at), steps) << name;
            }
        }
    }
}

// The same questions in another order, process-wide zone, locale and thread.
TEST_F(CronProperty, AnswersDependOnNothingButTheQuestion) {
    struct Question {
        CronExpression cron;
        std::shared_ptr<const Zone> in;
        Instant after;
    };
    std::vector<Question> questions;
    for (int i = 0; i < random_cases(2000); ++i) {
        auto cron = expression();
        const auto in = zone(random.pick(zone_names()));
        questions.push_back({std::move(cron), in, random_instant(random, *in)});
    }
    const auto answer = [](const Question& q) {
        return next_occurrence(q.cron, *q.in, q.after);
    };
    std::vector<std::optional<Instant>> before;
    for (const auto& question : questions) before.push_back(answer(question));

    const LibcZone elsewhere("America/New_York");
    const std::string locale = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, "");
    std::thread([&] {
        for (std::size_t i = questions.size(); i-- > 0;) {
            EXPECT_EQ(answer(questions[i]), before[i])
                << describe(questions[i].cron, *questions[i].in, questions[i].after);
        }
    }).join();
    std::setlocale(LC_ALL, locale.c_str());
}

// ---- Laws of fixed times and intervals.

TEST_F(CronProperty, AFixedTimeFiresOnceOnEveryDateThatExists) {
    for (int i = 0; i < random_cases(40); ++i) {
        const auto minute = random.between(0, 59);
        const auto hour = random.between(0, 23);
        const auto text = std::to_string(minute) + " " + std::to_string(hour) + " * * *";
        const auto cron = CronExpression::parse(text).value();
        const auto& in = somewhere();
        // The date it fires for: where a gap swallows the evening, it fires after midnight.
        const auto date_of = [&](Instant instant) {
            const auto wall = in.wall(instant);
            const auto date = std::chrono::floor<days>(wall);
            const bool early =
                wall - date < std::chrono::hours(hour) + std::chrono::minutes(minute);
            return early ? date - days(1) : date;
        };
        auto at = random_instant(random, in);
        auto last = next_occurrence(cron, in, at);
        for (int day = 0; day < 500 && last; ++day) {
            const auto next = next_occurrence(cron, in, *last);
            if (!next) break;
            const auto gap = date_of(*next) - date_of(*last);
            // Two only where a whole date is missing.
            const auto middle = *last + (*next - *last) / 2;
            const bool date_missing = *next - *last < 30h && gap == days(2);
            ASSERT_TRUE(gap == days(1) || date_missing) << describe(cron, in, middle);
            last = next;
        }
    }
}

TEST_F(CronProperty, EveryMinuteIsEverySixtySecondsWhereOffsetsAreWholeMinutes) {
    const auto cron = CronExpression::parse("0 * * * * *").value();
    for (int i = 0; i < random_cases(300); ++i) {
        const auto& in = somewhere();
        auto at = next_occurrence(cron, in, random_instant(random, in));
        for (int step = 0; step < 200 && at; ++step) {
            const auto next = next_occurrence(cron, in, *at);
            if (!next) break;
            const auto whole = in.span(in.span_index(*at)).offset % 60s == 0s &&
                               in.span(in.span_index(*next)).offset % 60s == 0s;
            ASSERT_TRUE(!whole || *next - *at == 60s) << describe(cron, in, *at);
            at = next;
        }
    }
}

// ---- Laws of the dialect.

TEST_F(CronProperty, CanonicalTextParsesToTheSameSet) {
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto cron = expression();
        const auto again = CronExpression::parse(cron.canonical());
        ASSERT_TRUE(again) << cron.text() << " -> " << cron.canonical();
        ASSERT_EQ(again->sets(), cron.sets()) << cron.text() << " -> " << cron.canonical();
        ASSERT_EQ(again->canonical(), cron.canonical());
    }
}

TEST_F(CronProperty, EitherDayIsTheUnionAndBothTheIntersection) {
    for (int i = 0; i < random_cases(2000); ++i) {
        const auto date = random_date_field(random);
        const auto weekday = random_weekday_field(random);
        if (weekday == "?") continue;
        const auto parse = [](const std::string& text) {
            return CronExpression::parse(text).value();
        };
        const auto by_date = parse("0 0 " + date + " * ?");
        const auto by_weekday = parse("0 0 ? * " + weekday);
        const auto either = parse("0 0 " + date + " * " + weekday);
        const auto both = parse("0 0 " + date + " * +" + weekday);
        if (!by_date.sets().days_restricted || !by_weekday.sets().weekdays_restricted) continue;
        const auto day = WallTime(days(random.between(0, 84'005)));
        ASSERT_EQ(either.matches(day), by_date.matches(day) || by_weekday.matches(day));
        ASSERT_EQ(both.matches(day), by_date.matches(day) && by_weekday.matches(day));
    }
}

TEST_F(CronProperty, AddingAValueToAListRemovesNothing) {
    for (int i = 0; i < random_cases(2000); ++i) {
        const auto minute = random.between(0, 59);
        const auto rest = " " + std::to_string(random.between(0, 23)) + " * * *";
        const auto one = CronExpression::parse(std::to_string(minute) + rest).value();
        const auto two = CronExpression::parse(std::to_string(minute) + "," +
                                               std::to_string(random.between(0, 59)) + rest)
                             .value();
        const auto& in = somewhere();
        const auto fires = next_occurrence(one, in, random_instant(random, in));
        ASSERT_TRUE(!fires || occurs_at(two, in, *fires)) << describe(two, in, *fires);
    }
}

TEST_F(CronProperty, AConstantOffsetOnlyShifts) {
    const auto kolkata = zone("Asia/Kolkata");
    for (int i = 0; i < random_cases(2000); ++i) {
        const auto cron = expression();
        const Instant a(Seconds(random.between(100'000'000, 7'000'000'000)));
        const auto in_utc = next_occurrence(cron, *Zone::utc(), a + 5h + 30min);
        const auto there = next_occurrence(cron, *kolkata, a);
        ASSERT_EQ(there, in_utc ? std::optional(*in_utc - 5h - 30min) : std::nullopt)
            << cron.text();
    }
}

// Weekdays and leap years come round every 28 years as long as no century is between. (The
// full cycle of 400 years is longer than the years there are.)
TEST_F(CronProperty, DatesRepeatEvery28Years) {
    constexpr days kCycle(28 * 365 + 7);
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto text =
            "0 0 0 " + random_date_field(random) + " * " + random_weekday_field(random);
        const auto cron = CronExpression::parse(text).value();
        const auto first = WallTime(std::chrono::local_days(std::chrono::year(1970) / 1 / 1));
        const auto day = first + days(random.between(0, 365 * 100));
        ASSERT_EQ(cron.matches(day), cron.matches(day + kCycle)) << text;
    }
}

// ---- Bad input.

TEST_F(CronProperty, NoTextCrashesTheParser) {
    const std::string likely = "0123456789*,-/?#LWlw+@ \tJANMONsunFRI";
    for (int i = 0; i < random_cases(10'000); ++i) {
        const auto longest = random.one_in(4) ? 300 : 60;
        std::string text(static_cast<std::size_t>(random.between(0, longest)), ' ');
        for (char& c : text) {
            c = random.one_in(20) ? static_cast<char>(random.between(0, 255))
                                  : likely[static_cast<std::size_t>(random.between(
                                        0, static_cast<std::int64_t>(likely.size()) - 1))];
        }
        const auto parsed = CronExpression::parse(text);
        if (parsed) continue;
        ASSERT_EQ(parsed.error().code, "ATT4001");
        ASSERT_FALSE(parsed.error().reason.empty());
        ASSERT_FALSE(parsed.error().help.empty());
    }
}

TEST_F(CronProperty, AWrongCharacterInAGoodTextIsFoundInItsField) {
    for (int i = 0; i < random_cases(2000); ++i) {
        auto text = random_cron(random);
        const auto at = static_cast<std::size_t>(
            random.between(0, static_cast<std::int64_t>(text.size()) - 1));
        if (text[at] == ' ') continue;
        text[at] = '$';
        const auto parsed = CronExpression::parse(text);
        ASSERT_FALSE(parsed) << text;
        const auto field = text.rfind(' ', at) + 1;  // npos + 1 is the first field's 0
        ASSERT_EQ(parsed.error().column, field + 1) << text;
    }
}

}  // namespace
}  // namespace attune
