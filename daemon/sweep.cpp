#include "daemon/sweep.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "daemon/sensor/timer_loop.h"
#include "os/random.h"
#include "wire/messages.h"

namespace attune {
namespace {

constexpr Duration kRenew = std::chrono::seconds(5);
constexpr Duration kPartitions = std::chrono::hours(1);
constexpr Duration kAhead = std::chrono::hours(48);

std::vector<std::string> executor_inboxes(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("executor." + std::to_string(i));
    return names;
}

Database named(Database database) {
    database.application = "attuned sweep";
    return database;
}

}  // namespace

Sweep::Sweep(SweepOptions options, const Database& database, Bus& bus,
             std::function<void()> superseded, Log& log)
    : options_(options),
      nodes_(named(database)),
      upkeep_(named(database)),
      inbox_(bus, "sweep"),
      executors_(bus, executor_inboxes(options.executors)),
      superseded_(std::move(superseded)),
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
            log_.error("another daemon has declared this one dead and took its work; stopping");
            superseded_();
            return std::nullopt;
        }
        renew_at_ = moment.elapsed + kRenew;
    }
    if (moment.elapsed >= partitions_at_) {
        upkeep_.make_partitions(moment.now - kAhead / 2, moment.now + kAhead);
        partitions_at_ = moment.elapsed + kPartitions;
    }
    const auto standing = upkeep_.standing(moment.now);
    // As many wakes as executors: the outbox gives them out in turn.
    if (standing.ready) {
        for (int i = 0; i < options_.executors; ++i) executors_.send(encode(Wake{}));
    }
    for (const auto& worker : timers_)
        worker->send(encode(CatalogChanged{standing.generation}));
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
