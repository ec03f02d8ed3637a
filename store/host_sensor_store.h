// How far the sensors of the host have come (core.journal, core.systemd_unit), and what they
// passed over. Events are recorded by executors alone; progress follows what they confirmed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/event.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/time.h"
#include "store/connection.h"

namespace attune {

enum class HostSkipReason {
    kBurst,     // more than the sensor's limit
    kVacuumed,  // the journal no longer has what follows its cursor
    kRefused,   // the ledger would not have it
};
std::string_view to_string(HostSkipReason reason);  // "burst", "vacuumed", "refused"

struct HostSkip {
    SensorId sensor;
    HostSkipReason reason = HostSkipReason::kBurst;
    std::optional<std::int64_t> count;  // nullopt: it cannot be known
    std::optional<TimePoint> since;     // of the first and the last that was passed over
    std::optional<TimePoint> through;
    std::string detail;
};

struct HostProgress {
    SensorId sensor;
    Json position;  // the sensor's own
};

class HostSensorStore {
public:
    explicit HostSensorStore(Database database);
    ~HostSensorStore();

    // Of every sensor whose progress came from `origin`.
    std::map<SensorId, Json> load(EventOrigin origin);

    // Both in one transaction: what was passed over is on record exactly when it is passed.
    // Repeated after StoreInDoubt, skips may be on record twice.
    void save(EventOrigin origin, std::span<const HostProgress> progress,
              std::span<const HostSkip> skips);

    // These begin anew when they come back.
    void forget(EventOrigin origin, std::span<const SensorId> sensors);

private:
    Connection connection_;
};

}  // namespace attune
