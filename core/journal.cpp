#include "core/journal.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace attune {
namespace {

constexpr std::array<std::string_view, 8> kPriorities = {"emerg",   "alert",  "crit", "err",
                                                         "warning", "notice", "info", "debug"};

// The fields of every payload.
constexpr std::array kUsual = {
    "MESSAGE",       "PRIORITY",          "UNIT",  "_SYSTEMD_UNIT", "OBJECT_SYSTEMD_UNIT",
    "COREDUMP_UNIT", "SYSLOG_IDENTIFIER", "_COMM", "_PID",          "SYSLOG_PID",
    "_UID",          "_HOSTNAME"};

// What `journalctl --unit` looks for: what the unit says, what systemd and coredumps say about
// it, and what privileged programs say on its behalf.
std::vector<JournalTerm> of_unit(const std::string& unit) {
    return {{"_SYSTEMD_UNIT=" + unit},
            {"_PID=1", "UNIT=" + unit},
            {"_UID=0", "OBJECT_SYSTEMD_UNIT=" + unit},
            {"_UID=0", "COREDUMP_UNIT=" + unit, "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1"}};
}

void append(JournalTerm& term, const JournalTerm& more) {
    term.insert(term.end(), more.begin(), more.end());
}

void add_terms(const Json& match, std::vector<JournalTerm>& terms) {
    JournalTerm common;
    if (const auto priority = match.find("priority"); priority != match.end()) {
        const auto name = priority->get<std::string>();
        const auto level = std::find(kPriorities.begin(), kPriorities.end(), name);
        for (auto at = kPriorities.begin(); at != kPriorities.end() && at <= level; ++at) {
            common.push_back("PRIORITY=" + std::to_string(at - kPriorities.begin()));
        }
    }
    if (const auto identifier = match.find("identifier"); identifier != match.end()) {
        common.push_back("SYSLOG_IDENTIFIER=" + identifier->get<std::string>());
    }
    if (const auto fields = match.find("fields"); fields != match.end()) {
        append(common, fields->get<JournalTerm>());
    }
    const auto unit = match.find("unit");
    if (unit == match.end()) {
        terms.push_back(std::move(common));
        return;
    }
    for (auto& term : of_unit(unit->get<std::string>())) {
        append(term, common);
        terms.push_back(std::move(term));
    }
}

// `text` cut to at most `most` bytes, never within a character, fit for jsonb.
std::string fit(std::string_view text, std::size_t most, bool& cut) {
    if (text.size() > most) {
        cut = true;
        text = text.substr(0, most);
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
            text.remove_suffix(1);
        }
        if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) {
            text.remove_suffix(1);
        }
    }
    std::string fitting(text);
    for (auto at = fitting.find('\0'); at != std::string::npos; at = fitting.find('\0', at)) {
        fitting.replace(at, 1, "\uFFFD");
    }
    return fitting;
}

class Payload {
public:
    explicit Payload(const JournalEntry& entry) : entry_(entry) {}

    // The first of `names` that the entry has.
    Json text(std::initializer_list<const char*> names, std::size_t most = kJournalFieldBytes) {
        for (const char* name : names) {
            const auto found = entry_.fields.find(name);
            if (found != entry_.fields.end()) return fit(found->second, most, cut_);
        }
        return {};
    }

    Json number(std::initializer_list<const char*> names) const {
        for (const char* name : names) {
            const auto found = entry_.fields.find(name);
            if (found == entry_.fields.end()) continue;
            std::int64_t value = 0;
            const auto& digits = found->second;
            const auto* end = digits.data() + digits.size();
            const auto read = std::from_chars(digits.data(), end, value);
            if (read.ec == std::errc() && read.ptr == end) return value;
        }
        return {};
    }

    // The unit an entry is about when systemd or root says so, else the one it comes from:
    // anybody may write what looks like a message about another's unit.
    Json unit() {
        if (is("_PID", "1") && entry_.fields.contains("UNIT")) return text({"UNIT"});
        if (is("_UID", "0")) {
            return text({"COREDUMP_UNIT", "OBJECT_SYSTEMD_UNIT", "_SYSTEMD_UNIT"});
        }
        return text({"_SYSTEMD_UNIT"});
    }

    bool cut() const { return cut_; }

private:
    bool is(const char* name, std::string_view value) const {
        const auto found = entry_.fields.find(name);
        return found != entry_.fields.end() && found->second == value;
    }

    const JournalEntry& entry_;
    bool cut_ = false;
};

}  // namespace

JournalSpec journal_spec(const Json& config) {
    JournalSpec spec;
    for (const auto& match : config.at("match")) add_terms(match, spec.terms);
    spec.fields = config.value("fields", std::vector<std::string>());
    const auto limit = config.value("limit", Json::object());
    spec.limit.events = limit.value("events", spec.limit.events);
    if (const auto within = limit.find("within"); within != limit.end()) {
        spec.limit.within =
            within->is_number()
                ? std::chrono::seconds(within->get<std::int64_t>())
                : parse_duration(within->get<std::string>()).value_or(spec.limit.within);
    }
    return spec;
}

std::vector<std::string> journal_fields(const JournalSpec& spec) {
    std::vector<std::string> fields(kUsual.begin(), kUsual.end());
    fields.insert(fields.end(), spec.fields.begin(), spec.fields.end());
    std::sort(fields.begin(), fields.end());
    fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
    return fields;
}

std::string journal_payload(const JournalSpec& spec, const JournalEntry& entry,
                            std::int64_t skipped) {
    Payload from(entry);
    auto message = from.text({"MESSAGE"}, kJournalMessageBytes);
    auto priority = from.number({"PRIORITY"});
    if (priority.is_number() && priority.get<std::int64_t>() / 8 != 0) priority = Json();
    Json fields = Json::object();
    for (const auto& name : spec.fields) {
        if (entry.fields.contains(name)) fields[name] = from.text({name.c_str()});
    }
    Json payload = {{"message", message.is_null() ? Json("") : std::move(message)},
                    {"priority", std::move(priority)},
                    {"unit", from.unit()},
                    {"identifier", from.text({"SYSLOG_IDENTIFIER", "_COMM"})},
                    {"pid", from.number({"_PID", "SYSLOG_PID"})},
                    {"hostname", from.text({"_HOSTNAME"})},
                    {"boot_id", entry.boot_id},
                    {"cursor", entry.cursor},
                    {"at", format_rfc3339_micros(entry.at)},
                    {"fields", std::move(fields)},
                    {"cut", from.cut()},
                    {"skipped", skipped}};
    return compact(payload);
}

bool BurstWindow::admit(TimePoint at, const BurstLimit& limit) {
    // Sums and differences from TimePoint::min() would leave the range.
    if (events == 0 || at < began || at - began >= limit.within) {
        began = at;
        events = 0;
    }
    if (events >= limit.events) return false;
    ++events;
    return true;
}

Json to_json(const JournalPosition& position) {
    return {{"cursor", position.cursor},
            {"window_began", position.window.began.time_since_epoch().count()},
            {"window_events", position.window.events},
            {"skipped", position.skipped}};
}

JournalPosition journal_position(const Json& json) {
    JournalPosition position;
    position.cursor = json.value("cursor", "");
    position.window.began = TimePoint(
        Duration(json.value("window_began", TimePoint::min().time_since_epoch().count())));
    position.window.events = json.value("window_events", std::int64_t{0});
    position.skipped = json.value("skipped", std::int64_t{0});
    return position;
}

}  // namespace attune
