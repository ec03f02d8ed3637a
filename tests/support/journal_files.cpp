#include "tests/support/journal_files.h"

#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "os/spawn.h"

namespace attune {
namespace {

constexpr TimePoint kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} +
                           std::chrono::hours(12)};

// https://systemd.io/JOURNAL_EXPORT_FORMATS: a value that is no plain line has its length
// before it.
void append(std::string& text, const std::string& name, const std::string& value) {
    text += name;
    if (value.find_first_of(std::string("\n\0", 2)) == std::string::npos) {
        text += "=" + value + "\n";
        return;
    }
    text += "\n";
    for (unsigned shift = 0; shift < 64; shift += 8) {
        text += static_cast<char>(value.size() >> shift & 0xFFU);
    }
    text += value + "\n";
}

}  // namespace

TimePoint JournalFiles::at(int n) { return kBegin + std::chrono::seconds(n); }

void JournalFiles::write(const Fields& fields, const std::string& name) {
    write_all({fields}, name);
}

void JournalFiles::write_all(const std::vector<Fields>& entries, const std::string& name) {
    std::string text;
    for (const auto& fields : entries) {
        const auto since_boot = std::chrono::seconds(++entries_);
        append(text, "__REALTIME_TIMESTAMP",
               std::to_string(at(entries_).time_since_epoch().count()));
        append(text, "__MONOTONIC_TIMESTAMP", std::to_string(Duration(since_boot).count()));
        append(text, "_BOOT_ID", "0123456789abcdef0123456789abcdef");
        for (const auto& [field, value] : fields) append(text, field, value);
        text += "\n";
    }
    TempDirectory aside;
    SpawnOptions remote;
    remote.argv = {"/lib/systemd/systemd-journal-remote", "--split-mode=none",
                   "--output=" + (directory_ / (name + ".journal")),
                   aside.write("entries.export", text)};
    const auto status = run_to_end(remote, nullptr, std::chrono::seconds(20));
    if (status.code != 0) {
        throw std::runtime_error(
            fmt::format("systemd-journal-remote ended with {}", status.code));
    }
}

void JournalFiles::vacuum(const std::string& name) {
    std::filesystem::remove(directory_ / (name + ".journal"));
}

}  // namespace attune
