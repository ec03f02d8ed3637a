#include "os/zone_files.h"

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
    if (found != loaded_.end()) return found->second;
    auto zone = name == "UTC" ? Zone::utc() : read(std::string(name));
    if (zone) loaded_.emplace(name, *zone);
    return zone;
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
    for (auto& [name, zone] : loaded_) {
        if (name == "UTC") continue;
        const auto fresh = read(name);
        if (!fresh) {
            result.kept.push_back(name);
        } else if (!(*fresh)->same_rules(*zone)) {
            zone = *fresh;
            result.changed.push_back(name);
        }
    }
    return result;
}

}  // namespace attune
