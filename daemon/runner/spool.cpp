#include "daemon/runner/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/digest.h"
#include "core/limits.h"
#include "os/files.h"
#include "os/system_error.h"
#include "os/unique_fd.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRun = ".run";
constexpr const char* kOutcome = ".outcome";
constexpr const char* kAside = ".unreadable";
constexpr mode_t kMode = 0600;
constexpr std::size_t kDigestDigits = 64;

std::optional<ProcessFinished> read_outcome(const std::string& text) {
    if (text.size() <= kDigestDigits || text[kDigestDigits] != '\n') return std::nullopt;
    const std::string_view body = std::string_view(text).substr(kDigestDigits + 1);
    if (sha256_hex(body) != text.substr(0, kDigestDigits)) return std::nullopt;
    auto message = decode(body);
    if (!message) return std::nullopt;
    auto* finished = std::get_if<ProcessFinished>(&*message);
    if (finished == nullptr) return std::nullopt;
    return std::move(*finished);
}

// A run whose note was being written when the runner died had not been let go.
std::optional<Spool::LostRun> read_run(const std::string& text) {
    Spool::LostRun run;
    std::istringstream words(text);
    words >> run.execution.value >> run.group.group >> run.group.leader_start_ticks >>
        run.group.boot_id;
    if (!words || words.get() != '\n') return std::nullopt;
    return run;
}

void unlink_file(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw_errno("cannot remove " + path.string());
    }
}

}  // namespace

Spool::Spool(std::string directory) : directory_(std::move(directory)) {
    make_directories(directory_, 0700);
}

std::string Spool::file(const ClaimToken& token, const char* suffix) const {
    return directory_ + "/" + to_string(token) + suffix;
}

Spool::Left Spool::take_stock(const std::function<void(const LostRun&)>& end) {
    Left left;
    std::vector<fs::path> runs;
    for (const auto& entry : fs::directory_iterator(directory_)) {
        const auto& path = entry.path();
        if (path.extension() == ".tmp") {
            unlink_file(path);
        } else if (path.extension() == kRun) {
            runs.push_back(path);
        } else if (path.extension() == kOutcome) {
            auto outcome = read_outcome(read_file(path.string(), limits::kMessageBytes));
            if (outcome) {
                left.outcomes.push_back(*std::move(outcome));
            } else {
                left.unreadable.push_back(path.string());
                fs::rename(path, path.string() + kAside);
            }
        }
    }
    for (const auto& path : runs) {
        auto outcome = path;
        outcome.replace_extension(kOutcome);
        if (!fs::exists(outcome)) {
            if (const auto run = read_run(read_file(path.string(), limits::kMessageBytes))) {
                end(*run);
                ++left.lost;
            }
        }
        unlink_file(path);
    }
    return left;
}

void Spool::note_run(const ProcessStarted& started, const std::string& boot_id) {
    const auto path = file(started.token, kRun);
    const UniqueFd note(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
    if (!note) throw_errno("cannot make " + path);
    const auto text = fmt::format("{} {} {} {}\n", started.key.id.value, started.process_group,
                                  started.start_ticks, boot_id);
    const auto written = ::write(note.get(), text.data(), text.size());
    if (written < 0) throw_errno("cannot write " + path);
    if (static_cast<std::size_t>(written) != text.size()) {
        throw SystemError(ENOSPC, "cannot write " + path);
    }
}

void Spool::keep(const ProcessFinished& finished) {
    const auto body = encode(finished);
    write_file_atomically(file(finished.token, kOutcome), sha256_hex(body) + "\n" + body,
                          kMode);
    unlink_file(file(finished.token, kRun));
}

void Spool::forget(const ClaimToken& token) {
    unlink_file(file(token, kOutcome));
    unlink_file(file(token, kRun));
}

}  // namespace attune
