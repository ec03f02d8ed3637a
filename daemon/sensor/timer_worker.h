// Decides when timer sensors fire; records nothing itself.
//
// A TimerWorker has no thread, reads no clock and touches no socket: its shell calls step()
// with the moment it is, pushes the decisions it gets to the executors, gives back what the
// bus refused, hands in their confirmations, and sleeps until the moment step() named. A
// test calls it with any moments.
//
//     shell:  load -> arm() each -> loop { step(now) -> push -> unsent(rest) | confirm() }
//
// A decision that is not confirmed is pushed again after 1 s, then 2, 4 ... 30 s: whoever
// records it does so once. A timer has at most one unrecorded decision.
//
// A clock that was set back leaves cursors in the future. One that is more than five minutes
// ahead is rewound: a decision whose `through` is before its `from` and that fires and skips
// nothing. Instants that are on record already are refused a second time by their key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/decision.h"
#include "core/schedule.h"
#include "core/timer.h"
#include "daemon/sensor/due_heap.h"
#include "daemon/sensor/slot_index.h"
#include "daemon/sensor/spec_table.h"

namespace attune {

// A timer as its row and its sensor's config have it; only armed ones come here.
struct Timer {
    TimerCursor row;
    Schedule schedule;
};

class TimerWorker {
public:
    struct Step {
        std::vector<Decision> decisions;  // to be recorded, in the order they fell due
        std::vector<SensorId> reload;     // rows to be read again: answer with arm or disarm
        std::size_t regressed = 0;  // cursors more than 5 min ahead of now: clock_regressed
        std::optional<TimePoint> wake_at;  // when to step next; nullopt: when news arrive
    };

    // `credits`: how many decisions may be unconfirmed at once (>= 1). Beyond it timers
    // stay due, so a slow database makes fires late and never makes memory grow.
    explicit TimerWorker(std::size_t credits);

    // Makes room for that many timers at once; optional.
    void reserve(std::size_t timers);

    // Arms `timer`, replacing the sensor's earlier one. Fires from before its cursor are not
    // repeated; what is due since then is handled by its misfire policy. A decision in flight
    // stays so if it is still about this schedule and cursor; else its confirmation will be
    // late news.
    void arm(const Timer& timer);
    void disarm(SensorId sensor);

    // Takes one decision for each armed timer that is due at `now` (UTC) and not in flight, up
    // to the credits and to limits::kDecisionsPerStep; more are due when wake_at is `now`.
    // Never decides for a moment after `now`: no timer fires early.
    Step step(TimePoint now);

    // The bus refused these of the last step's decisions: their timers are due as before, and
    // the next step takes them not before 10 ms after `now`.
    void unsent(std::span<const Decision> refused, TimePoint now);

    // The decision is recorded: its timer may fall due again. Void: its row is to be
    // reloaded, and the timer is silent until it is. A confirmation of another schedule or
    // moment than the one in flight is late news and changes nothing. Step again afterwards.
    void confirm(const Confirmation& confirmation);

    // A schedule whose zone has other rules than it had.
    struct Rezoned {
        std::string schedule;  // as describe() has it
        std::size_t timers = 0;
        std::optional<TimePoint> before;  // the earliest next instant of its timers, by the old
        std::optional<TimePoint> after;   // rules and by the new ones
    };
    // Puts cron timers on the rules that `zones` has for their zones by now. What comes next
    // follows from their cursors, which stay: what was decided stays decided, and an instant
    // that the new rules place between cursor and now is late and its misfire policy's.
    std::vector<Rezoned> rezone(const ZoneSource& zones);

    // A set-back clock never makes a cursor go below this moment: the oldest day whose events
    // are still there to refuse a second fire.
    void set_rewind_floor(TimePoint floor) { rewind_floor_ = floor; }

    std::size_t armed() const { return index_.size(); }  // timers
    std::size_t in_flight() const { return flights_.size() - landed_.size(); }
    std::size_t specs() const { return specs_.size(); }  // different schedules among them

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Slot {
        Generation spec_rev;
        TimePoint cursor;
        std::int64_t fires = 0;
        SpecTable::Own own;
        SpecTable::Index spec = kNone;
        std::uint32_t flight = kNone;
    };

    struct Flight {
        Decision decision;
        SlotIndex::Slot slot = 0;
        int pushes = 0;
    };

    TimerCursor row_of(SlotIndex::Slot slot) const;
    const Schedule& schedule_of(const Slot& slot);
    Flight* flight_of(SensorId sensor, Generation spec_rev, TimePoint through);

    void await_due(SlotIndex::Slot slot, std::optional<TimePoint> due);
    void forget(SlotIndex::Slot slot);
    void take_off(SlotIndex::Slot slot, const Decision& decision, Step& step);
    void land(Slot& slot);

    void follow_clock(TimePoint now, Step& step);
    bool rewind(SlotIndex::Slot slot, TimePoint now, Step& step);
    void push_again(TimePoint now, Step& step);
    void take_due(TimePoint now, Step& step);
    std::optional<TimePoint> next_step(TimePoint now) const;

    std::size_t credits_;
    SlotIndex index_;
    std::vector<Slot> slots_;  // by slot
    SpecTable specs_;
    DueHeap due_;                        // slots that wait for their next instant
    std::vector<Flight> flights_;        // by flight
    std::vector<std::uint32_t> landed_;  // flights to be used again
    DueHeap unconfirmed_;                // flights, by when they are pushed again
    std::vector<SensorId> void_;         // whose rows are to be reloaded
    std::vector<SensorId> ahead_;        // whose cursors may be ahead of the clock

    TimePoint last_step_ = TimePoint::min();
    TimePoint latest_ = TimePoint::min();      // of the clock, since cursors were last checked
    TimePoint not_before_ = TimePoint::min();  // the bus was full
    TimePoint rewind_floor_ = TimePoint::min();
};

}  // namespace attune
