// The thread that watches systemd's units for the sensors of core.systemd_unit.
//
// A signal of the bus only says where to look. A unit is looked at when it has been quiet for
// the sensor's debounce; what is told follows from what was told of it last
// (core/unit_state.h), which is kept in the database: a crash, a lost signal or a restart of
// the bus delays an event, and what happened while attune was down is told from the difference.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/catalog.h"
#include "core/unit_state.h"
#include "daemon/drain.h"
#include "daemon/live_catalog.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sensor/event_post.h"
#include "daemon/sensor/host_sensors.h"
#include "daemon/sensor/unit_watch.h"
#include "store/host_sensor_store.h"

namespace attune {

struct SystemdLoopOptions {
    std::string bus_address;  // empty: the system's bus
    int executors = 2;
};

class SystemdLoop final : public Loop {
public:
    SystemdLoop(SystemdLoopOptions options, const Database& database, Bus& bus,
                const LiveCatalog& catalog, const Drain& drain, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;
    void end(Moment moment) override;

private:
    // A unit that has changed: since when, and when last.
    struct Restless {
        Duration since{0};
        Duration last{0};
    };
    // What of a unit is on its way to the ledger.
    struct Telling {
        std::size_t unsettled = 0;
        UnitTold told;  // when nothing is any more
    };
    struct Watched {
        std::shared_ptr<const CatalogSensor> sensor;
        UnitSpec spec;
        std::optional<UnitProgress> progress;  // nullopt: it begins with what there is
        std::map<std::string, Restless> restless;
        std::map<std::string, Telling> telling;
        bool is_new = true;    // since the units were listed
        bool unsaved = false;  // the progress is not on record
    };
    struct Asked {
        SensorId sensor;
        std::string unit;
    };

    void take_in();
    void settle(const FireReply& reply);
    void follow_catalog();
    void take(Watched& watched, std::shared_ptr<const CatalogSensor> sensor);
    void connect();
    void list(Duration elapsed);
    void list(Watched& watched, Duration elapsed);
    void mark(Watched& watched, const std::map<std::string, UnitState>& listed,
              Duration elapsed);
    void note_changes(Duration elapsed);
    void look(Watched& watched, Moment moment);
    void look(Watched& watched, const std::string& unit, Moment moment);
    void save();
    std::optional<Duration> next_look(Duration elapsed) const;

    const SystemdLoopOptions options_;
    HostSensorStore store_;
    const LiveCatalog& catalog_;
    const Drain& drain_;
    Log& log_;

    Inbox inbox_;
    EventPost post_;
    std::unique_ptr<UnitWatch> units_;  // nullptr: nobody is interested, or the bus is lost
    std::shared_ptr<const Catalog> known_;
    bool loaded_ = false;
    std::map<SensorId, Watched> watched_;
    std::map<std::uint64_t, Asked> asked_;  // by request
    std::vector<SensorId> left_;            // whose progress is to be forgotten
    std::vector<HostSkip> skips_;
    Duration list_at_{0};
    bool in_full_ = true;  // the next list is the first of its connection
    Duration save_at_{0};
};

}  // namespace attune
