#include "daemon/earlier_lives.h"

#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "daemon/runner/environment.h"
#include "os/process_info.h"

namespace attune {

void EarlierLives::recover(TimePoint now) {
    int killed = 0;
    for (const auto& left : nodes_.left_processes(incarnation_)) {
        const RecordedGroup group{left.process.group,
                                  static_cast<std::uint64_t>(left.process.started_ticks),
                                  left.process.boot_id};
        killed += kill_recorded_group(group, execution_mark(left.key.id));
    }
    tell(nodes_.recover(incarnation_, now), killed);
}

void EarlierLives::recover_unstarted(TimePoint now) {
    tell(nodes_.recover_unstarted(incarnation_, now), 0);
}

void EarlierLives::tell(const Recovery& recovery, int killed) {
    if (recovery.requested + recovery.abandoned + recovery.cancelled + killed == 0) return;
    const LogFields about(
        message_id::kEarlierLifeCut,
        {{"ATTUNE_NODE", node_}, {"ATTUNE_INCARNATION", std::to_string(incarnation_.value)}});
    log_.warn(
        "an earlier life of this node was cut short: {} executions run again, {} are "
        "abandoned, {} are cancelled, {} of its processes were ended",
        recovery.requested, recovery.abandoned, recovery.cancelled, killed);
}

}  // namespace attune
