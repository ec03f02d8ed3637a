// One sensor of core.journal: reads what matches, and keeps how far it has come.
//
// Entries are dealt with in order: each becomes an event that is handed out by next(), or a
// skip. What was handed out is settled() in any order; position() is behind all that is settled
// without a gap, so a restart from there hands out again what was not, under the same keys.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/journal.h"
#include "os/journal.h"
#include "store/host_sensor_store.h"

namespace attune {

class JournalFollower {
public:
    // So many entries at most are read by one call of next().
    static constexpr int kEntriesAtOnce = 1000;

    struct Handed {
        std::uint64_t number = 0;
        std::string key;  // of the event: the entry's cursor
        std::string payload;
    };

    // `from`: where it was left; nullopt: the journal's end as it is now. Throws SystemError.
    JournalFollower(SensorId sensor, JournalSpec spec, const std::string& directory,
                    const std::optional<JournalPosition>& from);

    // The next event; nullopt: none for now. may_have_more() tells whether to ask again soon.
    std::optional<Handed> next();
    bool may_have_more() const { return may_have_more_; }

    // `refused`: not empty: the ledger will not have it, and why.
    void settled(std::uint64_t number, const std::string& refused);

    // Finds its place again, so that it is noticed when what follows it is gone; and when there
    // is nothing to do, moves to the journal's end, so that a sensor that seldom matches has
    // not an old place that may go. Throws SystemError.
    void find_place();

    const JournalPosition& position() const { return position_; }
    // Skips up to position(), taken once.
    std::vector<HostSkip> take_skips();

    int fd() const { return reader_.fd(); }
    void take_notice() { reader_.take_notice(); }

private:
    // What was read and not yet passed: one event, or a run of skipped entries.
    struct Passage {
        JournalPosition after;
        std::uint64_t number = 0;  // 0: skipped
        bool is_settled = false;
        TimePoint at;
        std::optional<HostSkip> skip;
    };

    void go_to(const std::string& cursor);
    void skip(const JournalEntry& entry);
    void advance();
    void add(HostSkip skip);

    SensorId sensor_;
    JournalSpec spec_;
    std::vector<std::string> fields_;
    JournalReader reader_;
    JournalPosition position_;
    JournalPosition read_;  // behind the last entry read
    std::deque<Passage> passages_;
    std::vector<HostSkip> skips_;
    std::string gone_;  // the last cursor whose entry was found gone, and told
    std::uint64_t last_number_ = 0;
    bool may_have_more_ = true;
};

}  // namespace attune
