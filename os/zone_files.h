// The system's time zones: TZif files below /usr/share/zoneinfo, read when first asked for.
//
// "UTC" needs no file. What was loaded once is kept: a zone that vanishes or is damaged by a
// tzdata update goes on with its last rules, and reload() says so.
#pragma once

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

    struct Reload {
        std::vector<std::string> changed;  // find() gives new zones for these
        std::vector<std::string> kept;     // could not be read any more; old rules stay
    };
    // Reads every zone in use again; to be called when version() changes.
    Reload reload();

private:
    Result<std::shared_ptr<const Zone>> read(const std::string& name) const;

    const std::string directory_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, std::shared_ptr<const Zone>, std::less<>> loaded_;
};

}  // namespace attune
