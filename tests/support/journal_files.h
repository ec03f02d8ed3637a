// A journal of the test's own: real journal files, written by systemd-journal-remote from
// systemd's export format.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "tests/support/temp_directory.h"

namespace attune {

class JournalFiles {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    std::string path() const { return directory_.path().string(); }

    // Appends an entry to NAME.journal, a second after the one before it. journal files can be
    // written by one at a time: the file is closed again when this returns.
    void write(const Fields& fields, const std::string& name = "system");
    // Several in one go.
    void write_all(const std::vector<Fields>& entries, const std::string& name = "system");

    // As journald does when space is short.
    void vacuum(const std::string& name);

    // When the n-th entry (from 1) was received.
    static TimePoint at(int n);

private:
    TempDirectory directory_;
    int entries_ = 0;
};

}  // namespace attune
