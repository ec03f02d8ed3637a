#include "daemon/sensor/systemd_loop.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/json.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

constexpr Duration kSaveEvery = std::chrono::seconds(1);
// For signals that were lost.
constexpr Duration kListEvery = std::chrono::minutes(1);
constexpr int kRestlessLooks = 5;  // debounces after which a restless unit is looked at
constexpr std::size_t kUnderWay = 128;

Database named(Database database) {
    database.application = "attuned systemd";
    return database;
}

}  // namespace

SystemdLoop::SystemdLoop(SystemdLoopOptions options, const Database& database, Bus& bus,
                         const LiveCatalog& catalog, const Drain& drain, Log& log)
    : options_(std::move(options)),
      store_(named(database)),
      catalog_(catalog),
      drain_(drain),
      log_(log),
      inbox_(bus, kSystemdInbox),
      post_(bus, kSystemdInbox, options_.executors) {}

std::optional<Duration> SystemdLoop::step(Moment moment) {
    take_in();
    if (drain_.draining()) return kLongestWait;
    follow_catalog();
    post_.repeat(moment.elapsed);
    if (watched_.empty()) {
        units_.reset();
        return kSaveEvery;
    }
    try {
        connect();
        note_changes(moment.elapsed);
        list(moment.elapsed);
        for (auto& [id, watched] : watched_) look(watched, moment);
    } catch (const BusError&) {
        units_.reset();
        throw;
    }
    if (moment.elapsed >= save_at_) {
        save();
        save_at_ = moment.elapsed + kSaveEvery;
    }
    return std::min(kSaveEvery, next_look(moment.elapsed).value_or(kSaveEvery));
}

Woken SystemdLoop::wait(std::optional<Duration> timeout) {
    if (!units_) return inbox_.wait(timeout);
    std::array<pollfd, 1> bus = {pollfd{units_->fd(), units_->events(), 0}};
    if (const auto deadline = units_->deadline()) {
        timeout = std::min(timeout.value_or(*deadline), *deadline);
    }
    return inbox_.wait(timeout, bus);
}

void SystemdLoop::end(Moment) {
    take_in();
    save();
}

void SystemdLoop::take_in() {
    while (const auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) continue;
        if (const auto* reply = std::get_if<FireReply>(&*message)) settle(*reply);
    }
}

void SystemdLoop::settle(const FireReply& reply) {
    if (!post_.settle(reply)) return;
    const auto node = asked_.extract(reply.request);
    const auto& [sensor, unit] = node.mapped();
    const auto found = watched_.find(sensor);
    if (found == watched_.end()) return;
    auto& watched = found->second;
    if (reply.outcome == RequestOutcome::kRefused) {
        const auto& ref = watched.sensor->ref.text();
        const LogFields about(message_id::kHostSkipped, {{"ATTUNE_SENSOR", ref}});
        log_.error("{}: what became of {} is skipped, its event was refused: {}", ref, unit,
                   reply.fault);
        skips_.push_back({.sensor = sensor,
                          .reason = HostSkipReason::kRefused,
                          .count = 1,
                          .since = std::nullopt,
                          .through = std::nullopt,
                          .detail = unit + ": " + reply.fault});
    }
    const auto telling = watched.telling.find(unit);
    if (telling == watched.telling.end() || --telling->second.unsettled > 0) return;
    // An edit may have let go of it meanwhile.
    if (watched.spec.covers(unit)) {
        watched.progress->units[unit] = std::move(telling->second.told);
    }
    watched.telling.erase(telling);
    watched.unsaved = true;
}

void SystemdLoop::follow_catalog() {
    auto catalog = catalog_.get();
    if (catalog == known_ && left_.empty()) return;
    const auto wanted = host_sensors(*catalog, kUnitTrigger);
    if (!loaded_) {
        for (const auto& [id, progress] : store_.load(EventOrigin::kSystemd)) {
            watched_[id].progress = unit_progress(progress);
        }
        loaded_ = true;
    }
    for (auto each = watched_.begin(); each != watched_.end();) {
        if (wanted.contains(each->first)) {
            ++each;
        } else {
            left_.push_back(each->first);
            each = watched_.erase(each);
        }
    }
    for (const auto& [id, sensor] : wanted) take(watched_[id], sensor);
    store_.forget(EventOrigin::kSystemd, left_);
    left_.clear();
    known_ = std::move(catalog);
}

// An edit keeps what was told of units that it still covers.
void SystemdLoop::take(Watched& watched, std::shared_ptr<const CatalogSensor> sensor) {
    if (!watched.sensor || watched.sensor->config != sensor->config) {
        watched.spec = unit_spec(Json::parse(sensor->config));
        watched.is_new = true;
        list_at_ = Duration{0};
    }
    watched.sensor = std::move(sensor);
}

void SystemdLoop::connect() {
    if (units_) return;
    units_ = std::make_unique<UnitWatch>(options_.bus_address);
    list_at_ = Duration{0};
    in_full_ = true;
}

void SystemdLoop::list(Duration elapsed) {
    if (elapsed < list_at_) return;
    for (auto& [id, watched] : watched_) list(watched, elapsed);
    in_full_ = false;
    list_at_ = elapsed + kListEvery;
    save();
}

// A unit that the sensor did not cover before begins as it is. One that it did cover and that
// was not there was down.
void SystemdLoop::list(Watched& watched, Duration elapsed) {
    const auto units = units_->list(watched.spec.units);
    const bool covers_more =
        !watched.progress || watched.progress->patterns != watched.spec.units;
    if (covers_more) {
        const UnitSpec before{
            .units = watched.progress ? watched.progress->patterns : std::vector<std::string>(),
            .events = {}};
        auto progress = watched.progress.value_or(UnitProgress{});
        std::erase_if(progress.units,
                      [&](const auto& unit) { return !watched.spec.covers(unit.first); });
        for (const auto& [unit, state] : units) {
            if (progress.units.contains(unit) || before.covers(unit)) continue;
            progress.units.emplace(unit, told_of(units_->read(unit)));
        }
        progress.patterns = watched.spec.units;
        watched.progress = std::move(progress);
        watched.unsaved = true;
    }
    if (std::exchange(watched.is_new, false)) {
        log_.info("Watching {} units of systemd for {}", units.size(),
                  watched.sensor->ref.text());
    }
    mark(watched, units, elapsed);
}

// Which units may be other than was told. A list shows no more than their states, so after the
// connection was made each that is there is looked at.
void SystemdLoop::mark(Watched& watched, const std::map<std::string, UnitState>& listed,
                       Duration elapsed) {
    for (const auto& [unit, state] : listed) {
        const auto told = watched.progress->units.find(unit);
        const bool other = told == watched.progress->units.end() ||
                           told->second.condition != told_of(state).condition;
        if (other || in_full_) watched.restless.try_emplace(unit, Restless{elapsed, elapsed});
    }
    for (const auto& [unit, told] : watched.progress->units) {
        if (listed.contains(unit) || told.condition == UnitTold::Condition::kDown) continue;
        watched.restless.try_emplace(unit, Restless{elapsed, elapsed});
    }
}

void SystemdLoop::note_changes(Duration elapsed) {
    for (const auto& unit : units_->take_changed()) {
        for (auto& [id, watched] : watched_) {
            if (!watched.spec.covers(unit)) continue;
            const auto [at, fresh] =
                watched.restless.try_emplace(unit, Restless{elapsed, elapsed});
            at->second.last = elapsed;
        }
    }
}

void SystemdLoop::look(Watched& watched, Moment moment) {
    if (!watched.progress) return;
    const auto quiet = watched.spec.debounce;
    std::vector<std::string> due;
    for (const auto& [unit, restless] : watched.restless) {
        const bool is_quiet = moment.elapsed - restless.last >= quiet;
        const bool is_long = moment.elapsed - restless.since >= kRestlessLooks * quiet;
        if ((is_quiet || is_long) && !watched.telling.contains(unit)) due.push_back(unit);
    }
    for (const auto& unit : due) {
        if (post_.under_way() >= kUnderWay) return;
        look(watched, unit, moment);
        watched.restless.erase(unit);
    }
}

void SystemdLoop::look(Watched& watched, const std::string& unit, Moment moment) {
    const auto now = units_->read(unit);
    auto& units = watched.progress->units;
    const auto known = units.find(unit);
    auto change = unit_change(known == units.end() ? UnitTold{} : known->second, now);
    std::erase_if(change.events, [&](UnitEvent event) { return !watched.spec.wants(event); });
    if (change.events.empty()) {
        // What was never more than down and is not there needs no memory.
        const bool forgettable = change.told == UnitTold{};
        if (forgettable ? known != units.end()
                        : known == units.end() || known->second != change.told) {
            watched.unsaved = true;
            if (forgettable) {
                units.erase(unit);
            } else {
                units[unit] = std::move(change.told);
            }
        }
        return;
    }
    watched.telling[unit] = {.unsettled = change.events.size(), .told = change.told};
    for (const auto event : change.events) {
        const auto request = post_.post({.request = 0,
                                         .reply_to = {},
                                         .sensor = watched.sensor->id,
                                         .scheduled_at = moment.now,
                                         .dedupe_key = unit_event_key(unit, event, now),
                                         .payload = unit_payload(unit, event, now),
                                         .origin = EventOrigin::kSystemd},
                                        moment.elapsed);
        asked_.emplace(request, Asked{watched.sensor->id, unit});
    }
}

std::optional<Duration> SystemdLoop::next_look(Duration elapsed) const {
    std::optional<Duration> next;
    for (const auto& [id, watched] : watched_) {
        for (const auto& [unit, restless] : watched.restless) {
            if (watched.telling.contains(unit)) continue;
            const auto at = std::min(restless.last + watched.spec.debounce,
                                     restless.since + kRestlessLooks * watched.spec.debounce);
            const auto left = std::max(at - elapsed, Duration{0});
            next = std::min(next.value_or(left), left);
        }
    }
    return next;
}

void SystemdLoop::save() {
    std::vector<HostProgress> progress;
    for (const auto& [id, watched] : watched_) {
        if (watched.unsaved) progress.push_back({id, to_json(*watched.progress)});
    }
    store_.save(EventOrigin::kSystemd, progress, skips_);
    skips_.clear();
    for (const auto& each : progress) watched_.at(each.sensor).unsaved = false;
}

}  // namespace attune
