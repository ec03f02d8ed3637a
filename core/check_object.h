// One manifest against what stands around it: references, configs and parameters by the
// schemas of what they are for, schedules.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/check.h"
#include "core/diagnostic.h"
#include "core/json_schema.h"
#include "core/manifest.h"
#include "core/object_set.h"
#include "core/schedule.h"
#include "core/source_places.h"

namespace attune {

struct ObjectFindings {
    Diagnostics own;                 // what is wrong with the manifest itself
    std::optional<ObjectKey> cause;  // what it needs and does not stand as the tree says it
};

class ObjectChecker {
public:
    // All must outlive this. Findings name their places by `places`.
    ObjectChecker(const CheckInput& input, const ObjectSet& objects, SourcePlaces& places)
        : input_(input), objects_(objects), places_(places) {}

    // Everything wrong with `manifest`, its references resolved to what stands now.
    ObjectFindings check(const Manifest& manifest);

    // Whether `manifest`, as it was applied, can live with what stands now.
    bool fits(const Manifest& manifest);

private:
    void check_content(const Manifest& manifest, Diagnostics& found);
    void check_references(const Manifest& manifest, ObjectFindings& findings);
    void check_sensor(const Manifest& manifest, const SensorSpec& sensor, Diagnostics& found);
    void check_schedule(const Manifest& manifest, const SensorSpec& sensor, Diagnostics& found);
    void remark(const Manifest& manifest, const CronSchedule& cron, Diagnostics& found);
    void check_rule(const Manifest& manifest, const RuleSpec& rule, Diagnostics& found);
    void check_action(const Manifest& manifest, const ActionSpec& action, Diagnostics& found);
    Diagnostic unresolved(const Manifest& manifest, Kind kind, const Ref& ref,
                          const std::string& pointer);
    const Manifest* target(Kind kind, const Ref& ref) const;
    // What a trigger's sensors' configs, or an action's parameters, must be; nullptr: unknown.
    // Valid until the next call.
    const JsonSchema* schema_of(const Manifest& manifest);

    const CheckInput& input_;
    const ObjectSet& objects_;
    SourcePlaces& places_;
    bool as_applied_ = false;  // targets need only stand, not be what the tree says
    // What is said about a reference to nothing, whoever makes it.
    struct Unresolved {
        std::string label;
        std::optional<std::string> meant;
    };
    const Unresolved& look_for(Kind kind, const Ref& ref);

    std::map<const Manifest*, std::optional<JsonSchema>> schemas_;
    std::map<ObjectKey, Unresolved> unresolved_;
};

}  // namespace attune
