// A cron expression: a set of wall-clock seconds, from 1970 to 2199. docs/timers.md has the
// dialect.
//
// Five fields (minute first), six (second first) or seven (year last). An expression knows no
// zone; core/cron_search.h puts the two together. Everything is pure and nothing allocates
// after parsing.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/zone.h"

namespace attune {

// What an expression selects, as bit sets: bit v stands for the value v.
struct CronSets {
    static constexpr int kFirstYear = 1970;
    static constexpr int kLastYear = 2199;

    std::uint64_t seconds = 0;
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint16_t months = 0;                            // bits 1-12
    std::bitset<kLastYear - kFirstYear + 1> years = {};  // bit y - 1970

    // Day of month. Restricted: not `?` and no item `*` or `*/1`.
    bool days_restricted = false;
    std::uint32_t days = 0;                  // bits 1-31
    std::uint32_t days_before_last = 0;      // bit n: L-n; bit 0: L
    std::uint32_t workdays_before_last = 0;  // bit n: L-nW; bit 0: LW
    std::uint32_t nearest_workdays = 0;      // bit n: nW

    // Day of week; bit 0 is Sunday.
    bool weekdays_restricted = false;
    std::uint8_t weekdays = 0;
    std::array<std::uint8_t, 5> nth_weekdays = {};  // [k - 1]: d#k
    std::uint8_t last_weekdays = 0;                 // dL, d#L

    bool both_days = false;  // `+`: a day must match both fields; only when both are restricted

    // Second, minute or hour was written with `*`, `-` or `/`: DST repeats it and skips it like
    // an interval. Else a fixed time of day, which fires once on every date.
    bool interval_like = false;

    friend bool operator==(const CronSets&, const CronSets&) = default;
};

class CronExpression {
public:
    // Fault ATT4001; its reason is one of empty too_long bad_char field_count out_of_range
    // bad_number bad_name syntax bad_step reversed_range empty_item question special macro
    // tz_prefix; field and column (1-based byte of the field) tell where, help what to write
    // instead. An impossible date parses: see fires_ever().
    static Result<CronExpression> parse(std::string_view text);

    const std::string& text() const { return text_; }  // as written
    const CronSets& sets() const { return sets_; }
    bool is_interval_like() const { return sets_.interval_like; }

    // The least matching second >= from, the greatest <= from; nullopt: none within 1970-2199.
    std::optional<WallTime> next(WallTime from) const;
    std::optional<WallTime> previous(WallTime from) const;

    // How many matching seconds lie in [begin, end). Arithmetic: no matter how many there are.
    std::int64_t count(WallTime begin, WallTime end) const;

    // Whether this second is in the set, asked of the bits alone and never through next():
    // what an audit that distrusts next() may rely on.
    bool matches(WallTime wall) const;

    // False for a date that does not exist, such as February 30.
    bool fires_ever() const { return next(WallTime::min()).has_value(); }

    // The same set in one way of writing: six fields, seven when years are restricted; the
    // text as written where that would be too long. Parsing it gives equal sets.
    std::string canonical() const;

private:
    CronExpression(std::string text, const CronSets& sets)
        : text_(std::move(text)), sets_(sets) {}

    std::string text_;
    CronSets sets_;
};

// A remark about an expression that is valid and perhaps not what was meant.
struct CronRemark {
    std::string reason;   // either_day numeric_weekday every_second dst_time
    std::string message;  // as in a Diagnostic
    std::string help;
};

// `zone`: where it will run; remarks on DST are made only where the clock changes. Shown as
// warnings ATT4020.
std::vector<CronRemark> lint(const CronExpression& expression, const Zone& zone);

}  // namespace attune
