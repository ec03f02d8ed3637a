#include "daemon/sensor/journal_loop.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/json.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "os/system_error.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

// Of one sensor: what is read ahead of the ledger.
constexpr std::size_t kUnderWay = 32;
constexpr Duration kSaveEvery = std::chrono::seconds(1);
constexpr Duration kFindPlaceFirst = std::chrono::seconds(10);
constexpr Duration kFindPlaceEvery = std::chrono::minutes(10);
// A journal may have rotated away what was next, while that could not be read.
constexpr Duration kLongFull = std::chrono::seconds(5);

Database named(Database database) {
    database.application = "attuned journal";
    return database;
}

}  // namespace

JournalLoop::JournalLoop(JournalLoopOptions options, const Database& database, Bus& bus,
                         const LiveCatalog& catalog, const Drain& drain, Log& log)
    : options_(std::move(options)),
      store_(named(database)),
      catalog_(catalog),
      drain_(drain),
      log_(log),
      inbox_(bus, kJournalInbox),
      post_(bus, kJournalInbox, options_.executors) {}

std::optional<Duration> JournalLoop::step(Moment moment) {
    take_in();
    if (drain_.draining()) return kLongestWait;
    follow_catalog();
    trouble_.clear();
    bool more = false;
    for (auto& [id, watched] : watched_) {
        if (!watched.follower) open(watched, moment.elapsed);
        if (!watched.follower) continue;
        pump(watched, moment);
        more = more || (watched.follower->may_have_more() && !watched.full_since);
    }
    post_.repeat(moment.elapsed);
    if (moment.elapsed >= save_at_) {
        save();
        save_at_ = moment.elapsed + kSaveEvery;
    }
    if (!trouble_.empty()) throw std::runtime_error(trouble_);
    if (more) return Duration{0};
    return kSaveEvery;
}

Woken JournalLoop::wait(std::optional<Duration> timeout) {
    std::vector<pollfd> journals;
    for (const auto& [id, watched] : watched_) {
        if (watched.follower) journals.push_back({watched.follower->fd(), POLLIN, 0});
    }
    return inbox_.wait(timeout, journals);
}

void JournalLoop::end(Moment) {
    take_in();
    save();
}

void JournalLoop::take_in() {
    while (const auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) continue;
        if (const auto* reply = std::get_if<FireReply>(&*message)) settle(*reply);
    }
}

// A refusal while the sensor is being disabled or replaced is told of one that is about to be
// closed; of any other it means that the ledger will not have the event.
void JournalLoop::settle(const FireReply& reply) {
    if (!post_.settle(reply)) return;
    const auto asked = asked_.find(reply.request);
    auto& watched = watched_.at(asked->second);
    asked_.erase(asked);
    const auto request = watched.requests.find(reply.request);
    const bool refused = reply.outcome == RequestOutcome::kRefused;
    watched.follower->settled(request->second, refused ? reply.fault : std::string());
    watched.requests.erase(request);
}

void JournalLoop::follow_catalog() {
    auto catalog = catalog_.get();
    if (catalog == known_ && left_.empty()) return;
    const auto wanted = host_sensors(*catalog, kJournalTrigger);
    if (!loaded_) {
        for (const auto& [id, position] : store_.load(EventOrigin::kJournal)) {
            watched_[id].saved = journal_position(position);
        }
        loaded_ = true;
    }
    keep_only(wanted);
    for (const auto& [id, sensor] : wanted) {
        auto& watched = watched_[id];
        if (watched.sensor && watched.sensor->config != sensor->config) close(watched);
        watched.sensor = sensor;
    }
    store_.forget(EventOrigin::kJournal, left_);
    left_.clear();
    known_ = std::move(catalog);
}

void JournalLoop::keep_only(const HostSensors& wanted) {
    for (auto each = watched_.begin(); each != watched_.end();) {
        if (wanted.contains(each->first)) {
            ++each;
            continue;
        }
        close(each->second);
        left_.push_back(each->first);
        each = watched_.erase(each);
    }
}

// It is on record where a new sensor begins before anything is read, so that a crash from then
// on loses nothing.
void JournalLoop::open(Watched& watched, Duration elapsed) {
    const auto& sensor = *watched.sensor;
    try {
        watched.follower = std::make_unique<JournalFollower>(
            sensor.id, journal_spec(Json::parse(sensor.config)), options_.directory,
            watched.saved);
    } catch (const SystemError& error) {
        trouble_ = sensor.ref.text() + " does not fire: " + error.what();
        return;
    }
    watched.find_place_at = elapsed + kFindPlaceFirst;
    if (!watched.saved) {
        save();
        log_.info("Following the journal for {} from now on", sensor.ref.text());
    } else {
        log_.info("Following the journal for {} from where it was left", sensor.ref.text());
    }
}

// What is under way may be recorded all the same; it is read again, and found recorded.
void JournalLoop::close(Watched& watched) {
    for (const auto& [request, number] : watched.requests) {
        post_.withdraw(request);
        asked_.erase(request);
    }
    watched.requests.clear();
    watched.full_since.reset();
    if (!watched.follower) return;
    watched.saved = watched.follower->position();
    for (auto& skip : watched.follower->take_skips()) {
        tell(watched, skip);
        skips_.push_back(std::move(skip));
    }
    watched.follower.reset();
}

void JournalLoop::pump(Watched& watched, Moment moment) {
    auto& follower = *watched.follower;
    follower.take_notice();
    if (watched.requests.size() >= kUnderWay) {
        if (!watched.full_since) watched.full_since = moment.elapsed;
        return;
    }
    const bool was_full_long =
        watched.full_since && moment.elapsed - *watched.full_since >= kLongFull;
    watched.full_since.reset();
    if (was_full_long || moment.elapsed >= watched.find_place_at) {
        watched.find_place_at = moment.elapsed + kFindPlaceEvery;
        follower.find_place();
    }
    while (watched.requests.size() < kUnderWay) {
        auto handed = follower.next();
        if (!handed) return;
        const auto request = post_.post({.request = 0,
                                         .reply_to = {},
                                         .sensor = watched.sensor->id,
                                         .scheduled_at = moment.now,
                                         .dedupe_key = std::move(handed->key),
                                         .payload = std::move(handed->payload),
                                         .origin = EventOrigin::kJournal},
                                        moment.elapsed);
        watched.requests.emplace(request, handed->number);
        asked_.emplace(request, watched.sensor->id);
    }
    watched.full_since = moment.elapsed;
}

void JournalLoop::save() {
    std::vector<HostProgress> progress;
    for (auto& [id, watched] : watched_) {
        if (!watched.follower) continue;
        for (auto& skip : watched.follower->take_skips()) {
            tell(watched, skip);
            skips_.push_back(std::move(skip));
        }
        const auto& position = watched.follower->position();
        if (position != watched.saved) progress.push_back({id, to_json(position)});
    }
    store_.save(EventOrigin::kJournal, progress, skips_);
    skips_.clear();
    for (const auto& each : progress) {
        watched_.at(each.sensor).saved = journal_position(each.position);
    }
}

void JournalLoop::tell(const Watched& watched, const HostSkip& skip) {
    const auto& ref = watched.sensor->ref.text();
    const LogFields about(message_id::kHostSkipped, {{"ATTUNE_SENSOR", ref}});
    switch (skip.reason) {
        case HostSkipReason::kBurst:
            log_.warn("{}: {} entries beyond its limit are skipped", ref, *skip.count);
            break;
        case HostSkipReason::kVacuumed:
            log_.warn("{}: {}: what the journal had after it may be lost; going on from there",
                      ref, skip.detail);
            break;
        case HostSkipReason::kRefused:
            log_.error("{}: an entry is skipped, its event was refused: {}", ref, skip.detail);
            break;
    }
}

}  // namespace attune
