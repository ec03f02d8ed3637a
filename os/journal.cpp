#include "os/journal.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <systemd/sd-journal.h>

#include "os/system_error.h"

namespace attune {
namespace {

// sd-journal's functions return a negative errno.
int sure(int result, const char* what) {
    if (result < 0) throw SystemError(-result, what);
    return result;
}

struct Freer {
    void operator()(char* text) const noexcept { std::free(text); }
};

std::string cursor_of(sd_journal* journal) {
    char* text = nullptr;
    sure(::sd_journal_get_cursor(journal, &text), "cannot tell a place in the journal");
    const std::unique_ptr<char, Freer> owner(text);
    return text;
}

}  // namespace

void JournalReader::Closer::operator()(sd_journal* journal) const noexcept {
    ::sd_journal_close(journal);
}

JournalReader::JournalReader(const std::string& directory, std::span<const JournalTerm> terms)
    : terms_(terms.begin(), terms.end()) {
    sd_journal* journal = nullptr;
    const auto where = directory.empty() ? std::string("the journal") : directory;
    const int opened =
        directory.empty()
            ? ::sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
            : ::sd_journal_open_directory(&journal, directory.c_str(), 0);
    if (opened < 0) throw SystemError(-opened, "cannot open " + where);
    journal_.reset(journal);
    if (::sd_journal_has_runtime_files(journal) <= 0 &&
        ::sd_journal_has_persistent_files(journal) <= 0 && end().empty()) {
        throw SystemError(ENODATA, "cannot read " + where +
                                       ": no file of it may be read (members of the group "
                                       "systemd-journal may)");
    }
    // A value that is longer is not even unpacked as a whole.
    sure(::sd_journal_set_data_threshold(journal, kJournalMessageBytes + 64),
         "cannot set up the journal");
    sure(::sd_journal_get_fd(journal), "cannot watch the journal");
}

std::string JournalReader::end() {
    at_next_ = false;
    ::sd_journal_flush_matches(journal_.get());
    sure(::sd_journal_seek_tail(journal_.get()), "cannot move in the journal");
    const int moved = sure(::sd_journal_previous(journal_.get()), "cannot read the journal");
    return moved > 0 ? cursor_of(journal_.get()) : std::string();
}

// Whether the entry is there is found out without matches, for it need not be one.
bool JournalReader::seek(const std::string& cursor) {
    at_next_ = false;
    auto* journal = journal_.get();
    ::sd_journal_flush_matches(journal);
    if (cursor.empty()) {
        put_on_matches();
        sure(::sd_journal_seek_head(journal), "cannot move in the journal");
        return true;
    }
    const auto go = [&] {
        sure(::sd_journal_seek_cursor(journal, cursor.c_str()), "cannot move in the journal");
        return sure(::sd_journal_next(journal), "cannot read the journal") > 0;
    };
    const auto on_it = [&] {
        return sure(::sd_journal_test_cursor(journal, cursor.c_str()),
                    "cannot compare places in the journal") > 0;
    };
    const bool there = go() && on_it();
    put_on_matches();
    at_next_ = go() && !on_it();
    return there;
}

void JournalReader::put_on_matches() {
    for (const auto& term : terms_) {
        sure(::sd_journal_add_disjunction(journal_.get()), "cannot match the journal");
        for (const auto& match : term) {
            sure(::sd_journal_add_match(journal_.get(), match.data(), match.size()),
                 "cannot match the journal");
        }
    }
}

std::optional<JournalEntry> JournalReader::next(std::span<const std::string> fields) {
    if (!std::exchange(at_next_, false) &&
        sure(::sd_journal_next(journal_.get()), "cannot read the journal") == 0) {
        return std::nullopt;
    }
    return read(fields);
}

JournalEntry JournalReader::read(std::span<const std::string> fields) {
    auto* journal = journal_.get();
    JournalEntry entry;
    entry.cursor = cursor_of(journal);
    std::uint64_t at = 0;
    sure(::sd_journal_get_realtime_usec(journal, &at), "cannot read the journal");
    entry.at = TimePoint(Duration(static_cast<std::int64_t>(at)));
    std::uint64_t unused = 0;
    sd_id128_t boot{};
    sure(::sd_journal_get_monotonic_usec(journal, &unused, &boot), "cannot read the journal");
    char boot_text[SD_ID128_STRING_MAX];
    entry.boot_id = ::sd_id128_to_string(boot, boot_text);
    for (const auto& name : fields) {
        const void* data = nullptr;
        std::size_t size = 0;
        // One that cannot be unpacked counts as absent, so that it holds up nobody.
        if (::sd_journal_get_data(journal, name.c_str(), &data, &size) < 0) continue;
        const std::string_view field(static_cast<const char*>(data), size);
        entry.fields.emplace(name, field.substr(std::min(name.size() + 1, field.size())));
    }
    return entry;
}

int JournalReader::fd() const { return ::sd_journal_get_fd(journal_.get()); }

void JournalReader::take_notice() {
    sure(::sd_journal_process(journal_.get()), "cannot watch the journal");
}

}  // namespace attune
