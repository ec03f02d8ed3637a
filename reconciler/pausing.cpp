#include "reconciler/pausing.h"

#include <utility>

#include "core/load.h"
#include "reconciler/timer_plan.h"
#include "store/errors.h"

namespace attune {
namespace {

// How often it is tried again because somebody else changed the catalog meanwhile.
constexpr int kTries = 5;

// What has to become of the sensor's timer. A row that this version does not understand runs
// nothing, so nothing has to change.
Result<std::optional<TimerChange>> timer_change(const PausableObject& found, bool paused,
                                                TimePoint now, const ZoneSource& zones) {
    if (found.object.kind != Kind::kSensor) return std::nullopt;
    const Json document = Json::parse(found.object.document, nullptr, false);
    const auto manifest = load_document(document, found.object.place);
    if (!manifest) return std::nullopt;
    const auto& spec = std::get<SensorSpec>(manifest->spec);
    return plan_timer({.ref = found.object.ref,
                       .id = SensorId{found.object.id},
                       .spec = &spec,
                       .enabled = !paused && spec.enabled,
                       .edited = false,
                       .created_at = found.object.created_at,
                       .timer = found.timer ? &*found.timer : nullptr},
                      now, zones);
}

}  // namespace

Pausing::Pausing(Database database, const ZoneSource& zones)
    : store_(std::move(database)), zones_(zones) {}

Result<PauseReport> Pausing::pause(Kind kind, const std::string& ref, const Pause& pause,
                                   TimePoint now) {
    return change(kind, ref, pause, now);
}

Result<PauseReport> Pausing::resume(Kind kind, const std::string& ref, TimePoint now) {
    return change(kind, ref, std::nullopt, now);
}

Result<PauseReport> Pausing::change(Kind kind, const std::string& ref,
                                    const std::optional<Pause>& pause, TimePoint now) {
    for (int n = 0; n < kTries; ++n) {
        const auto found = store_.find(kind, ref);
        if (!found) return PauseReport{};
        if (found->pause == pause) {
            return PauseReport{PauseReport::Outcome::kUnchanged, found->generation};
        }
        auto timer = timer_change(*found, pause.has_value(), now, zones_);
        if (!timer) return tl::unexpected(timer.error());
        const auto made = store_.apply({.base = found->generation,
                                        .kind = kind,
                                        .id = found->object.id,
                                        .pause = pause,
                                        .timer = std::move(*timer),
                                        .at = now});
        knows_end_ = false;
        if (made) return PauseReport{PauseReport::Outcome::kChanged, *made};
    }
    throw StoreConflict("the catalog keeps changing while something is paused or resumed");
}

std::vector<Pausing::Ended> Pausing::resume_over(TimePoint now) {
    std::vector<Ended> ended;
    for (const auto& [kind, ref] : store_.over(now)) {
        ended.push_back({kind, ref, resume(kind, ref, now)});
    }
    return ended;
}

std::optional<TimePoint> Pausing::next_end() {
    if (!knows_end_) {
        next_end_ = store_.next_end();
        knows_end_ = true;
    }
    return next_end_;
}

}  // namespace attune
