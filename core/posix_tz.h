// The POSIX TZ string at the end of a TZif file: the rules that hold after its last explicit
// transition, for ever.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "core/zone.h"

namespace attune {

class PosixRule {
public:
    // What `text` ("CET-1CEST,M3.5.0,M10.5.0/3") says, hours from -167 to 167 as in RFC 8536;
    // nullopt when it is no such string.
    static std::optional<PosixRule> parse(std::string_view text);

    Seconds standard_offset() const { return standard_; }
    bool has_changes() const { return daylight_.has_value(); }

    // A moment from which an offset holds.
    struct Change {
        Instant at;
        Seconds offset;
    };
    // The two changes of the year, in the order "to daylight, to standard", which need not be
    // that of time. Requires has_changes().
    std::pair<Change, Change> changes_of(std::chrono::year year) const;

private:
    // Which day of a year.
    struct JulianDay {
        int day;  // 1 .. 365, February 29 never counted
    };
    struct DayOfYear {
        int day;  // 0 .. 365
    };
    struct WeekdayOfMonth {
        int month;
        int week;  // 1 .. 4; 5: the last
        int weekday;
    };
    struct Day {
        std::variant<JulianDay, DayOfYear, WeekdayOfMonth> day;
        Seconds time{7200};  // since midnight, on the clock before the change
    };
    struct Daylight {
        Seconds offset{0};
        Day begin;
        Day end;
    };

    friend class PosixRuleParser;
    static WallTime wall_of(const Day& day, std::chrono::year year);

    Seconds standard_{0};
    std::optional<Daylight> daylight_;
};

}  // namespace attune
