#include "daemon/sensor/timer_loop.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/limits.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

constexpr std::size_t kAnnounced = 50;  // timers named in the log when many start at once

Database named(Database database, int index) {
    database.application = "attuned timers " + std::to_string(index);
    return database;
}

std::string text_of(std::optional<TimePoint> moment) {
    return moment ? format_rfc3339(*moment) : "never";
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

TimerLoop::TimerLoop(const TimerLoopOptions& options, const Database& database,
                     const TimerShared& shared)
    : options_(options),
      store_(named(database, options.shard.index)),
      zones_(shared.zones),
      drain_(shared.drain),
      waiting_for_clock_(shared.waiting_for_clock),
      vitals_(shared.vitals),
      log_(shared.log),
      inbox_(shared.bus, timer_inbox(options.shard.index)),
      executors_(shared.bus, executor_inboxes(options.executors)),
      worker_(limits::kTimerCredits),
      forms_(shared.zones) {}

TimerLoop::~TimerLoop() { wait_for_clock(false); }

std::optional<Duration> TimerLoop::step(Moment moment) {
    wake_at_.reset();
    stepped_at_ = moment.now;
    vitals_.set_timers(options_.shard.index, worker_.armed());
    take_in();
    if (drain_.draining()) return std::nullopt;
    look_at_ledger(moment.now);
    load();
    follow_zones();
    if (!clock_is_plausible(moment.now)) return std::nullopt;
    reload({});
    auto step = worker_.step(moment.now);
    if (step.regressed > 0) {
        log_.warn(
            "clock_regressed: {} timers had been decided for moments more than 5 minutes "
            "after {}; they go on from now, and what is recorded does not fire again",
            step.regressed, format_rfc3339(moment.now));
    }
    push(step.decisions, moment.now);
    wake_at_ = step.wake_at;
    if (!step.reload.empty()) {
        reload(std::move(step.reload));
        wake_at_ = moment.now;  // what was read again may be due
    }
    return std::nullopt;
}

Woken TimerLoop::wait(std::optional<Duration> timeout) {
    if (timeout) return inbox_.wait(timeout);  // a failed step: its pause, not the timers'
    const auto longest = stepped_at_ + kLongestWait;
    const auto until = std::min(wake_at_.value_or(longest), longest);
    pollfd messages{inbox_.fd(), POLLIN, 0};
    if (!inbox_.has_message()) waiter_.wait(until, std::span(&messages, 1));
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

// What a clock can be held against; asked again when the clock fell back, so that the worker
// knows how far cursors may follow it.
void TimerLoop::look_at_ledger(TimePoint now) {
    const bool fell_back = looked_at_ledger_ && now < latest_ - kClockTolerance;
    if (!looked_at_ledger_ || fell_back) {
        const auto moments = store_.ledger_moments();
        if (!looked_at_ledger_ && !options_.trust_clock) newest_fire_ = moments.newest_fire;
        worker_.set_rewind_floor(moments.oldest_day.value_or(TimePoint::min()));
        looked_at_ledger_ = true;
        latest_ = now;
    }
    latest_ = std::max(latest_, now);
}

// All timers at first, then those of a newer catalog. A load that fails is made again by the
// next step, so nothing is armed twice and nothing is missed.
void TimerLoop::load() {
    if (loaded_ && announced_ <= known_) return;
    const bool first = !loaded_;
    const bool began_empty = worker_.armed() == 0;
    // What changes while this is read is read again with the next generation.
    const auto target = std::max(announced_, first ? store_.generation() : Generation{});
    std::size_t count = 0;
    const auto visit = [&](const TimerRow& row) { arm(row, ++count <= kAnnounced); };
    if (first) {
        worker_.reserve(store_.count(options_.shard));
        store_.load(options_.shard, visit);
    } else {
        store_.load_changed(known_, options_.shard, visit);
    }
    loaded_ = true;
    known_ = std::max(known_, target);
    if (began_empty) {
        if (worker_.armed() > 0) log_.info("Started {} timer sensors", worker_.armed());
    } else {
        log_.info("{} timer sensors changed, {} are armed", count, worker_.armed());
    }
}

void TimerLoop::arm(const TimerRow& row, bool announce) {
    if (row.state != TimerState::kArmed) {
        worker_.disarm(row.cursor.sensor);
        return;
    }
    auto schedule = forms_.schedule(row);
    if (!schedule) {
        const LogFields about(message_id::kSensorFaulted,
                              {{"ATTUNE_SENSOR", std::string(row.sensor_ref)},
                               {"ATTUNE_TRIGGER", std::string(row.trigger_ref)},
                               {"ATTUNE_CODE", schedule.error().code}});
        log_.error("{} does not fire: {}", row.sensor_ref, schedule.error().message);
        worker_.disarm(row.cursor.sensor);
        return;
    }
    if (announce) {
        const LogFields about(message_id::kTimerStarted,
                              {{"ATTUNE_SENSOR", std::string(row.sensor_ref)},
                               {"ATTUNE_TRIGGER", std::string(row.trigger_ref)}});
        log_.info("{} timer {} started ({}): {}", kind_of(*schedule), row.trigger_ref,
                  describe(*schedule), row.sensor_ref);
    }
    worker_.arm({row.cursor, std::move(*schedule)});
}

void TimerLoop::follow_zones() {
    const auto revision = zones_.revision();
    if (revision == zones_revision_) return;
    zones_revision_ = revision;
    std::size_t told = 0;
    for (const auto& change : worker_.rezone(zones_)) {
        if (++told > kAnnounced) break;
        log_.info("{}: {} timers follow new rules of their zone, the next at {} instead of {}",
                  change.schedule, change.timers, text_of(change.after),
                  text_of(change.before));
    }
}

bool TimerLoop::clock_is_plausible(TimePoint now) {
    if (is_plausible(now, options_.built_at, newest_fire_)) {
        newest_fire_.reset();
        if (waits_for_clock_) log_.info("the clock can be right now: timers go on");
        wait_for_clock(false);
        return true;
    }
    const bool too_old = now < options_.built_at;
    wake_at_ = too_old ? options_.built_at : *newest_fire_ - kClockTolerance;
    if (waits_for_clock_) return false;
    wait_for_clock(true);
    if (too_old) {
        log_.warn(
            "waiting_for_clock: it says {}, but this program was built on {}; no timer fires "
            "until it is set",
            format_rfc3339(now), format_rfc3339(options_.built_at));
    } else {
        log_.warn(
            "waiting_for_clock: it says {}, but the newest fire on record is of {}; no timer "
            "fires until it is set. If it is right and was wrong then, start once with --set "
            "timers.trust_clock=true",
            format_rfc3339(now), format_rfc3339(*newest_fire_));
    }
    return false;
}

void TimerLoop::wait_for_clock(bool wait) {
    if (waits_for_clock_ == wait) return;
    waits_for_clock_ = wait;
    waiting_for_clock_ += wait ? 1 : -1;
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
