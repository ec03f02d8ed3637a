#include "core/cron_search.h"

#include <algorithm>

namespace attune {
namespace {

using std::chrono::ceil;
using std::chrono::days;
using std::chrono::floor;

// A half-open stretch of wall-clock seconds.
struct Stretch {
    WallTime begin;
    WallTime end;
};

// What the jump at the beginning of `span` removed and a fixed time of day is made up for:
// not the dates that do not exist at all, which lie in the middle.
struct Removed {
    Stretch first_date;  // both may be empty
    Stretch last_date;
};

Removed removed_before(const ZoneSpan& span) {
    const auto begin = span.passed;
    const auto end = span.wall(span.begin);
    const WallTime midnight_after = ceil<days>(begin);
    const WallTime midnight_before = floor<days>(end);
    if (midnight_before < midnight_after) return {{begin, end}, {end, end}};
    return {{begin, midnight_after}, {midnight_before, end}};
}

bool begins_with_gap(const ZoneSpan& span) {
    return span.begin != Instant::min() && span.wall(span.begin) > span.passed;
}

// next() of an expression, asked again and again with growing arguments: spans are many and
// matches few.
class Forward {
public:
    explicit Forward(const CronExpression& expression) : expression_(expression) {}

    // The least match >= from, or WallTime::max().
    WallTime from(WallTime from) {
        if (from < asked_ || from > answer_) {
            asked_ = from;
            answer_ = expression_.next(from).value_or(WallTime::max());
        }
        return answer_;
    }

private:
    const CronExpression& expression_;
    WallTime asked_ = WallTime::max();
    WallTime answer_ = WallTime::min();
};

class Backward {
public:
    explicit Backward(const CronExpression& expression) : expression_(expression) {}

    // The greatest match <= from, or WallTime::min().
    WallTime up_to(WallTime from) {
        if (from > asked_ || from < answer_) {
            asked_ = from;
            answer_ = expression_.previous(from).value_or(WallTime::min());
        }
        return answer_;
    }

private:
    const CronExpression& expression_;
    WallTime asked_ = WallTime::min();
    WallTime answer_ = WallTime::max();
};

bool has_match(Forward& matches, const Stretch& stretch) {
    return stretch.begin < stretch.end && matches.from(stretch.begin) < stretch.end;
}
bool has_match(Backward& matches, const Stretch& stretch) {
    return stretch.begin < stretch.end &&
           matches.up_to(stretch.end - Seconds(1)) >= stretch.begin;
}

// The first second of the wall clock that `span` has for this expression.
WallTime first_wall(const CronExpression& expression, const ZoneSpan& span) {
    if (span.begin == Instant::min()) return WallTime::min();
    const auto begin = span.wall(span.begin);
    return expression.is_interval_like() ? begin : std::max(begin, span.passed);
}

// Exclusive.
WallTime wall_end(const ZoneSpan& span) {
    return span.end == Instant::max() ? WallTime::max() : span.wall(span.end);
}

// No expression matches after 2199, in any zone, nor before 1970.
constexpr Instant kFirst = std::chrono::sys_days(std::chrono::year(1969) / 12 / 1);
constexpr Instant kLast = std::chrono::sys_days(std::chrono::year(2200) / 2 / 1);

}  // namespace

std::optional<Instant> next_occurrence(const CronExpression& expression, const Zone& zone,
                                       Instant after) {
    if (after >= kLast) return std::nullopt;
    const Instant from = std::max(after, kFirst) + Seconds(1);
    Forward matches(expression);
    for (auto i = zone.span_index(from); i < zone.span_count(); ++i) {
        const auto& span = zone.span(i);
        if (!expression.is_interval_like() && span.begin >= from && begins_with_gap(span)) {
            const auto removed = removed_before(span);
            if (has_match(matches, removed.first_date) ||
                has_match(matches, removed.last_date)) {
                return span.begin;
            }
        }
        auto wall = first_wall(expression, span);
        if (span.begin < from) wall = std::max(wall, span.wall(from));
        const auto match = matches.from(wall);
        if (match == WallTime::max()) return std::nullopt;
        if (match < wall_end(span)) return span.instant(match);
    }
    return std::nullopt;
}

std::optional<Instant> latest_occurrence(const CronExpression& expression, const Zone& zone,
                                         Instant at) {
    if (at < kFirst) return std::nullopt;
    const Instant to = std::min(at, kLast);
    Backward matches(expression);
    for (auto i = zone.span_index(to) + 1; i-- > 0;) {
        const auto& span = zone.span(i);
        const auto wall = span.end > to ? span.wall(to) : wall_end(span) - Seconds(1);
        const auto match = matches.up_to(wall);
        if (match != WallTime::min() && match >= first_wall(expression, span)) {
            return span.instant(match);
        }
        if (!expression.is_interval_like() && begins_with_gap(span)) {
            const auto removed = removed_before(span);
            if (has_match(matches, removed.last_date) ||
                has_match(matches, removed.first_date)) {
                return span.begin;
            }
        }
        if (match == WallTime::min()) return std::nullopt;
    }
    return std::nullopt;
}

std::int64_t count_occurrences(const CronExpression& expression, const Zone& zone,
                               Instant after, Instant through) {
    const Instant from = std::clamp(after, kFirst, kLast) + Seconds(1);
    const Instant to = std::clamp(through, kFirst, kLast) + Seconds(1);  // exclusive
    std::int64_t count = 0;
    for (auto i = zone.span_index(from); i < zone.span_count() && from < to; ++i) {
        const auto& span = zone.span(i);
        if (span.begin >= to) break;
        auto begin = first_wall(expression, span);
        if (span.begin < from) begin = std::max(begin, span.wall(from));
        const auto end = span.end > to ? span.wall(to) : wall_end(span);
        if (begin < end) count += expression.count(begin, end);
        // The jump's own instant, unless it is counted as a match already.
        if (!expression.is_interval_like() && span.begin >= from && begins_with_gap(span) &&
            !expression.matches(span.wall(span.begin))) {
            Forward matches(expression);
            const auto removed = removed_before(span);
            if (has_match(matches, removed.first_date) ||
                has_match(matches, removed.last_date)) {
                ++count;
            }
        }
    }
    return count;
}

bool occurs_at(const CronExpression& expression, const Zone& zone, Instant instant) {
    const auto& span = zone.span(zone.span_index(instant));
    const auto wall = span.wall(instant);
    if (expression.matches(wall)) {
        return expression.is_interval_like() || wall >= span.passed;
    }
    if (expression.is_interval_like() || instant != span.begin || !begins_with_gap(span)) {
        return false;
    }
    const WallTime first_midnight = ceil<days>(span.passed);
    const WallTime last_midnight = floor<days>(wall);
    for (auto removed = span.passed; removed < wall; removed += Seconds(1)) {
        const bool date_exists = removed < first_midnight || removed >= last_midnight;
        if (date_exists && expression.matches(removed)) return true;
    }
    return false;
}

}  // namespace attune
