#include "daemon/executor/timer_payloads.h"

#include "core/json.h"
#include "core/timer.h"

namespace attune {

std::string TimerPayloads::make(const Ref& trigger, const CatalogSensor& sensor,
                                const Decision& decision) {
    if (const auto* known = schedule(trigger, sensor)) return timer_payload(*known, decision);
    return compact(Json{{"scheduled_at", format_rfc3339(decision.through)},
                        {"due_at", format_rfc3339(decision.due_at)},
                        {"fired_at", format_rfc3339(decision.fired_at)},
                        {"occurrence", decision.occurrence},
                        {"misfire", decision.misfire},
                        {"missed_count", decision.skipped}});
}

const Schedule* TimerPayloads::schedule(const Ref& trigger, const CatalogSensor& sensor) {
    const std::string key = trigger.text() + '\n' + sensor.config;
    if (const auto known = kept_.find(key); known != kept_.end()) return known->second.get();
    const auto config = Json::parse(sensor.config, nullptr, false);
    if (config.is_discarded()) return nullptr;
    auto compiled = compile_schedule(trigger, config, TimePoint{}, sensor.ref, zones_);
    if (!compiled) return nullptr;
    if (kept_.size() >= kKept) kept_.clear();
    return kept_.emplace(key, std::make_unique<const Schedule>(std::move(*compiled)))
        .first->second.get();
}

}  // namespace attune
