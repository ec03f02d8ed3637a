#include "daemon/executor/preparation.h"

#include <utility>

#include "os/random.h"

namespace attune {
namespace {

RuleCount count_of(const RuleAnswer& answer, TimePoint now) {
    RuleCount count{.rule = answer.rule->id, .last_reason = {}, .last_at = {}};
    switch (answer.kind) {
        case RuleAnswer::Kind::kMatched:
            count.matched = 1;
            break;
        case RuleAnswer::Kind::kErrored:
            count.errored = 1;
            break;
        case RuleAnswer::Kind::kUnmatched:
            count.unmatched = 1;
            count.last_reason = answer.reason;
            count.last_at = now;
            break;
    }
    return count;
}

}  // namespace

Prepared Preparation::prepare(const Catalog& catalog, Work work, bool claim_processes,
                              TimePoint now, Entry& entry) {
    Prepared prepared;
    prepared.work = std::move(work);
    entry.decision = prepared.work.decision;
    if (prepared.work.decision && !prepared.work.decision->fires) return prepared;
    if (describe_event(catalog, prepared, now, entry)) {
        answer(catalog, prepared, claim_processes, now, entry);
    }
    return prepared;
}

bool Preparation::describe_event(const Catalog& catalog, Prepared& prepared, TimePoint now,
                                 Entry& entry) {
    const auto& work = prepared.work;
    const auto id = work.decision ? work.decision->sensor : work.fire->sensor;
    const auto* sensor = catalog.sensors().find(id);
    const auto* trigger = sensor ? catalog.triggers().find(sensor->trigger) : nullptr;
    if (!trigger || !sensor->enabled) {
        prepared.refusal = sensor ? "the sensor is disabled" : "the sensor is gone";
        return false;
    }
    Event event;
    event.id = EventId{ids_.next()};
    event.sensor = id;
    if (work.decision) {
        event.origin = EventOrigin::kTimer;
        event.scheduled_at = work.decision->through;
        event.fired_at = work.decision->fired_at;
        event.payload = payloads_.make(trigger->ref, *sensor, *work.decision);
    } else {
        event.origin = work.fire->origin;
        event.scheduled_at = work.fire->scheduled_at;
        event.fired_at = now;
        event.dedupe_key = work.fire->dedupe_key;
        event.payload = work.fire->payload;
    }
    entry.event = std::move(event);
    entry.trigger = trigger->id;
    entry.trigger_ref = trigger->ref.text();
    entry.sensor_ref = sensor->ref.text();
    return true;
}

void Preparation::answer(const Catalog& catalog, Prepared& prepared, bool claim_processes,
                         TimePoint now, Entry& entry) {
    const auto* sensor = catalog.sensors().find(entry.event->sensor);
    for (auto& answer : evaluate(catalog, *sensor, *entry.event)) {
        prepared.counts.push_back(count_of(answer, now));
        if (answer.kind == RuleAnswer::Kind::kUnmatched) continue;
        Answer row;
        SlotLease slot;
        row.rule = answer.rule->id;
        row.rule_ref = answer.rule->ref.text();
        if (answer.kind == RuleAnswer::Kind::kErrored) {
            row.state = EnforcementState::kErrored;
            row.reason = std::move(answer.reason);
        } else {
            row.execution =
                birth(*answer.rule->action, std::move(answer.params),
                      std::move(answer.idempotency_key), claim_processes, now, slot);
        }
        entry.answers.push_back(std::move(row));
        prepared.slots.push_back(std::move(slot));
    }
}

void Preparation::number(Batch& batch) {
    std::size_t answers = 0;
    for (const auto& entry : batch.entries) answers += entry.answers.size();
    ids_.reserve(2 * answers);
    for (auto& entry : batch.entries) {
        for (auto& answer : entry.answers) {
            answer.id = EnforcementId{ids_.next()};
            if (answer.execution) answer.execution->id = ExecutionId{ids_.next()};
        }
    }
}

// What cannot wait (builtin) is always run by who records it; a process needs a slot.
NewExecution Preparation::birth(const CatalogAction& action, std::string params,
                                std::string key, bool claim_processes, TimePoint now,
                                SlotLease& slot) {
    NewExecution execution;
    execution.action = action.id;
    execution.action_ref = action.ref.text();
    execution.params = std::move(params);
    execution.idempotency_key = std::move(key);
    execution.run_at = now;
    if (action.spec.runner == Runner::kBuiltin) {
        execution.claimed = true;
    } else if (claim_processes) {
        slot = slots_.take(1);
        execution.claimed = slot.count() == 1;
    }
    if (execution.claimed) execution.token = random_claim_token();
    return execution;
}

}  // namespace attune
