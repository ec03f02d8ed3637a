// How an executor and a runner that lives in another process come to agree, each time they are
// connected: after a restart of either, what one of them has forgotten is settled here.
#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>

#include "daemon/earlier_lives.h"
#include "daemon/executor/executor.h"

namespace attune {
namespace {

// What is claimed and was never let go waits this long for a runner that is away.
constexpr Duration kRunnerPatience = std::chrono::seconds(10);

}  // namespace

// The roster is kept until everything it says is settled, whatever the database does meanwhile.
void Executor::take_roster(Moment moment) {
    if (!intake_.roster) return recover_without_runner(moment);
    forget_lost(*intake_.roster);
    if (is_adopter()) {
        adopt(*intake_.roster, moment);
        NodeStore nodes(database_);
        EarlierLives(nodes, options_.node, options_.incarnation, shared_.log)
            .recover(moment.now);
        earlier_lives_settled_ = true;
    }
    RosterTaken taken{intake_.roster->connection, options_.index, {}};
    for (const auto& [id, attempt] : held_) {
        if (attempt.process) taken.held.push_back(attempt.token);
    }
    for (const auto& finishing : finishing_) {
        if (finishing.attempt.process) taken.held.push_back(finishing.attempt.token);
    }
    courier_.to_runner(taken);
    intake_.roster.reset();
}

// Attempts that the runner had answered for and does not have any more: it died, and they with
// it. Their claims are found forgotten, which is a lost attempt.
void Executor::forget_lost(const RunnerRoster& roster) {
    std::set<std::array<std::uint8_t, 16>> had;
    for (const auto& run : roster.runs) had.insert(run.token.bytes);
    const auto lost = std::erase_if(held_, [&](const auto& entry) {
        const Attempt& attempt = entry.second;
        return attempt.process && !attempt.unanswered && !had.contains(attempt.token.bytes);
    });
    if (lost == 0) return;
    std::erase_if(intake_.started, [&](const ProcessStarted& started) {
        return !held_.contains(started.key.id);
    });
    shared_.log.warn("{}: the runner has lost {} of its actions; they run again", inbox_.name(),
                     lost);
    forgotten_check_at_ = Duration{0};
}

// Claims of an earlier life whose processes live on, or have ended and wait to be recorded.
void Executor::adopt(const RunnerRoster& roster, Moment moment) {
    std::vector<Claim> claims;
    for (const auto& run : roster.runs) {
        const auto held = held_.find(run.key.id);
        const bool ours = held != held_.end() && held->second.token == run.token;
        if (!ours && !is_finishing(run.key, run.token)) claims.push_back({run.key, run.token});
    }
    const auto catalog = shared_.catalog.get();
    const auto adopted = ledger_.adopt(owner_, claims);
    for (const auto& [execution, running, cancelling] : adopted) {
        auto attempt = attempt_of(execution);
        attempt.process = true;
        attempt.running = running;
        attempt.slot = shared_.slots.take_over();
        if (const auto* action = catalog->actions().find(execution.action)) {
            attempt.out_schema = action->out_schema;
        }
        held_.insert_or_assign(attempt.key.id, std::move(attempt));
        if (cancelling) stop(execution.key.id, moment);
    }
    if (!adopted.empty()) {
        shared_.log.info("{} actions of an earlier life of this node go on", adopted.size());
    }
}

// Without a word of the runner nobody can tell how those processes fare that were let go: their
// executions wait, since nothing could run them again either. The others need not.
void Executor::recover_without_runner(Moment moment) {
    if (!is_adopter() || earlier_lives_settled_) return;
    if (!waits_for_runner_since_) waits_for_runner_since_ = moment.elapsed;
    if (moment.elapsed - *waits_for_runner_since_ < kRunnerPatience) return;
    NodeStore nodes(database_);
    EarlierLives(nodes, options_.node, options_.incarnation, shared_.log)
        .recover_unstarted(moment.now);
    const auto waiting = nodes.left_processes(options_.incarnation).size();
    if (waiting > 0) {
        shared_.log.warn(
            "{} executions of an earlier life wait for the runner, which alone knows how they "
            "fare",
            waiting);
    }
    earlier_lives_settled_ = true;
}

bool Executor::is_adopter() const { return options_.runner_outlives && options_.index == 0; }

}  // namespace attune
