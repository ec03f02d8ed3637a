// The database the daemon lives with: the one configured, or a private cluster of its own that
// it starts, watches and stops.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "daemon/backoff.h"
#include "daemon/log.h"
#include "store/connection.h"
#include "store/embedded_cluster.h"

namespace attune {

class DatabaseHome {
public:
    // `configured` without a url: embedded, below `state_dir`. Throws ClusterError when that
    // cannot be set up.
    DatabaseHome(Database configured, const std::filesystem::path& state_dir,
                 const std::filesystem::path& binaries, Log& log);

    const Database& database() const { return database_; }
    bool embedded() const { return cluster_.has_value(); }

    // The embedded server has ended by itself: watch() starts it again, which may take up to
    // kLongestStart.
    bool has_ended() const;
    static constexpr Duration kLongestStart = std::chrono::minutes(4);

    // To be called every second or so: starts the embedded server again when it has ended by
    // itself. `elapsed` as of core/clock.h.
    void watch(Duration elapsed);

private:
    ClusterOptions options_;
    std::optional<EmbeddedCluster> cluster_;
    Database database_;
    Log& log_;
    Backoff backoff_;
    Duration retry_at_{0};
};

}  // namespace attune
