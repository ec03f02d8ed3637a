#include "daemon/sweep.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "os/random.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

constexpr Duration kRenew = std::chrono::seconds(5);
constexpr Duration kUpkeep = std::chrono::hours(1);
constexpr Duration kAhead = std::chrono::hours(48);
constexpr Duration kRevisionsKept = std::chrono::days(90);

Database named(Database database) {
    database.application = "attuned sweep";
    return database;
}

}  // namespace

Sweep::Sweep(SweepOptions options, const Database& database, Bus& bus,
             std::function<void()> superseded, Vitals& vitals, Log& log)
    : options_(options),
      nodes_(named(database)),
      upkeep_(named(database)),
      inbox_(bus, kSweepInbox),
      executors_(bus, executor_inboxes(options.executors)),
      superseded_(std::move(superseded)),
      vitals_(vitals),
      log_(log) {
    timers_.reserve(static_cast<std::size_t>(options_.timer_workers));
    for (int i = 0; i < options_.timer_workers; ++i) {
        timers_.push_back(
            std::make_unique<Outbox>(bus, std::vector<std::string>{timer_inbox(i)}));
    }
}

std::optional<Duration> Sweep::step(Moment moment) {
    while (inbox_.receive()) {
    }
    if (moment.elapsed >= renew_at_) {
        if (!nodes_.renew(options_.incarnation, options_.lease)) {
            const LogFields about(message_id::kSuperseded, {});
            log_.error("another daemon has declared this one dead and took its work; stopping");
            superseded_();
            return kLongestWait;
        }
        renew_at_ = moment.elapsed + kRenew;
    }
    const auto standing = upkeep_.standing(moment.now);
    // As many wakes as executors: the outbox gives them out in turn.
    vitals_.set_database(moment.elapsed, standing.ready);
    if (standing.ready > 0) {
        for (int i = 0; i < options_.executors; ++i) executors_.send(encode(Wake{}));
    }
    for (const auto& worker : timers_)
        worker->send(encode(CatalogChanged{standing.generation}));
    if (moment.elapsed >= upkeep_at_) {
        upkeep_.make_partitions(moment.now - kAhead / 2, moment.now + kAhead);
        upkeep_.forget_revisions(moment.now - kRevisionsKept);
        upkeep_at_ = moment.elapsed + kUpkeep;
    }
    return pause();
}

// 1 s, give or take a fifth, so that several daemons on one database do not ask in step.
Duration Sweep::pause() {
    std::array<std::uint8_t, 2> bits{};
    fill_random(bits);
    const int share = (bits[0] * 256 + bits[1]) % 400 - 200;
    return std::chrono::milliseconds(1000 + share);
}

}  // namespace attune
