#include "daemon/sensor/timer_worker.h"

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <utility>

#include "core/limits.h"

namespace attune {
namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTolerance = kClockTolerance;  // how far a cursor may be ahead of the clock
constexpr Duration kBusPause = milliseconds(10);  // after the bus refused something
constexpr Duration kFirstRepeat = seconds(1);
constexpr Duration kLastRepeat = seconds(30);

// How long after its n-th push an unconfirmed decision is pushed again.
Duration patience(int pushes) {
    constexpr int kDoublings = 5;  // 1, 2, 4, 8, 16, then kLastRepeat
    if (pushes > kDoublings) return kLastRepeat;
    return kFirstRepeat * (1 << (pushes - 1));
}

TimePoint ceil_to_tick(TimePoint moment) {
    // The last milliseconds of time itself cannot be rounded up.
    return moment == kNever ? moment : TimePoint(ceil<milliseconds>(moment));
}

}  // namespace

TimerWorker::TimerWorker(std::size_t credits) : credits_(credits) { assert(credits >= 1); }

void TimerWorker::reserve(std::size_t timers) {
    index_.reserve(timers);
    slots_.reserve(timers);
    due_.reserve(timers);
}

void TimerWorker::arm(const Timer& timer) {
    const auto slot = index_.acquire(timer.row.sensor);
    if (slot >= slots_.size()) slots_.resize(slot + 1);
    auto& it = slots_[slot];

    const auto spec = specs_.intern(timer.schedule);
    if (it.spec != kNone) specs_.release(it.spec);
    it.spec = spec;
    it.own = SpecTable::own_part(timer.schedule);
    it.spec_rev = timer.row.spec_rev;
    it.cursor = timer.row.cursor;
    it.fires = timer.row.fires;

    if (it.flight != kNone) {
        const auto& sent = flights_[it.flight].decision;
        if (sent.spec_rev == it.spec_rev && sent.from == it.cursor) return;
        land(it);
    }
    if (latest_ != TimePoint::min() && it.cursor > latest_ + kTolerance) {
        ahead_.push_back(timer.row.sensor);
    }
    await_due(slot, wake_at(schedule_of(it), row_of(slot), specs_.memo(it.spec)));
}

void TimerWorker::disarm(SensorId sensor) {
    if (const auto slot = index_.find(sensor)) forget(*slot);
}

TimerWorker::Step TimerWorker::step(TimePoint now) {
    Step step;
    step.reload = std::exchange(void_, {});
    follow_clock(now, step);
    push_again(now, step);
    take_due(now, step);
    step.wake_at = next_step(now);
    return step;
}

void TimerWorker::unsent(std::span<const Decision> refused, TimePoint now) {
    for (const auto& decision : refused) {
        const auto* flight = flight_of(decision.sensor, decision.spec_rev, decision.through);
        // One that was pushed before may be on its way to the ledger: it keeps waiting.
        if (flight == nullptr || flight->pushes > 1) continue;
        const auto slot = flight->slot;
        auto& it = slots_[slot];
        land(it);
        if (it.cursor > now + kTolerance) ahead_.push_back(decision.sensor);
        await_due(slot, wake_at(schedule_of(it), row_of(slot), specs_.memo(it.spec)));
    }
    not_before_ = now + kBusPause;
}

void TimerWorker::confirm(const Confirmation& confirmation) {
    const auto* flight =
        flight_of(confirmation.sensor, confirmation.spec_rev, confirmation.through);
    if (flight == nullptr) return;
    const auto slot = flight->slot;
    const Decision decision = flight->decision;
    auto& it = slots_[slot];
    land(it);
    if (!confirmation.recorded) {
        void_.push_back(confirmation.sensor);
        return;
    }
    it.cursor = decision.through;
    if (decision.fires) ++it.fires;
    // Not decision.next_at: zones may have got other rules while it was in flight.
    await_due(slot, decision.exhausted
                        ? std::nullopt
                        : wake_at(schedule_of(it), row_of(slot), specs_.memo(it.spec)));
}

std::vector<TimerWorker::Rezoned> TimerWorker::rezone(const ZoneSource& zones) {
    const auto outdated = specs_.outdated(zones);
    std::vector<Rezoned> result;
    if (outdated.empty()) return result;

    std::unordered_map<SpecTable::Index, std::size_t> place;  // in result, by spec
    for (const auto& each : outdated) {
        place.emplace(each.spec, result.size());
        result.push_back({.schedule = describe(specs_.worn(each.spec, {}))});
    }
    const auto visit = [&](auto&& tell) {
        for (SlotIndex::Slot slot = 0; slot < slots_.size(); ++slot) {
            const auto found = place.find(slots_[slot].spec);
            if (found != place.end()) tell(slot, result[found->second]);
        }
    };
    const auto due = [&](SlotIndex::Slot slot) {
        const auto& it = slots_[slot];
        return wake_at(schedule_of(it), row_of(slot), specs_.memo(it.spec));
    };
    const auto earlier = [](std::optional<TimePoint>& known, std::optional<TimePoint> moment) {
        if (moment && (!known || *moment < *known)) known = moment;
    };
    visit([&](SlotIndex::Slot slot, Rezoned& rezoned) {
        ++rezoned.timers;
        earlier(rezoned.before, due(slot));
    });
    for (const auto& each : outdated) specs_.put_zone(each);
    visit([&](SlotIndex::Slot slot, Rezoned& rezoned) {
        const auto moment = due(slot);
        earlier(rezoned.after, moment);
        // One in flight, or silent until its row is there, gets its turn later.
        if (due_.contains(slot)) await_due(slot, moment);
    });
    return result;
}

// ---- One timer.

TimerCursor TimerWorker::row_of(SlotIndex::Slot slot) const {
    const auto& it = slots_[slot];
    return {index_.sensor(slot), it.spec_rev, it.cursor, it.fires};
}

const Schedule& TimerWorker::schedule_of(const Slot& slot) {
    return specs_.worn(slot.spec, slot.own);
}

TimerWorker::Flight* TimerWorker::flight_of(SensorId sensor, Generation spec_rev,
                                            TimePoint through) {
    const auto slot = index_.find(sensor);
    if (!slot || slots_[*slot].flight == kNone) return nullptr;
    auto& flight = flights_[slots_[*slot].flight];
    const bool named =
        flight.decision.spec_rev == spec_rev && flight.decision.through == through;
    return named ? &flight : nullptr;
}

// A timer without a due moment has ended.
void TimerWorker::await_due(SlotIndex::Slot slot, std::optional<TimePoint> due) {
    if (due) {
        due_.set(slot, *due);
    } else {
        forget(slot);
    }
}

void TimerWorker::forget(SlotIndex::Slot slot) {
    auto& it = slots_[slot];
    if (it.flight != kNone) land(it);
    due_.remove(slot);
    specs_.release(it.spec);
    index_.release(slot);
    it = {};
}

void TimerWorker::take_off(SlotIndex::Slot slot, const Decision& decision, Step& step) {
    std::uint32_t flight = 0;
    if (landed_.empty()) {
        flight = static_cast<std::uint32_t>(flights_.size());
        flights_.emplace_back();
    } else {
        flight = landed_.back();
        landed_.pop_back();
    }
    flights_[flight] = {decision, slot, 1};
    slots_[slot].flight = flight;
    due_.remove(slot);
    unconfirmed_.set(flight, decision.fired_at + patience(1));
    step.decisions.push_back(decision);
}

void TimerWorker::land(Slot& slot) {
    unconfirmed_.remove(slot.flight);
    landed_.push_back(slot.flight);
    slot.flight = kNone;
}

// ---- One step.

void TimerWorker::follow_clock(TimePoint now, Step& step) {
    if (now < last_step_ - kFirstRepeat) {
        // Deadlines that were set by the clock of before would be too far away.
        for (const auto& slot : slots_) {
            if (slot.flight != kNone) unconfirmed_.set(slot.flight, now + kFirstRepeat);
        }
        not_before_ = std::min(not_before_, now + kBusPause);
    }
    // Cursors follow the clock, so they are worth checking only after it fell back. The very
    // first step checks what was loaded.
    if (latest_ == TimePoint::min() || now < latest_ - kTolerance) {
        ahead_.clear();
        for (SlotIndex::Slot slot = 0; slot < slots_.size(); ++slot) {
            if (slots_[slot].spec != kNone && slots_[slot].cursor > now + kTolerance) {
                ahead_.push_back(index_.sensor(slot));
            }
        }
        latest_ = now;
    }
    latest_ = std::max(latest_, now);
    last_step_ = now;

    std::vector<SensorId> waiting;
    for (const auto sensor : std::exchange(ahead_, {})) {
        const auto slot = index_.find(sensor);
        if (slot && !rewind(*slot, now, step)) waiting.push_back(sensor);
    }
    ahead_ = std::move(waiting);
}

// False when it must wait, for a credit or for the decision in flight.
bool TimerWorker::rewind(SlotIndex::Slot slot, TimePoint now, Step& step) {
    auto& it = slots_[slot];
    const auto target = std::max(now, rewind_floor_);
    if (it.cursor <= now + kTolerance || target >= it.cursor) return true;
    const bool full = in_flight() >= credits_ ||
                      step.decisions.size() >= limits::kDecisionsPerStep || now < not_before_;
    if (full || it.flight != kNone) return false;
    const auto next = next_after(schedule_of(it), target);
    Decision decision;
    decision.sensor = index_.sensor(slot);
    decision.spec_rev = it.spec_rev;
    decision.from = it.cursor;
    decision.through = target;
    decision.due_at = target;
    decision.fired_at = now;
    decision.next_at = next.value_or(kNever);
    decision.exhausted = !next;
    take_off(slot, decision, step);
    ++step.regressed;
    return true;
}

void TimerWorker::push_again(TimePoint now, Step& step) {
    while (!unconfirmed_.empty() && unconfirmed_.top().due <= now &&
           step.decisions.size() < limits::kDecisionsPerStep) {
        const auto index = unconfirmed_.top().index;
        auto& flight = flights_[index];
        ++flight.pushes;
        unconfirmed_.set(index, now + patience(flight.pushes));
        step.decisions.push_back(flight.decision);
    }
}

void TimerWorker::take_due(TimePoint now, Step& step) {
    if (now < not_before_) return;
    while (!due_.empty() && due_.top().due <= now && in_flight() < credits_ &&
           step.decisions.size() < limits::kDecisionsPerStep) {
        const auto slot = due_.top().index;
        const auto& it = slots_[slot];
        const auto decision = decide(schedule_of(it), row_of(slot), now, specs_.memo(it.spec));
        assert(decision);
        take_off(slot, *decision, step);
    }
}

std::optional<TimePoint> TimerWorker::next_step(TimePoint now) const {
    auto next = kNever;
    if (!unconfirmed_.empty()) next = unconfirmed_.top().due;
    if (!due_.empty() && in_flight() < credits_) {
        next = std::min(next, std::max(due_.top().due, not_before_));
    }
    if (next == kNever) return std::nullopt;
    return std::max(now, ceil_to_tick(next));
}

}  // namespace attune
