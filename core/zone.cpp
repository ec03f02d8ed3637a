#include "core/zone.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/posix_tz.h"

namespace attune {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

using Change = PosixRule::Change;

// Nothing before can matter to an instant from 1970 on: offsets differ by two days at most.
constexpr Instant kBegin = sys_days(year(1969) / 12 / 1);
constexpr int kLastYear = 2200;
// Past the explicit transitions that files list for zones whose changes follow no rule.
constexpr Instant kStillChanging = sys_days(year(2100) / 1 / 1);

// Reads the big-endian numbers of a TZif file; past its end everything is 0 and failed().
class Bytes {
public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

    bool failed() const { return failed_; }

    std::string_view take(std::size_t count) {
        if (count > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return {};
        }
        const auto taken = bytes_.substr(0, count);
        bytes_.remove_prefix(count);
        return taken;
    }

    std::int64_t number(std::size_t size) {
        std::uint64_t value = 0;
        const auto taken = take(size);
        for (const char byte : taken) value = value << 8 | static_cast<unsigned char>(byte);
        // Sign extension of what is shorter than 8 bytes.
        const auto unused = 64 - 8 * size;
        return static_cast<std::int64_t>(value << unused) >> unused;
    }

    std::string_view rest() const { return bytes_; }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

struct Header {
    char version = '\0';
    std::size_t isut = 0;
    std::size_t isstd = 0;
    std::size_t leaps = 0;
    std::size_t times = 0;
    std::size_t types = 0;
    std::size_t chars = 0;

    std::size_t block_size(std::size_t time_size) const {
        return times * (time_size + 1) + types * 6 + chars + leaps * (time_size + 4) + isstd +
               isut;
    }
};

std::optional<Header> read_header(Bytes& bytes) {
    if (bytes.take(4) != "TZif") return std::nullopt;
    Header header;
    const auto version = bytes.take(1);
    bytes.take(15);
    for (auto* count : {&header.isut, &header.isstd, &header.leaps, &header.times,
                        &header.types, &header.chars}) {
        const auto number = bytes.number(4);
        if (number < 0) return std::nullopt;
        *count = static_cast<std::size_t>(number);
    }
    if (bytes.failed()) return std::nullopt;
    header.version = version.front();
    return header;
}

// What a file says, before it becomes spans.
struct Rules {
    Seconds first_offset{0};      // before the first change
    std::vector<Change> changes;  // ascending
    std::optional<PosixRule> footer;
};

using NoRules = tl::unexpected<std::string>;

class TzifReader {
public:
    explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

    // The rules, or what is wrong with the file.
    tl::expected<Rules, std::string> read() {
        const auto first = read_header(bytes_);
        if (!first) return NoRules("is not a TZif file");
        if (first->version < '2') return NoRules("is a TZif file of version 1");
        bytes_.take(first->block_size(4));
        const auto header = read_header(bytes_);
        if (!header) return NoRules("has no second header");
        if (header->leaps != 0) return NoRules("counts leap seconds");
        if (header->types == 0 || header->types > 256) {
            return NoRules("has no types or too many");
        }
        if (header->block_size(8) > bytes_.rest().size()) return NoRules("is cut short");
        return read_block(*header);
    }

private:
    tl::expected<Rules, std::string> read_block(const Header& header) {
        std::vector<Instant> times(header.times);
        for (auto& time : times) time = Instant(Seconds(bytes_.number(8)));
        if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) !=
            times.end()) {
            return NoRules("has transitions out of order");
        }
        const auto types = bytes_.take(header.times);
        std::vector<Seconds> offsets(header.types);
        for (auto& offset : offsets) {
            offset = Seconds(bytes_.number(4));
            bytes_.take(2);  // daylight flag, abbreviation
            if (offset < -std::chrono::hours(25) || offset > std::chrono::hours(26)) {
                return NoRules("has an offset of more than a day");
            }
        }
        Rules rules;
        rules.first_offset = offsets.front();
        for (std::size_t i = 0; i < times.size(); ++i) {
            const auto type = static_cast<unsigned char>(types[i]);
            if (type >= offsets.size()) return NoRules("has a transition of no type");
            rules.changes.push_back({times[i], offsets[type]});
        }
        bytes_.take(header.chars + header.isstd + header.isut);
        return read_footer(std::move(rules));
    }

    tl::expected<Rules, std::string> read_footer(Rules rules) {
        if (bytes_.take(1) != "\n") return NoRules("has no footer");
        const auto rest = bytes_.rest();
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) return NoRules("has no end of its footer");
        if (end == 0) return rules;  // nothing is known of later times: the last offset stays
        rules.footer = PosixRule::parse(rest.substr(0, end));
        if (!rules.footer) return NoRules("has a footer that is no POSIX TZ string");
        return rules;
    }

    Bytes bytes_;
};

// Writes the footer's rules out, year by year: it is then searched like all the rest.
void append_footer(const PosixRule& footer, std::vector<Change>& changes) {
    const auto last = changes.empty() ? Instant::min() : changes.back().at;
    if (!footer.has_changes()) {
        if (changes.empty()) changes.push_back({kBegin, footer.standard_offset()});
        return;
    }
    std::vector<Change> written;
    for (year y(1969); y <= year(kLastYear); ++y) {
        const auto [daylight, standard] = footer.changes_of(y);
        for (const auto& change : {daylight, standard}) {
            if (change.at > last) written.push_back(change);
        }
    }
    // Stable: where one year's daylight ends when the next one's begins, it goes on.
    std::stable_sort(written.begin(), written.end(),
                     [](const Change& a, const Change& b) { return a.at < b.at; });
    changes.insert(changes.end(), written.begin(), written.end());
}

std::vector<ZoneSpan> to_spans(Seconds offset, const std::vector<Change>& changes) {
    std::vector<ZoneSpan> spans;
    Instant begin = Instant::min();
    WallTime passed = WallTime::min();
    const auto close = [&](Instant end) {
        spans.push_back({begin, end, offset, passed});
        if (end == Instant::max()) return;
        passed = std::max(passed, spans.back().wall(end));
        begin = end;
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        // Of several changes at one moment the last one counts.
        if (i + 1 < changes.size() && changes[i + 1].at == changes[i].at) continue;
        if (changes[i].at >= kBegin && changes[i].offset != offset) close(changes[i].at);
        offset = changes[i].offset;
    }
    close(Instant::max());
    return spans;
}

}  // namespace

std::shared_ptr<const Zone> Zone::utc() {
    static const std::shared_ptr<const Zone> kUtc(new Zone("UTC", to_spans(Seconds(0), {})));
    return kUtc;
}

Result<std::shared_ptr<const Zone>> Zone::from_tzif(std::string name, std::string_view bytes) {
    auto rules = TzifReader(bytes).read();
    if (!rules) {
        auto refused =
            refuse("ATT4003", fmt::format("the file of time zone {} {}", name, rules.error()),
                   "reinstall the system's tzdata");
        refused.value().reason = "bad_zone_file";
        return refused;
    }
    if (rules->footer) append_footer(*rules->footer, rules->changes);
    return std::shared_ptr<const Zone>(
        new Zone(std::move(name), to_spans(rules->first_offset, rules->changes)));
}

std::size_t Zone::span_index(Instant instant) const {
    const auto after =
        std::upper_bound(spans_.begin(), spans_.end(), instant,
                         [](Instant at, const ZoneSpan& span) { return at < span.begin; });
    assert(after != spans_.begin());
    return static_cast<std::size_t>(after - spans_.begin()) - 1;
}

bool Zone::has_dst() const { return spans_.back().begin > kStillChanging; }

bool Zone::same_rules(const Zone& other) const {
    return std::equal(spans_.begin(), spans_.end(), other.spans_.begin(), other.spans_.end(),
                      [](const ZoneSpan& a, const ZoneSpan& b) {
                          return a.begin == b.begin && a.offset == b.offset;
                      });
}

bool is_zone_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '-' || c == '_' || c == '/';
    };
    constexpr std::size_t kLongest = 64;
    if (name.empty() || name.size() > kLongest || name.front() == '/' || name.back() == '/' ||
        name.find("//") != std::string_view::npos ||
        !std::all_of(name.begin(), name.end(), is_allowed)) {
        return false;
    }
    return !name.starts_with("posix/") && !name.starts_with("right/") && name != "localtime" &&
           name != "posixrules";
}

}  // namespace attune
