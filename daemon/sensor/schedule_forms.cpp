#include "daemon/sensor/schedule_forms.h"

#include <utility>

namespace attune {

Result<Schedule> ScheduleForms::schedule(const TimerRow& row) {
    if (const auto revision = zones_.revision(); revision != revision_) {
        kept_.clear();
        revision_ = revision;
    }
    key_.assign(row.trigger_ref).append(1, '\n').append(row.config);
    const auto known = kept_.find(key_);
    if (known != kept_.end()) return known->second.of(row.anchor_at, row.sensor_ref);

    const auto trigger = Ref::parse(row.trigger_ref);
    const auto config = Json::parse(row.config, nullptr, /*allow_exceptions=*/false);
    if (!trigger || config.is_discarded()) {
        return refuse("ATT4005", "its row holds no trigger or no config");
    }
    auto form = compile_form(*trigger, config, zones_);
    if (!form) return Refused(std::move(form.error()));
    if (kept_.size() >= kKept) kept_.clear();
    return kept_.emplace(key_, *std::move(form))
        .first->second.of(row.anchor_at, row.sensor_ref);
}

}  // namespace attune
