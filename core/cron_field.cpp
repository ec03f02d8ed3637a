#include "core/cron_field.h"

#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/json.h"
#include "core/limits.h"

namespace attune {
namespace {

using namespace cron_text;
using std::string;
using std::string_view;

// A number or a name of a field, as it was written.
struct Value {
    int number = 0;
    bool is_sunday_by_name = false;
};

struct Span {
    int first = 0;
    int last = 0;
    int step = 1;
};

bool all(string_view text, bool (*is)(char)) {
    for (const char c : text) {
        if (!is(c)) return false;
    }
    return !text.empty();
}

// Saturates far above anything a field accepts. Requires digits only.
int number_of(string_view digits) {
    int number = 0;
    for (const char c : digits) {
        if (number < 1'000'000) number = number * 10 + (c - '0');
    }
    return number;
}

// One field: its rules, its text, and where it goes.
class FieldParser {
public:
    FieldParser(string_view expression, std::size_t field_count, const FieldRules& rules,
                string_view text, CronSets& sets)
        : expression_(expression),
          field_count_(field_count),
          rules_(rules),
          text_(text),
          sets_(sets) {}

    Result<void> parse() {
        if (text_.find('?') != string_view::npos) return parse_question();
        auto list = text_;
        if (rules_.kind == FieldKind::kWeekday && list.starts_with('+')) {
            sets_.both_days = true;
            list.remove_prefix(1);
        }
        for (;;) {
            const auto comma = list.find(',');
            const auto item = list.substr(0, comma);
            if (item.empty()) {
                return fail("empty_item", "an item of the list is empty",
                            "write values with single commas between them");
            }
            if (auto added = parse_item(item); !added) return added;
            if (comma == string_view::npos) break;
            list.remove_prefix(comma + 1);
        }
        settle_days();
        return {};
    }

private:
    bool is_day() const { return rules_.kind == FieldKind::kDay; }
    bool is_weekday() const { return rules_.kind == FieldKind::kWeekday; }

    tl::unexpected<Fault> fail(string reason, string_view problem, string help) const {
        const auto column = static_cast<std::size_t>(text_.data() - expression_.data()) + 1;
        auto fault = cron_fault(expression_,
                                fmt::format("{} field {} (column {}): ", rules_.name,
                                            compact(string(text_)), column),
                                std::move(reason), problem, std::move(help));
        fault.field = string(rules_.name);
        fault.column = column;
        return tl::unexpected(std::move(fault));
    }

    Result<void> parse_question() {
        if (!is_day() && !is_weekday()) {
            return fail("question", "? means any day and belongs to the two day fields",
                        "write * for any value");
        }
        if (text_ != "?") {
            return fail("question", "? stands alone in its field", "write ? or a list");
        }
        unrestricted_ = true;
        settle_days();
        return {};
    }

    Result<void> parse_item(string_view item) {
        if (looks_special(item)) return parse_special(item);
        if (upper(item.front()) == 'H' && (item.size() == 1 || !is_letter(item[1]))) {
            return fail("bad_name",
                        fmt::format("hashed values ({}) are not part of cron here", item),
                        "write a value, and spread load with the sensor's jitter");
        }
        const auto slash = item.find('/');
        const auto base = item.substr(0, slash);
        std::optional<int> step;
        if (slash != string_view::npos) {
            const auto parsed = parse_step(item.substr(slash + 1));
            if (!parsed) return tl::unexpected(parsed.error());
            step = *parsed;
        }
        const auto span = parse_base(base, step);
        if (!span) return tl::unexpected(span.error());
        if (base == "*" && step.value_or(1) == 1) unrestricted_ = true;
        for (int value = span->first; value <= span->last; value += span->step) add(value);
        return {};
    }

    Result<int> parse_step(string_view text) const {
        if (!all(text, is_digit)) {
            return fail("bad_step", fmt::format("{} is not a step", quoted(text)),
                        fmt::format("write a whole number from 1 to {} after the slash",
                                    largest_step()));
        }
        const int step = number_of(text);
        if (step == 0) {
            return fail("bad_step", "step 0 never moves on", "write a step of 1 or more");
        }
        if (step > largest_step()) {
            return fail(
                "bad_step",
                fmt::format("step {} is larger than {}, the largest useful step in this "
                            "field",
                            text, largest_step()),
                "use a core.intervaltimer for longer periods");
        }
        if (text.size() > 3) {
            return fail("bad_step", fmt::format("step {} has needless zeros", text),
                        fmt::format("write {}", step));
        }
        return step;
    }

    int largest_step() const {
        return rules_.kind == FieldKind::kYear ? rules_.max - rules_.min : rules_.max;
    }

    Result<Span> parse_base(string_view base, std::optional<int> step) const {
        if (base == "*") return Span{rules_.min, rules_.open_end, step.value_or(1)};
        const auto dash = base.find('-');
        if (dash != string_view::npos) {
            return parse_range(base, base.substr(0, dash), base.substr(dash + 1),
                               step.value_or(1));
        }
        const auto value = parse_value(base);
        if (!value) return tl::unexpected(value.error());
        if (!step) return Span{value->number, value->number, 1};
        if (value->number > rules_.open_end) {
            return fail("bad_step",
                        fmt::format("{}/{} starts where the week ends", base, *step),
                        fmt::format("write 0/{} to start on Sunday", *step));
        }
        return Span{value->number, rules_.open_end, *step};
    }

    Result<Span> parse_range(string_view range, string_view from, string_view to,
                             int step) const {
        if (from.empty() || from == "*" || to.empty() || to == "*" ||
            to.find('-') != string_view::npos) {
            return fail("syntax", fmt::format("{} is not a range", quoted(range)),
                        "write a range as first-last");
        }
        const auto first = parse_value(from);
        if (!first) return tl::unexpected(first.error());
        const auto last = parse_value(to);
        if (!last) return tl::unexpected(last.error());
        // SUN ends a week that began with it only as SUN-SUN; FRI-SUN runs to the second
        // Sunday.
        int end = last->number;
        if (last->is_sunday_by_name) end = first->is_sunday_by_name ? 0 : 7;
        if (first->number > end) {
            return fail("reversed_range", fmt::format("range {} runs backwards", range),
                        fmt::format("write {}", wrapped(from, first->number, to, end)));
        }
        return Span{first->number, end, step};
    }

    // What a range that runs backwards was meant to be, as two that do not.
    string wrapped(string_view from, int first, string_view to, int last) const {
        const bool named = is_letter(from.front());
        const auto spell = [&](int value) {
            if (named && is_weekday())
                return string(kWeekdays[static_cast<std::size_t>(value)]);
            if (named) return string(kMonths[static_cast<std::size_t>(value) - 1]);
            return std::to_string(value);
        };
        string text(from);
        if (first < rules_.open_end) text += "-" + spell(rules_.open_end);
        text += ",";
        if (last > rules_.min) text += spell(rules_.min) + "-";
        return text + string(to);
    }

    Result<Value> parse_value(string_view text) const {
        if (all(text, is_digit)) return parse_number(text);
        if (all(text, is_letter)) return parse_name(text);
        if (!text.empty() && is_digit(text.front())) {
            return fail("bad_number", fmt::format("{} is not a number", quoted(text)),
                        expected());
        }
        if (!text.empty() && is_letter(text.front())) {
            return fail("bad_name", fmt::format("{} is not a name of this field", quoted(text)),
                        expected());
        }
        return fail("syntax", fmt::format("{} is not a value", quoted(text)), expected());
    }

    Result<Value> parse_number(string_view text) const {
        const int number = number_of(text);
        if (number < rules_.min || number > rules_.max) {
            return fail("out_of_range",
                        fmt::format("{} is outside {}-{}", text, rules_.min, rules_.max),
                        range_help(number));
        }
        if (text.size() > rules_.digits) {
            return fail("bad_number", fmt::format("{} has needless zeros", text),
                        fmt::format("write {}", number));
        }
        return Value{number, false};
    }

    string range_help(int number) const {
        const bool may_be_year =
            number >= CronSets::kFirstYear && number <= CronSets::kLastYear;
        if (may_be_year && field_count_ == 6) {
            return "6 fields start with seconds; a year needs 7 fields";
        }
        if (field_count_ == 5) return "5 fields start with minutes";
        if (field_count_ == 6) return "6 fields start with seconds";
        return "7 fields start with seconds and end with the year";
    }

    Result<Value> parse_name(string_view text) const {
        const auto name = uppercase(text);
        if (is_weekday()) {
            for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
                if (name == kWeekdays[i]) return Value{static_cast<int>(i), i == 0};
            }
        }
        if (rules_.kind == FieldKind::kMonth) {
            for (std::size_t i = 0; i < kMonths.size(); ++i) {
                if (name == kMonths[i]) return Value{static_cast<int>(i) + 1, false};
            }
        }
        return fail("bad_name", fmt::format("{} is not a name of this field", text),
                    name_help(name));
    }

    string name_help(string_view name) const {
        const auto begin = name.substr(0, 3);
        for (const auto day : kWeekdays) {
            if (is_weekday() && day == begin) return fmt::format("write {}", day);
        }
        for (const auto month : kMonths) {
            if (rules_.kind == FieldKind::kMonth && month == begin) {
                return fmt::format("write {}", month);
            }
        }
        return expected();
    }

    string expected() const {
        auto text = fmt::format("expected a number from {} to {}", rules_.min, rules_.max);
        if (is_weekday()) text += " or SUN to SAT";
        if (rules_.kind == FieldKind::kMonth) text += " or JAN to DEC";
        return text;
    }

    static string quoted(string_view text) { return compact(string(text)); }

    // L, W and # make an item special, unless the letter is part of a name (JUL, WED).
    bool looks_special(string_view item) const {
        if (item.find('#') != string_view::npos) return true;
        const auto text = uppercase(item);
        if (text == "L" || text == "W" || text == "LW" || text.starts_with("L-") ||
            text.starts_with("L/")) {
            return true;
        }
        const char last = text.back();
        if (last != 'L' && last != 'W') return false;
        const auto before = string_view(text).substr(0, text.size() - 1);
        if (is_digit(before.back())) return true;
        return is_weekday() && last == 'L' && before.size() == 3 && all(before, is_letter);
    }

    Result<void> parse_special(string_view item) {
        if (is_day()) return parse_special_day(uppercase(item));
        if (is_weekday()) return parse_special_weekday(item);
        return fail("special", fmt::format("{} is for the day fields only", item), expected());
    }

    // L, L-n, LW, L-nW, nW.
    Result<void> parse_special_day(string_view item) {
        const auto malformed = [&] {
            return fail("special", fmt::format("{} is not a day of the month", item),
                        "write L, L-1 to L-30, LW, L-1W to L-30W, or 1W to 31W");
        };
        const bool workday = item.back() == 'W';
        auto rest = item.substr(0, item.size() - (workday ? 1 : 0));
        if (rest == "L") {
            (workday ? sets_.workdays_before_last : sets_.days_before_last) |= 1U;
            return {};
        }
        if (rest.starts_with("L-")) {
            rest.remove_prefix(2);
            if (!all(rest, is_digit) || rest.size() > 2) return malformed();
            const int before = number_of(rest);
            if (before < 1 || before > 30) return malformed();
            (workday ? sets_.workdays_before_last : sets_.days_before_last) |= 1U << before;
            return {};
        }
        if (!workday || !all(rest, is_digit)) return malformed();
        const auto day = parse_number(rest);
        if (!day) return tl::unexpected(day.error());
        sets_.nearest_workdays |= 1U << day->number;
        return {};
    }

    // dL, d#k, d#L.
    Result<void> parse_special_weekday(string_view item) {
        const auto malformed = [&] {
            return fail(
                "special", fmt::format("{} is not a weekday of the month", item),
                "write FRIL for the last Friday, FRI#1 to FRI#5 for the first to fifth, "
                "SAT or 6 for every Saturday");
        };
        const auto hash = item.find('#');
        if (hash == string_view::npos && upper(item.back()) != 'L') return malformed();
        const auto day =
            hash == string_view::npos ? item.substr(0, item.size() - 1) : item.substr(0, hash);
        const auto which = hash == string_view::npos ? "L" : item.substr(hash + 1);
        if (!all(day, is_digit) && !all(day, is_letter)) return malformed();
        const auto weekday = parse_value(day);
        if (!weekday) return tl::unexpected(weekday.error());
        const auto bit = static_cast<std::uint8_t>(1U << (weekday->number % 7));
        if (which == "L" || which == "l") {
            sets_.last_weekdays |= bit;
        } else if (which.size() == 1 && which[0] >= '1' && which[0] <= '5') {
            sets_.nth_weekdays[static_cast<std::size_t>(which[0] - '1')] |= bit;
        } else {
            return malformed();
        }
        return {};
    }

    void add(int value) {
        switch (rules_.kind) {
            case FieldKind::kSecond:
                sets_.seconds |= std::uint64_t{1} << value;
                return;
            case FieldKind::kMinute:
                sets_.minutes |= std::uint64_t{1} << value;
                return;
            case FieldKind::kHour:
                sets_.hours |= 1U << value;
                return;
            case FieldKind::kDay:
                sets_.days |= 1U << value;
                return;
            case FieldKind::kMonth:
                sets_.months = static_cast<std::uint16_t>(sets_.months | 1U << value);
                return;
            case FieldKind::kWeekday:
                sets_.weekdays = static_cast<std::uint8_t>(sets_.weekdays | 1U << (value % 7));
                return;
            case FieldKind::kYear:
                sets_.years.set(static_cast<std::size_t>(value - CronSets::kFirstYear));
                return;
        }
    }

    // A day field that restricts nothing selects nothing: the other one decides.
    void settle_days() {
        if (is_day()) {
            sets_.days_restricted = !unrestricted_;
            if (unrestricted_) {
                sets_.days = sets_.days_before_last = 0;
                sets_.workdays_before_last = sets_.nearest_workdays = 0;
            }
        }
        if (is_weekday()) {
            sets_.weekdays_restricted = !unrestricted_;
            if (unrestricted_) {
                sets_.weekdays = sets_.last_weekdays = 0;
                sets_.nth_weekdays = {};
            }
        }
    }

    string_view expression_;
    std::size_t field_count_;
    const FieldRules& rules_;
    string_view text_;
    CronSets& sets_;
    bool unrestricted_ = false;
};

}  // namespace

Fault cron_fault(std::string_view expression, std::string_view where, std::string reason,
                 std::string_view problem, std::string help) {
    constexpr std::size_t kShown = limits::kCronBytes;
    auto shown = compact(string(expression.substr(0, kShown)));
    if (expression.size() > kShown) shown.insert(shown.size() - 1, "...");
    Fault fault;
    fault.code = "ATT4001";
    fault.message = fmt::format("invalid cron expression {}: {}{}", shown, where, problem);
    fault.help = std::move(help);
    fault.reason = std::move(reason);
    return fault;
}

Result<void> parse_cron_field(std::string_view expression, std::size_t field_count,
                              const cron_text::FieldRules& rules, std::string_view text,
                              CronSets& sets) {
    return FieldParser(expression, field_count, rules, text, sets).parse();
}

}  // namespace attune
