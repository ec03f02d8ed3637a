#include "core/timer.h"

#include <algorithm>

namespace attune {
namespace {

using std::chrono::seconds;

constexpr Duration kTick{1};

// A schedule with the memory of its last answers, if there is one.
class Instants {
public:
    Instants(const Schedule& schedule, NextMemo* memo) : schedule_(schedule), memo_(memo) {}

    std::optional<TimePoint> next(TimePoint after) const {
        return memo_ != nullptr ? memo_->next_after(schedule_, after)
                                : next_after(schedule_, after);
    }

    TimePoint due(TimePoint instant) const { return due_at(schedule_, instant); }

    // The newest instant whose due moment is before `limit`. Due moments are in the order of
    // their instants and each is before the next instant, so there are two candidates.
    std::optional<TimePoint> newest_due_before(TimePoint limit) const {
        const auto newest = latest_at(schedule_, limit - kTick);
        if (!newest || due(*newest) < limit) return newest;
        return latest_at(schedule_, *newest - kTick);
    }

private:
    const Schedule& schedule_;
    NextMemo* memo_;
};

bool has_fired_enough(const Schedule& schedule, std::int64_t fires) {
    return schedule.max_fires && fires >= *schedule.max_fires;
}

// Which instant a decision fires, and why those before it do not.
struct Choice {
    std::optional<TimePoint> fire;
    bool misfire = false;
    TimePoint through;  // the last instant decided
    SkipReason reason = SkipReason::kMisfire;
};

class Decider {
public:
    Decider(const Schedule& schedule, const TimerCursor& timer, TimePoint now, NextMemo* memo)
        : schedule_(schedule), timer_(timer), now_(now), instants_(schedule, memo) {}

    std::optional<Decision> decide() const {
        if (has_fired_enough(schedule_, timer_.fires)) return std::nullopt;
        const auto first = instants_.next(timer_.cursor);
        if (!first) return std::nullopt;
        const auto due = instants_.due(*first);
        if (due > now_) return std::nullopt;
        if (due + schedule_.misfire.grace >= now_) {
            return decision({.fire = first, .misfire = is_past_one_shot(), .through = *first});
        }
        return decision(choose(*first));
    }

private:
    bool is_past_one_shot() const {
        const auto* once = std::get_if<OnceSchedule>(&schedule_.kind);
        return once != nullptr && once->past_at_creation;
    }

    bool in_window(TimePoint instant) const {
        const auto& window = schedule_.misfire.window;
        return !window || instants_.due(instant) + *window >= now_;
    }

    // `first` is past its grace.
    Choice choose(TimePoint first) const {
        const auto newest = *instants_.newest_due_before(now_ - schedule_.misfire.grace);
        Choice none{.fire = {}, .misfire = false, .through = newest};
        const auto fresh = instants_.next(newest);
        if (fresh && instants_.due(*fresh) <= now_) none = {.fire = fresh, .through = *fresh};

        switch (schedule_.misfire.policy) {
            case MisfirePolicy::kSkip:
                return none;
            case MisfirePolicy::kFireOnce:
                if (none.fire) return none;
                if (in_window(newest)) {
                    return {.fire = newest, .misfire = true, .through = newest};
                }
                none.reason = SkipReason::kWindow;
                return none;
            case MisfirePolicy::kCatchUp:
                return choose_catch_up(first, newest, none);
        }
        return none;
    }

    // The oldest of those that may still fire; the others' turn comes with the next decision.
    Choice choose_catch_up(TimePoint first, TimePoint newest, Choice none) const {
        const auto& misfire = schedule_.misfire;
        Choice choice{.fire = first, .misfire = true, .through = first};
        if (count_between(schedule_, timer_.cursor, newest) > misfire.max_catch_up) {
            auto oldest = newest;
            for (std::int64_t i = 1; i < misfire.max_catch_up; ++i) {
                oldest = *latest_at(schedule_, oldest - kTick);
            }
            choice.fire = oldest;
        }
        if (!in_window(*choice.fire)) {
            const auto outside = *instants_.newest_due_before(now_ - *misfire.window);
            choice.fire = instants_.next(outside);
            choice.reason = SkipReason::kWindow;
            if (!choice.fire || *choice.fire > newest) {
                none.reason = SkipReason::kWindow;
                return none;
            }
        }
        choice.through = *choice.fire;
        return choice;
    }

    Decision decision(const Choice& choice) const {
        Decision result;
        result.sensor = timer_.sensor;
        result.spec_rev = timer_.spec_rev;
        result.from = timer_.cursor;
        result.through = choice.through;
        result.fires = choice.fire.has_value();
        result.misfire = choice.misfire;
        result.fired_at = now_;
        result.due_at = instants_.due(choice.through);

        const auto skip_to = result.fires ? choice.through - kTick : choice.through;
        result.skipped = count_between(schedule_, timer_.cursor, skip_to);
        if (result.skipped > 0) {
            result.skip_through = *latest_at(schedule_, skip_to);
            result.reason = choice.reason;
        }
        const bool enough = has_fired_enough(schedule_, timer_.fires + (result.fires ? 1 : 0));
        const auto next = enough ? std::nullopt : instants_.next(choice.through);
        result.exhausted = !next;
        result.next_at = next.value_or(kNever);
        result.occurrence = occurrence(choice.through);
        return result;
    }

    std::int64_t occurrence(TimePoint instant) const {
        if (const auto* interval = std::get_if<IntervalSchedule>(&schedule_.kind)) {
            return (instant - interval->anchor) / interval->period;
        }
        return timer_.fires + 1;
    }

    const Schedule& schedule_;
    const TimerCursor& timer_;
    const TimePoint now_;
    const Instants instants_;
};

}  // namespace

std::optional<TimePoint> NextMemo::next_after(const Schedule& schedule, TimePoint after) {
    for (const auto& entry : entries_) {
        if (entry.after <= after && (!entry.next || after < *entry.next)) return entry.next;
    }
    auto& entry = entries_[oldest_];
    oldest_ = (oldest_ + 1) % entries_.size();
    entry = {after, attune::next_after(schedule, after)};
    return entry.next;
}

std::optional<Decision> decide(const Schedule& schedule, const TimerCursor& timer,
                               TimePoint now, NextMemo* memo) {
    return Decider(schedule, timer, now, memo).decide();
}

std::optional<TimePoint> wake_at(const Schedule& schedule, const TimerCursor& timer,
                                 NextMemo* memo) {
    if (has_fired_enough(schedule, timer.fires)) return std::nullopt;
    const Instants instants(schedule, memo);
    const auto next = instants.next(timer.cursor);
    if (!next) return std::nullopt;
    return instants.due(*next);
}

}  // namespace attune
