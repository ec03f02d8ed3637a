#include "core/posix_tz.h"

#include <utility>

namespace attune {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::month;
using std::chrono::weekday;
using std::chrono::year;

// By recursive descent; every take_ returns false when its piece is not there.
class PosixRuleParser {
public:
    explicit PosixRuleParser(std::string_view text) : text_(text) {}

    std::optional<PosixRule> parse() {
        PosixRule rule;
        Seconds west{0};
        if (!take_name() || !take_time(west, 24)) return std::nullopt;
        rule.standard_ = -west;
        if (text_.empty()) return rule;

        PosixRule::Daylight daylight;
        if (!take_name()) return std::nullopt;
        daylight.offset = rule.standard_ + std::chrono::hours(1);
        if (!text_.empty() && text_.front() != ',') {
            if (!take_time(west, 24)) return std::nullopt;
            daylight.offset = -west;
        }
        if (!take(',') || !take_day(daylight.begin)) return std::nullopt;
        if (!take(',') || !take_day(daylight.end) || !text_.empty()) return std::nullopt;
        rule.daylight_ = daylight;
        return rule;
    }

private:
    bool take(char wanted) {
        if (text_.empty() || text_.front() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }

    // Three letters or more, or <letters, digits, signs>.
    bool take_name() {
        if (take('<')) {
            const auto end = text_.find('>');
            if (end == std::string_view::npos || end == 0) return false;
            text_.remove_prefix(end + 1);
            return true;
        }
        std::size_t length = 0;
        const auto is_letter = [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        };
        while (length < text_.size() && is_letter(text_[length])) ++length;
        text_.remove_prefix(length);
        return length >= 3;
    }

    bool take_number(int& number, int max) {
        std::size_t length = 0;
        number = 0;
        while (length < text_.size() && text_[length] >= '0' && text_[length] <= '9') {
            number = number * 10 + (text_[length] - '0');
            if (++length > 3) return false;
        }
        text_.remove_prefix(length);
        return length > 0 && number <= max;
    }

    // [+-]hh[:mm[:ss]]
    bool take_time(Seconds& time, int max_hours) {
        const bool negative = take('-');
        if (!negative) take('+');
        int hours = 0;
        int minutes = 0;
        int seconds = 0;
        if (!take_number(hours, max_hours)) return false;
        if (take(':') && !take_number(minutes, 59)) return false;
        if (take(':') && !take_number(seconds, 59)) return false;
        time = Seconds(hours * 3600 + minutes * 60 + seconds);
        if (negative) time = -time;
        return true;
    }

    bool take_day(PosixRule::Day& day) {
        int number = 0;
        if (take('M')) {
            PosixRule::WeekdayOfMonth at{};
            if (!take_number(at.month, 12) || at.month < 1) return false;
            if (!take('.') || !take_number(at.week, 5) || at.week < 1) return false;
            if (!take('.') || !take_number(at.weekday, 6)) return false;
            day.day = at;
        } else if (take('J')) {
            if (!take_number(number, 365) || number < 1) return false;
            day.day = PosixRule::JulianDay{number};
        } else {
            if (!take_number(number, 365)) return false;
            day.day = PosixRule::DayOfYear{number};
        }
        return !take('/') || take_time(day.time, 167);
    }

    std::string_view text_;
};

namespace {

// A visitor of several lambdas.
template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
    return PosixRuleParser(text).parse();
}

WallTime PosixRule::wall_of(const Day& day, year in) {
    const local_days first(in / month(1) / 1);
    const auto date = std::visit(
        Overloaded{
            [&](const JulianDay& julian) {
                const bool after_february = in.is_leap() && julian.day >= 60;
                return first + days(julian.day - 1 + (after_february ? 1 : 0));
            },
            [&](const DayOfYear& ordinal) { return first + days(ordinal.day); },
            [&](const WeekdayOfMonth& at) {
                const auto month_of_year = in / month(static_cast<unsigned>(at.month));
                const weekday wanted(static_cast<unsigned>(at.weekday));
                if (at.week == 5) return local_days(month_of_year / wanted[std::chrono::last]);
                return local_days(month_of_year / wanted[static_cast<unsigned>(at.week)]);
            },
        },
        day.day);
    return date + day.time;
}

std::pair<PosixRule::Change, PosixRule::Change> PosixRule::changes_of(year in) const {
    const auto begin = wall_of(daylight_->begin, in).time_since_epoch() - standard_;
    const auto end = wall_of(daylight_->end, in).time_since_epoch() - daylight_->offset;
    return {{Instant(begin), daylight_->offset}, {Instant(end), standard_}};
}

}  // namespace attune
