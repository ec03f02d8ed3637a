// The thread that follows the host's journal for the sensors of core.journal.
//
// Every matching entry is one event. An entry is handed to an executor under its cursor as the
// event's key; when that is recorded, the sensor's progress may move past it. After a crash
// reading goes on from the progress on record: what was recorded since answers as a duplicate.
// A new sensor begins at the journal's end, and one that was disabled begins anew.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/catalog.h"
#include "daemon/drain.h"
#include "daemon/live_catalog.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/sensor/event_post.h"
#include "daemon/sensor/host_sensors.h"
#include "daemon/sensor/journal_follower.h"
#include "store/host_sensor_store.h"

namespace attune {

struct JournalLoopOptions {
    std::string directory;  // of journal files; empty: the host's journal
    int executors = 2;
};

class JournalLoop final : public Loop {
public:
    JournalLoop(JournalLoopOptions options, const Database& database, Bus& bus,
                const LiveCatalog& catalog, const Drain& drain, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;
    void end(Moment moment) override;

private:
    struct Watched {
        std::shared_ptr<const CatalogSensor> sensor;
        std::unique_ptr<JournalFollower> follower;  // nullptr: its journal cannot be opened
        std::map<std::uint64_t, std::uint64_t> requests;  // of the post -> of the follower
        std::optional<JournalPosition> saved;             // nullopt: nothing on record
        std::optional<Duration> full_since;               // no more may be under way
        Duration find_place_at{0};
    };

    void take_in();
    void settle(const FireReply& reply);
    void follow_catalog();
    void keep_only(const HostSensors& wanted);
    void open(Watched& watched, Duration elapsed);
    void close(Watched& watched);
    void pump(Watched& watched, Moment moment);
    void save();
    void tell(const Watched& watched, const HostSkip& skip);

    const JournalLoopOptions options_;
    HostSensorStore store_;
    const LiveCatalog& catalog_;
    const Drain& drain_;
    Log& log_;

    Inbox inbox_;
    EventPost post_;
    std::shared_ptr<const Catalog> known_;
    bool loaded_ = false;  // what is on record
    std::map<SensorId, Watched> watched_;
    std::map<std::uint64_t, SensorId> asked_;  // by request
    std::vector<SensorId> left_;               // whose progress is to be forgotten
    std::vector<HostSkip> skips_;              // to be saved
    Duration save_at_{0};
    std::string trouble_;  // why a journal cannot be opened; empty: none
};

}  // namespace attune
