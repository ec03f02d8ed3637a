// Reading cron expressions: left to right, the first fault ends it.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/cron_field.h"
#include "core/cron_text.h"
#include "core/json.h"
#include "core/limits.h"

namespace attune {
namespace {

using namespace cron_text;
using std::string;
using std::string_view;

std::vector<string_view> split(string_view text) {
    std::vector<string_view> fields;
    std::size_t at = 0;
    while (at < text.size()) {
        if (is_blank(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && !is_blank(text[end])) ++end;
        fields.push_back(text.substr(at, end - at));
        at = end;
    }
    return fields;
}

bool is_interval_like(string_view time_of_day) {
    return time_of_day.find_first_of("*-/") != string_view::npos;
}

Result<CronSets> parse_fields(string_view expression, const std::vector<string_view>& fields) {
    CronSets sets;
    sets.years.set();
    std::size_t rules = fields.size() == 5 ? 1 : 0;
    if (rules == 1) sets.seconds = 1;
    for (const auto text : fields) {
        const auto& field = kFields[rules++];
        if (field.kind == FieldKind::kYear) sets.years.reset();
        if (auto parsed = parse_cron_field(expression, fields.size(), field, text, sets);
            !parsed) {
            return tl::unexpected(std::move(parsed.error()));
        }
    }
    const std::size_t time_fields = fields.size() == 5 ? 2 : 3;
    for (std::size_t i = 0; i < time_fields; ++i) {
        sets.interval_like = sets.interval_like || is_interval_like(fields[i]);
    }
    sets.both_days = sets.both_days && sets.days_restricted && sets.weekdays_restricted;
    return sets;
}

Result<CronSets> parse_nickname(string_view expression,
                                const std::vector<string_view>& fields) {
    const auto fail = [&](string help) {
        return tl::unexpected(
            cron_fault(expression, "", "macro",
                       fmt::format("{} is not a nickname", compact(string(fields.front()))),
                       std::move(help)));
    };
    string name(fields.front());
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (name == "@every") return fail("use a core.intervaltimer");
    if (name == "@reboot") return fail("a timer has no notion of a boot; use a systemd unit");
    for (const auto& nickname : kNicknames) {
        if (nickname.name != name) continue;
        if (fields.size() > 1) return fail("a nickname stands alone");
        return parse_fields(nickname.meaning, split(nickname.meaning));
    }
    return fail("they are @yearly @annually @monthly @weekly @daily @midnight @hourly");
}

bool is_zone_prefix(string_view field) {
    const auto text = uppercase(field.substr(0, 8));
    return text.starts_with("TZ=") || text.starts_with("CRON_TZ=");
}

// What is wrong with the text as a whole, before any field.
std::optional<Fault> fault_of_text(string_view text) {
    if (text.size() > limits::kCronBytes) {
        return cron_fault(
            text, "", "too_long",
            fmt::format("it has {} bytes, {} are allowed", text.size(), limits::kCronBytes),
            "split it into several sensors");
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] >= ' ' && text[i] <= '~') || text[i] == '\t') continue;
        auto fault = cron_fault(text, "", "bad_char",
                                fmt::format("byte {:#04x} (column {}) is not printable ASCII",
                                            static_cast<unsigned char>(text[i]), i + 1),
                                "write letters, digits, blanks and * , - / ? # + only");
        fault.column = i + 1;
        return fault;
    }
    return std::nullopt;
}

}  // namespace

Result<CronExpression> CronExpression::parse(string_view text) {
    if (auto fault = fault_of_text(text)) return tl::unexpected(std::move(*fault));
    const auto fields = split(text);
    const auto fail = [&](string reason, const string& problem, string help) {
        return tl::unexpected(
            cron_fault(text, "", std::move(reason), problem, std::move(help)));
    };
    constexpr auto kFieldNames =
        "6 fields are: second minute hour day-of-month month day-of-week";
    if (fields.empty()) return fail("empty", "it is empty", kFieldNames);
    if (is_zone_prefix(fields.front())) {
        return fail("tz_prefix", "a time zone prefix is not part of the expression",
                    "set the sensor's timezone field");
    }
    Result<CronSets> sets;
    if (fields.front().starts_with('@')) {
        sets = parse_nickname(text, fields);
    } else if (fields.size() < 5 || fields.size() > 7) {
        return fail("field_count",
                    fmt::format("expected 5, 6 or 7 fields, found {}", fields.size()),
                    kFieldNames);
    } else {
        sets = parse_fields(text, fields);
    }
    if (!sets) return tl::unexpected(std::move(sets.error()));
    return CronExpression(string(text), *sets);
}

}  // namespace attune
