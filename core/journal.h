// What a sensor of core.journal asks for, and what an entry of the journal becomes. Pure: the
// journal itself is os/journal.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/time.h"

namespace attune {

inline constexpr std::string_view kJournalTrigger = "core.journal";

// "FIELD=value" texts: of different fields all must be so, of one field one of its values
// (sd_journal_add_match(3)).
using JournalTerm = std::vector<std::string>;

// At most `events` within `within`.
struct BurstLimit {
    std::int64_t events = 100;
    Duration within = std::chrono::seconds(60);
};

struct JournalSpec {
    std::vector<JournalTerm> terms;   // an entry matches when one of them does
    std::vector<std::string> fields;  // that an event carries besides the usual ones
    BurstLimit limit;
};

// Requires that the trigger's param_schema accepts `config`.
JournalSpec journal_spec(const Json& config);

// One entry, with the values of the fields that were asked for and are there; of a field with
// several values the first. Bytes as they are.
struct JournalEntry {
    std::string cursor;
    TimePoint at;
    std::string boot_id;
    std::map<std::string, std::string> fields;
};

inline constexpr std::size_t kJournalMessageBytes = 16 * 1024;
inline constexpr std::size_t kJournalFieldBytes = 4 * 1024;

// The fields that journal_payload() reads.
std::vector<std::string> journal_fields(const JournalSpec& spec);

// The event's payload as out_schema describes it, compact. Texts longer than above are cut,
// NUL and what is not UTF-8 become U+FFFD.
std::string journal_payload(const JournalSpec& spec, const JournalEntry& entry,
                            std::int64_t skipped);

// Counts events in windows that begin with their first event. It goes by the entries' own
// moments, so that reading the same entries again decides the same.
struct BurstWindow {
    TimePoint began = TimePoint::min();
    std::int64_t events = 0;

    // Whether an entry of `at` is within the limit; counts it when it is. A clock that was set
    // back begins a new window.
    bool admit(TimePoint at, const BurstLimit& limit);

    friend bool operator==(const BurstWindow&, const BurstWindow&) = default;
};

// How far a sensor has come: what is kept between two lives of the daemon.
struct JournalPosition {
    std::string cursor;  // of the last entry dealt with; empty: the journal had none
    BurstWindow window;
    std::int64_t skipped = 0;  // since the last event

    friend bool operator==(const JournalPosition&, const JournalPosition&) = default;
};
Json to_json(const JournalPosition& position);
JournalPosition journal_position(const Json& json);

}  // namespace attune
