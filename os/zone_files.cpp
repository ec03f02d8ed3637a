#include "os/zone_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/json.h"

namespace attune {
namespace {

// Zone files have a few kilobytes; what is larger is something else.
constexpr std::streamsize kLargest = 256 * 1024;

Refused unknown(std::string_view name, std::string help) {
    constexpr std::size_t kShown = 64;
    auto refused =
        refuse("ATT4003", fmt::format("unknown time zone {}", compact(name.substr(0, kShown))),
               std::move(help));
    refused.value().reason = "unknown_zone";
    return refused;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string bytes(static_cast<std::size_t>(kLargest), '\0');
    file.read(bytes.data(), kLargest);
    if (file.bad() || !file.eof()) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
}

}  // namespace

ZoneFiles::ZoneFiles(std::string directory) : directory_(std::move(directory)) {}

Result<std::shared_ptr<const Zone>> ZoneFiles::find(std::string_view name) const {
    if (!is_zone_name(name)) {
        return unknown(name, "write a name of the tz database, such as Europe/Berlin or UTC");
    }
    const std::lock_guard lock(mutex_);
    const auto found = loaded_.find(name);
    if (found != loaded_.end()) return found->second.zone;
    const std::string key(name);
    // Before the file is read: what replaces it meanwhile will have another stamp.
    const auto as_of = stamp(key);
    auto zone = name == "UTC" ? Zone::utc() : read(key);
    if (zone) loaded_.emplace(key, Loaded{*zone, as_of});
    return zone;
}

ZoneFiles::Stamp ZoneFiles::stamp(const std::string& name) const {
    const auto path = std::filesystem::path(directory_) / name;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    const auto nanoseconds = [](const timespec& time) {
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .size = status.st_size,
            .modified = nanoseconds(status.st_mtim),
            .changed = nanoseconds(status.st_ctim)};
}

Result<std::shared_ptr<const Zone>> ZoneFiles::read(const std::string& name) const {
    const auto bytes = read_file(std::filesystem::path(directory_) / name);
    if (!bytes) {
        return unknown(name, fmt::format("there is no such zone in {}; names look like "
                                         "Europe/Berlin",
                                         directory_));
    }
    return Zone::from_tzif(name, *bytes);
}

std::string ZoneFiles::version() const {
    std::ifstream file(std::filesystem::path(directory_) / "tzdata.zi");
    std::string line;
    std::getline(file, line);
    constexpr std::string_view kPrefix = "# version ";
    if (!line.starts_with(kPrefix)) return "unknown";
    return line.substr(kPrefix.size());
}

ZoneFiles::Reload ZoneFiles::reload() {
    const std::lock_guard lock(mutex_);
    Reload result;
    for (auto& [name, loaded] : loaded_) {
        if (name == "UTC") continue;
        const auto as_of = stamp(name);
        if (as_of == loaded.stamp) continue;
        loaded.stamp = as_of;
        const auto fresh = read(name);
        if (!fresh) {
            result.kept.push_back(name);
        } else if (!(*fresh)->same_rules(*loaded.zone)) {
            loaded.zone = *fresh;
            result.changed.push_back(name);
        }
    }
    if (!result.changed.empty()) ++revision_;
    return result;
}

}  // namespace attune
