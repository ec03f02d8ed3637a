// The journal of the host, read in order: sd-journal's one home for reading.
//
// A reader belongs to one thread. Moving over entries may wait for a disk, and never for new
// entries. All of it throws SystemError.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/journal.h"

struct sd_journal;

namespace attune {

class JournalReader {
public:
    // `directory`: where journal files are; empty: the host's own. `terms`: which entries
    // next() shows; none: all. ENODATA: there is no file that this user may read.
    JournalReader(const std::string& directory, std::span<const JournalTerm> terms);

    // The cursor of the journal's newest entry, whether it matches or not; empty: there is
    // none. Moves the reader: seek() before next().
    std::string end();

    // next() shows what matches after the entry of `cursor`; empty: from the oldest on. False:
    // that entry is gone, and next() goes on at the nearest one that is there.
    bool seek(const std::string& cursor);

    // The next entry that matches, with those of `fields` (sorted) that it has; nullopt: there
    // is none yet.
    std::optional<JournalEntry> next(std::span<const std::string> fields);

    // Readable when entries may have come; take_notice() before the next wait.
    int fd() const;
    void take_notice();

private:
    struct Closer {
        void operator()(sd_journal* journal) const noexcept;
    };

    void put_on_matches();
    JournalEntry read(std::span<const std::string> fields);

    std::unique_ptr<sd_journal, Closer> journal_;
    std::vector<JournalTerm> terms_;
    bool at_next_ = false;  // it stands on the entry that next() shows
};

}  // namespace attune
