// How an executor records: one transaction for a batch, and what follows from each way it can
// end.
#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/feed_items.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"

namespace attune {
namespace {

constexpr int kCatalogTries = 5;  // it moved again each time: somebody applies in a loop

Confirmation confirmation(const Decision& decision, bool recorded) {
    return {decision.sensor, decision.spec_rev, decision.through, recorded};
}

}  // namespace

// Records what came in, together with what finished meanwhile. False: nothing had come in.
bool Executor::record_batch(Moment moment) {
    auto works = intake_.next_batch(batch_limit_);
    if (works.empty()) return false;
    Batch batch;
    try {
        auto catalog = shared_.catalog.get();
        for (int tries = 0; tries < kCatalogTries && !works.empty(); ++tries) {
            ids_.reserve(works.size());
            prepare(works, *catalog, moment, batch);
            intake_.put_back(std::exchange(works, {}));  // what is over the bounds
            preparation_.number(batch);
            const auto moved_to = record(batch, *catalog, moment);
            if (!moved_to) break;
            catalog = shared_.catalog.follow(catalog->generation(), *moved_to);
            works = intake_.next_batch(batch_limit_);
        }
    } catch (const StoreInDoubt&) {
        intake_.put_back(std::move(works));  // none, unless it was ids whose reply was lost
        doubtful_ = std::exchange(batch, {});
        throw;
    } catch (...) {
        put_back(batch);
        intake_.put_back(std::move(works));
        throw;
    }
    intake_.put_back(std::move(works));
    courier_.send_confirmations();
    return true;
}

// Writes the batch and settles it. A generation: the database has that one, nothing of the
// batch was written, and it waits again.
std::optional<Generation> Executor::record(Batch& batch, const Catalog& catalog,
                                           Moment moment) {
    // Outcomes ride along, but not while an offender is looked for: it might be one of them.
    const auto done =
        batch_limit_ == limits::kEventsPerBatch ? completions() : std::vector<Completion>{};
    Recorded recorded;
    try {
        recorded = ledger_.record(catalog.generation(), owner_, batch.entries, done);
    } catch (const StoreRefused& refusal) {
        if (!refusal.is_about_data()) throw;
        isolate(batch, !done.empty(), refusal, moment);
        return std::nullopt;
    }
    settle_completions(recorded.completions, moment);
    if (recorded.moved) {
        put_back(batch);
        return recorded.current;
    }
    settle(batch, recorded, moment);
    return std::nullopt;
}

// Evaluates the first of `works` into `batch`, up to the bounds of one transaction, and takes
// them out. What makes evaluation throw is dropped alone: a hint, which its sender repeats.
void Executor::prepare(std::vector<Work>& works, const Catalog& catalog, Moment moment,
                       Batch& batch) {
    std::size_t answers = 0;
    std::size_t next = 0;
    const auto drop_taken = [&] {
        works.erase(works.begin(), works.begin() + static_cast<std::ptrdiff_t>(next));
    };
    try {
        while (next < works.size() && answers < limits::kEnforcementsPerBatch) {
            Entry entry;
            auto prepared = preparation_.prepare(catalog, std::move(works[next++]),
                                                 !backlog_ && !draining(), moment.now, entry);
            if (!prepared.refusal.empty()) {
                decline(prepared, prepared.refusal);
                continue;
            }
            answers += entry.answers.size();
            batch.entries.push_back(std::move(entry));
            batch.prepared.push_back(std::move(prepared));
        }
    } catch (...) {
        drop_taken();
        throw;
    }
    drop_taken();
}

void Executor::settle(Batch& batch, const Recorded& recorded, Moment moment) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (recorded.entries[i] == Fate::kRecorded) {
            settle_recorded(batch.entries[i], batch.prepared[i], moment);
        } else {
            settle_unrecorded(batch.prepared[i], recorded.entries[i], recorded.existing[i]);
        }
    }
    batch_limit_ = std::min(batch_limit_ * 2, limits::kEventsPerBatch);
}

void Executor::settle_recorded(const Entry& entry, Prepared& prepared, Moment moment) {
    if (entry.decision) {
        courier_.confirm(prepared.work.worker, confirmation(*entry.decision, true));
    }
    if (prepared.work.fire) {
        courier_.reply(prepared.work.fire->reply_to, FireReply{prepared.work.fire->request,
                                                               RequestOutcome::kRecorded,
                                                               entry.event->id,
                                                               entry.event->scheduled_at,
                                                               {}});
    }
    if (!entry.event) return;
    shared_.log.debug("fired {} for {}", entry.sensor_ref,
                      format_rfc3339(entry.event->scheduled_at));
    if (courier_.listened()) courier_.feed(event_created(entry, moment.now));
    for (auto& count : prepared.counts) {
        auto& sum = counts_[count.rule];
        sum.rule = count.rule;
        sum.matched += count.matched;
        sum.unmatched += count.unmatched;
        sum.errored += count.errored;
        if (count.unmatched == 0) continue;
        sum.last_reason = std::move(count.last_reason);
        sum.last_at = count.last_at;
    }
    for (std::size_t i = 0; i < entry.answers.size(); ++i) {
        const auto& answer = entry.answers[i];
        if (courier_.listened()) courier_.feed(enforcement_created(entry, answer, moment.now));
        if (!answer.execution) continue;
        auto attempt = attempt_of(*answer.execution, answer, entry);
        if (courier_.listened()) courier_.feed(execution_requested(attempt, moment.now));
        if (answer.execution->claimed) {
            attempt.slot = std::move(prepared.slots[i]);
            begin(std::move(attempt), moment);
        } else {
            backlog_ = true;
        }
    }
}

void Executor::settle_unrecorded(Prepared& prepared, Fate fate, const Existing& existing) {
    if (prepared.work.decision) {
        courier_.confirm(prepared.work.worker,
                         confirmation(*prepared.work.decision, fate == Fate::kDuplicate));
    } else if (fate == Fate::kDuplicate) {
        courier_.reply(prepared.work.fire->reply_to, FireReply{prepared.work.fire->request,
                                                               RequestOutcome::kDuplicate,
                                                               EventId{existing.id},
                                                               existing.scheduled_at,
                                                               {}});
    } else {
        courier_.reply(prepared.work.fire->reply_to, FireReply{prepared.work.fire->request,
                                                               RequestOutcome::kRefused,
                                                               {},
                                                               {},
                                                               "the sensor changed meanwhile"});
    }
}

// There is nothing to record, and whoever waits for it is told.
void Executor::decline(const Prepared& prepared, const std::string& why) {
    if (prepared.work.decision) {
        courier_.confirm(prepared.work.worker, confirmation(*prepared.work.decision, false));
    } else {
        courier_.reply(
            prepared.work.fire->reply_to,
            FireReply{prepared.work.fire->request, RequestOutcome::kRefused, {}, {}, why});
    }
}

void Executor::put_back(Batch& batch) {
    std::vector<Work> works;
    works.reserve(batch.size());
    for (auto& prepared : batch.prepared) {
        works.push_back(std::move(prepared.work));
    }
    batch = {};
    intake_.put_back(std::move(works));
}

// The database refuses something: an outcome that rode along, or else halve the batch until the
// offender is alone, and record that without what it is refused for.
void Executor::isolate(Batch& batch, bool rode_along, const StoreRefused& refusal,
                       Moment moment) {
    if (rode_along) {
        put_back(batch);
        complete_one_by_one(moment);
    } else if (batch.size() == 1) {
        record_poisoned(batch.entries.front(), batch.prepared.front(), refusal, moment);
        batch_limit_ = limits::kEventsPerBatch;
    } else {
        batch_limit_ = std::max<std::size_t>(batch.size() / 2, 1);
        put_back(batch);
    }
}

void Executor::record_poisoned(Entry& entry, Prepared& prepared, const StoreRefused& refusal,
                               Moment moment) {
    prepared.slots.clear();
    if (prepared.work.fire) return decline(prepared, refusal.what());
    const auto& decision = *prepared.work.decision;
    try {
        const auto recorded = ledger_.record_poisoned(shared_.catalog.get()->generation(),
                                                      owner_, entry, refusal);
        const bool done = !recorded.moved && recorded.entries.front() != Fate::kVoid;
        courier_.confirm(prepared.work.worker, confirmation(decision, done));
        if (!done || !entry.event) return;
        shared_.log.error("{}: the database refuses its event: {}; recorded without payload",
                          entry.sensor_ref, refusal.what());
        entry.event->payload = "null";
        if (courier_.listened()) courier_.feed(event_created(entry, moment.now));
    } catch (const StoreRefused& again) {
        if (!again.is_about_data()) throw;
        ledger_.fault_timer(decision, again.what());
        const LogFields about(message_id::kSensorFaulted,
                              {{"ATTUNE_SENSOR", entry.sensor_ref}});
        shared_.log.error("sensor {} is faulted until its schedule is edited: {}",
                          entry.sensor_ref, again.what());
        courier_.confirm(prepared.work.worker, confirmation(decision, false));
    }
}

// The reply of a COMMIT was lost: what is there with our ids was recorded, the rest was not.
void Executor::resolve_doubt(Moment moment) {
    if (doubtful_.empty()) return;
    const auto there = ledger_.read_back(doubtful_.entries);
    Batch absent;
    for (std::size_t i = 0; i < doubtful_.size(); ++i) {
        if (there[i]) {
            settle_recorded(doubtful_.entries[i], doubtful_.prepared[i], moment);
        } else {
            absent.entries.push_back(std::move(doubtful_.entries[i]));
            absent.prepared.push_back(std::move(doubtful_.prepared[i]));
        }
    }
    doubtful_ = {};
    put_back(absent);
    courier_.send_confirmations();
}

}  // namespace attune
