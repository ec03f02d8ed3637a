#include "store/catalog_turn.h"

#include <fmt/format.h>

#include "store/locks.h"
#include "store/session.h"
#include "store/timer_changes.h"

namespace attune {

// The second statement sees what the last turn committed before it let go of the lock.
Generation begin_turn(Session& session) {
    return Generation{session
                          .run(fmt::format("SELECT pg_advisory_xact_lock({});"
                                           "SELECT generation FROM config_state",
                                           kReconcileLock))
                          .only()
                          .number(0)};
}

void end_turn(Session& session, const std::vector<TimerChange>& timers, TimePoint at,
              Generation generation) {
    static constexpr Statement kSetGeneration{"set_generation",
                                              "UPDATE config_state SET generation = $1"};
    session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kCatalogLock));
    apply_timer_changes(session, timers, at, generation);
    session.run(kSetGeneration, Params().add(generation.value));
}

}  // namespace attune
