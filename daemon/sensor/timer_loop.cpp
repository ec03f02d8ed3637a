#include "daemon/sensor/timer_loop.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/json.h"
#include "core/limits.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

constexpr std::size_t kAnnounced = 50;  // timers named in the log when many start at once

Database named(Database database, int index) {
    database.application = "attuned timers " + std::to_string(index);
    return database;
}

std::string kind_of(const Schedule& schedule) {
    struct Name {
        const char* operator()(const IntervalSchedule&) const { return "Interval"; }
        const char* operator()(const CronSchedule&) const { return "Cron"; }
        const char* operator()(const OnceSchedule&) const { return "Datetime"; }
    };
    return std::visit(Name{}, schedule.kind);
}

}  // namespace

TimerLoop::TimerLoop(TimerShard shard, const Database& database, Bus& bus, int executors,
                     const ZoneSource& zones, const Drain& drain, Log& log)
    : shard_(shard),
      store_(named(database, shard.index)),
      zones_(zones),
      drain_(drain),
      log_(log),
      inbox_(bus, timer_inbox(shard.index)),
      executors_(bus, executor_inboxes(executors)),
      worker_(limits::kTimerCredits) {}

std::optional<Duration> TimerLoop::step(Moment moment) {
    wake_at_.reset();
    take_in();
    if (drain_.draining()) return std::nullopt;
    load(moment);
    reload({});
    auto step = worker_.step(moment.now);
    if (step.regressed > 0) {
        log_.warn(
            "clock_regressed: {} timers had been decided for moments more than 5 minutes "
            "after {}; they go on from now, and what is recorded does not fire again",
            step.regressed, format_rfc3339(moment.now));
    }
    push(step.decisions, moment.now);
    if (!step.reload.empty()) reload(std::move(step.reload));
    wake_at_ = step.wake_at;
    return std::nullopt;
}

Woken TimerLoop::wait(std::optional<Duration> timeout) {
    if (timeout) return inbox_.wait(timeout);  // a failed step: its pause, not the timers'
    pollfd messages{inbox_.fd(), POLLIN, 0};
    if (!inbox_.has_message()) waiter_.wait(wake_at_, std::span(&messages, 1));
    return inbox_.wait(Duration{0});
}

void TimerLoop::take_in() {
    while (auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) continue;
        if (const auto* confirmed = std::get_if<Confirmations>(&*message)) {
            for (const auto& each : confirmed->confirmations) worker_.confirm(each);
        } else if (const auto* changed = std::get_if<CatalogChanged>(&*message)) {
            announced_ = std::max(announced_, changed->generation);
        }
    }
}

// All timers at first, then those of a newer catalog. A load that fails is made again by the
// next step, so nothing is armed twice and nothing is missed.
void TimerLoop::load(Moment moment) {
    if (loaded_ && announced_ <= known_) return;
    const bool first = !loaded_;
    const bool began_empty = worker_.armed() == 0;
    const auto target = announced_;
    std::size_t count = 0;
    const auto visit = [&](const TimerRow& row) { arm(row, ++count <= kAnnounced); };
    if (first) {
        store_.load(shard_, visit);
    } else {
        store_.load_changed(known_, shard_, visit);
    }
    loaded_ = true;
    known_ = std::max(known_, target);
    if (began_empty) {
        if (worker_.armed() > 0) log_.info("Started {} timer sensors", worker_.armed());
    } else {
        log_.info("{} timer sensors changed, {} are armed", count, worker_.armed());
    }
    worker_.set_rewind_floor(moment.now - std::chrono::hours(24));
}

void TimerLoop::arm(const TimerRow& row, bool announce) {
    const auto trigger = Ref::parse(row.trigger_ref);
    const auto sensor = Ref::parse(row.sensor_ref);
    if (row.state != TimerState::kArmed || !trigger || !sensor) {
        worker_.disarm(row.cursor.sensor);
        return;
    }
    const auto config = Json::parse(row.config, nullptr, false);
    auto schedule = compile_schedule(*trigger, config, row.anchor_at, *sensor, zones_);
    if (!schedule) {
        log_.error("{} does not fire: {}", row.sensor_ref, schedule.error().message);
        worker_.disarm(row.cursor.sensor);
        return;
    }
    if (announce) {
        log_.info("{} timer {} started ({}): {}", kind_of(*schedule), row.trigger_ref,
                  describe(*schedule), row.sensor_ref);
    }
    worker_.arm({row.cursor, std::move(*schedule)});
}

// Rows that turned out other than the worker thought. Those without a row are gone.
void TimerLoop::reload(std::vector<SensorId> sensors) {
    to_reload_.insert(sensors.begin(), sensors.end());
    if (to_reload_.empty()) return;
    const std::vector<SensorId> wanted(to_reload_.begin(), to_reload_.end());
    auto missing = to_reload_;
    store_.load(wanted, [&](const TimerRow& row) {
        missing.erase(row.cursor.sensor);
        arm(row, false);
    });
    for (const auto sensor : missing) worker_.disarm(sensor);
    to_reload_.clear();
}

void TimerLoop::push(const std::vector<Decision>& decisions, TimePoint now) {
    std::span<const Decision> rest(decisions);
    while (!rest.empty()) {
        const auto some = rest.first(std::min(rest.size(), limits::kDecisionsPerMessage));
        if (!executors_.send(encode(Decisions{inbox_.name(), {some.begin(), some.end()}}))) {
            worker_.unsent(rest, now);
            return;
        }
        rest = rest.subspan(some.size());
    }
}

}  // namespace attune
