#include "reconciler/plan_view.h"

#include <fmt/format.h>

namespace attune {
namespace {

std::string key_of(Kind kind, const Ref& ref) {
    return fmt::format("{} {}", to_string(kind), ref.text());
}

}  // namespace

PlanView::PlanView(const PlanResult& result, const StoredState& state, std::size_t files)
    : result_(result), state_(state), files_(files) {
    if (result.plan.objects.empty() && result.plan.timers.empty()) return;
    for (const StoredObject& object : state.objects) {
        objects_.emplace(key_of(object.kind, object.ref), &object);
    }
    for (const StoredTimer& timer : state.timers) timers_.emplace(timer.sensor, &timer);
}

std::vector<Difference> PlanView::differences_of(const ObjectChange& change) const {
    const auto before = objects_.find(key_of(change.kind, change.ref));
    if (before == objects_.end() || !change.manifest) return {};
    const Json document =
        Json::parse(before->second->document, nullptr, /*allow_exceptions=*/false);
    return document.is_object() ? differences(document, change.manifest->document)
                                : std::vector<Difference>();
}

std::string PlanView::remark_of(const TimerChange& timer) const {
    switch (timer.state) {
        case TimerState::kPaused:
            return "timer paused";
        case TimerState::kRetired:
            return "timer stopped";
        case TimerState::kExhausted:
            return "nothing left to fire";
        case TimerState::kFaulted:
            return "timer faulted";
        case TimerState::kArmed:
            break;
    }
    const auto before = timer.id ? timers_.find(timer.id) : timers_.end();
    if (before == timers_.end()) return "timer armed";
    return before->second->anchor_at == timer.anchor_at ? "timer re-armed, phase kept"
                                                        : "timer re-armed from now";
}

}  // namespace attune
