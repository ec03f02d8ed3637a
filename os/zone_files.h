// The system's time zones: TZif files below /usr/share/zoneinfo, read when first asked for.
//
// "UTC" needs no file. What was loaded once is kept: a zone that vanishes or is damaged by a
// tzdata update goes on with its last rules, and reload() says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/zone_source.h"

namespace attune {

class ZoneFiles final : public ZoneSource {
public:
    explicit ZoneFiles(std::string directory = "/usr/share/zoneinfo");

    Result<std::shared_ptr<const Zone>> find(std::string_view name) const override;

    // The first line of the directory's tzdata.zi.
    std::string version() const override;

    std::uint64_t revision() const override { return revision_.load(); }

    struct Reload {
        std::vector<std::string> changed;  // find() gives new zones for these
        std::vector<std::string> kept;     // could not be read any more; old rules stay
    };
    // Reads the zones in use whose files are others than they were when last read, each such
    // file once: to be called now and then, it costs a stat(2) for each zone.
    Reload reload();

private:
    // Which file it was and as of when; all zero: none.
    struct Stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t modified = 0;  // nanoseconds
        std::int64_t changed = 0;

        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    struct Loaded {
        std::shared_ptr<const Zone> zone;
        Stamp stamp;
    };

    Stamp stamp(const std::string& name) const;
    Result<std::shared_ptr<const Zone>> read(const std::string& name) const;

    const std::string directory_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, Loaded, std::less<>> loaded_;
    std::atomic<std::uint64_t> revision_{0};
};

}  // namespace attune
