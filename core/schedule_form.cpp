// From what many sensors share to the schedule of one.
#include <string>

#include "core/digest.h"
#include "core/schedule.h"

namespace attune {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A share of the jitter that only the sensor's name decides: its fires keep their spacing, and
// many sensors with one schedule spread evenly.
Duration delay_of(milliseconds jitter, std::string_view sensor) {
    std::string seed("attune.jitter");
    seed += '\0';
    seed += sensor;
    const auto digest = sha256(seed);
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < 8; ++i) hash = hash << 8 | digest[i];
    const auto product =
        static_cast<unsigned __int128>(static_cast<std::uint64_t>(jitter.count())) * hash;
    return milliseconds(static_cast<std::int64_t>(product >> 64));
}

}  // namespace

Schedule ScheduleForm::of(TimePoint anchor, std::string_view sensor) const {
    Schedule own = schedule;
    const auto created = floor<seconds>(anchor);
    if (auto* interval = std::get_if<IntervalSchedule>(&own.kind)) {
        if (interval->from_creation) interval->anchor = created;
    } else if (auto* once = std::get_if<OnceSchedule>(&own.kind)) {
        once->past_at_creation = once->fire_at <= created;
    }
    if (jitter > Duration(0)) own.delay = delay_of(floor<milliseconds>(jitter), sensor);
    return own;
}

Result<Schedule> compile_schedule(const Ref& trigger, const Json& config, TimePoint anchor,
                                  const Ref& sensor, const ZoneSource& zones) {
    const auto form = compile_form(trigger, config, zones);
    if (!form) return Refused(form.error());
    return form->of(anchor, sensor.text());
}

}  // namespace attune
