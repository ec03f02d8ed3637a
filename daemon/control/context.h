// What the control endpoints know of the daemon they speak for. Filled by the service; shared,
// unchanging, and safe to use from every handler thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/catalog.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/zone_source.h"
#include "store/connection.h"
#include "wire/bus.h"

namespace attune {

struct ControlContext {
    Bus& bus;
    const Clock& clock;
    const ZoneSource& zones;
    Database database;
    // The catalog the daemon runs with; never null.
    std::function<std::shared_ptr<const Catalog>()> catalog;

    int executors = 2;
    std::string version;
    std::string node;
    IncarnationId incarnation;
    TimePoint started_at;
    std::function<std::string()> source_name;  // as its attune.yaml has it now
    std::string source_path;                   // absolute
    bool embedded_database = false;
    // Whether timers decide nothing because the clock cannot be right.
    std::function<bool()> waits_for_clock = [] { return false; };
    std::string runner_socket;  // empty: the daemon runs processes itself
    std::function<bool()> has_runner = [] { return true; };

    // Makes the daemon stop as SIGTERM does.
    std::function<void()> drain = [] {};

    // Patience with an executor's and the reconcile thread's answers; tests shorten them.
    Duration request_patience = std::chrono::seconds(20);
    Duration reconcile_patience = std::chrono::seconds(300);
};

}  // namespace attune
