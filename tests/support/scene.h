// One event with everything a condition or template may name, to be changed by a test before
// it asks. Defaults: event 7001 of ops.tick (core.intervaltimer) at 12:00, rule ops.sweep.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/catalog.h"
#include "core/context.h"
#include "core/event.h"

namespace attune {

struct Scene {
    static constexpr TimePoint kNoon =
        std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);

    Event event{.id = EventId{7001},
                .sensor = SensorId{11},
                .origin = EventOrigin::kTimer,
                .scheduled_at = kNoon,
                .fired_at = kNoon + std::chrono::milliseconds(3),
                .dedupe_key = {},
                .payload = R"({"occurrence":4})"};
    CatalogTrigger trigger{
        .id = TriggerId{1}, .ref = *Ref::parse("core.intervaltimer"), .out_schema = nullptr};
    CatalogSensor sensor{.id = SensorId{11},
                         .trigger = TriggerId{1},
                         .runtime = SensorRuntime::kBuiltin,
                         .enabled = true,
                         .ref = *Ref::parse("ops.tick"),
                         .label = "Every ten seconds",
                         .labels = R"({"app.kubernetes.io/name":"x","team":"ops"})",
                         .config = R"({"unit":"seconds","interval":10})"};
    CatalogRule rule{.id = RuleId{21},
                     .ref = *Ref::parse("ops.sweep"),
                     .enabled = true,
                     .label = {},
                     .labels = {},
                     .trigger = TriggerId{1},
                     .sensors = {},
                     .action_id = ActionId{31},
                     .action = nullptr,
                     .pack = std::make_shared<const CatalogPack>(
                         CatalogPack{.id = PackId{2},
                                     .ref = *Ref::parse_pack("ops"),
                                     .config = R"({"days":7,"hosts":["a","b"]})",
                                     .directory = "packs/ops"}),
                     .condition = {},
                     .params = {},
                     .constant_params = {},
                     .not_compiled = {},
                     .broken = {}};

    // Calls use(Context&) for the event as it is now.
    template <class Use>
    auto with_context(Use&& use) const {
        Context context(event, sensor, trigger);
        context.enter(rule);
        return use(context);
    }
};

}  // namespace attune
