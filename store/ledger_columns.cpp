#include "store/ledger_columns.h"

#include <cassert>

namespace attune {

void DecisionColumns::add(const Entry& entry) {
    const Decision& decision = *entry.decision;
    assert(decision.fires == entry.event.has_value());
    sensor_.add(decision.sensor.value);
    spec_rev_.add(decision.spec_rev.value);
    from_.add(decision.from);
    through_.add(decision.through);
    fires_.add(std::int64_t{decision.fires});
    next_.add(decision.next_at);
    exhausted_.add(decision.exhausted);
    if (decision.skipped > 0) {
        assert(decision.reason != SkipReason::kNone);
        skip_through_.add(decision.skip_through);
        skipped_.add(decision.skipped);
        skip_reason_.add_word(to_string(decision.reason));
    } else {
        skip_through_.add_null();
        skipped_.add_null();
        skip_reason_.add_null();
    }
    if (entry.event) {
        assert(entry.event->scheduled_at == decision.through);
        event_.add(entry.event->id.value);
        fired_.add(entry.event->fired_at);
    } else {
        event_.add_null();
        fired_.add_null();
    }
    trigger_.add(entry.trigger.value);
    trigger_ref_.add_quoted(entry.trigger_ref);
    sensor_ref_.add_quoted(entry.sensor_ref);
    payload_.add(entry.event ? entry.event->payload : std::string_view());
}

void DecisionColumns::move_into(Params& params) {
    for (ArrayText* column :
         {&sensor_, &spec_rev_, &from_, &through_, &fires_, &next_, &exhausted_, &skip_through_,
          &skipped_, &skip_reason_, &event_, &fired_, &trigger_, &trigger_ref_, &sensor_ref_}) {
        params.add(column->take());
    }
    params.add(payload_.take());
}

void AcceptedColumns::add(const Entry& entry) {
    const Event& event = *entry.event;
    sensor_.add(event.sensor.value);
    event_.add(event.id.value);
    scheduled_.add(event.scheduled_at);
    fired_.add(event.fired_at);
    trigger_.add(entry.trigger.value);
    dedupe_key_.add_quoted(event.dedupe_key);
    trigger_ref_.add_quoted(entry.trigger_ref);
    sensor_ref_.add_quoted(entry.sensor_ref);
    origin_.add_word(to_string(event.origin));
    payload_.add(event.payload);
}

void AcceptedColumns::move_into(Params& params) {
    for (ArrayText* column : {&sensor_, &event_, &scheduled_, &fired_, &trigger_, &dedupe_key_,
                              &trigger_ref_, &sensor_ref_, &origin_}) {
        params.add(column->take());
    }
    params.add(payload_.take());
}

void ExecutionColumns::add(const NewExecution& execution) {
    id.add(execution.id.value);
    action.add(execution.action.value);
    action_ref.add_quoted(execution.action_ref);
    if (execution.claimed) {
        token.add_word(to_string(execution.token));
    } else {
        token.add_null();
    }
    run_at.add(execution.run_at);
    idempotency_key.add_quoted(execution.idempotency_key);
    params.add(execution.params);
}

void ExecutionColumns::add_none() {
    for (ArrayText* column : {&id, &action, &action_ref, &token, &run_at, &idempotency_key}) {
        column->add_null();
    }
    params.add({});
}

void AnswerColumns::add(std::int64_t ordinal, const Entry& entry) {
    for (const Answer& answer : entry.answers) {
        ordinal_.add(ordinal);
        at_.add(entry.event->scheduled_at);
        event_.add(entry.event->id.value);
        id_.add(answer.id.value);
        rule_.add(answer.rule.value);
        state_.add_word(to_string(answer.state));
        rule_ref_.add_quoted(answer.rule_ref);
        const bool explained = answer.state == EnforcementState::kErrored ||
                               answer.state == EnforcementState::kSuppressed;
        if (explained) {
            reason_.add_quoted(answer.reason);
        } else {
            reason_.add_null();
        }
        if (answer.execution) {
            execution_.add(*answer.execution);
        } else {
            execution_.add_none();
        }
    }
}

void AnswerColumns::move_into(Params& params) {
    for (ArrayText* column :
         {&ordinal_, &at_, &event_, &id_, &rule_, &state_, &rule_ref_, &reason_, &execution_.id,
          &execution_.action, &execution_.action_ref, &execution_.token, &execution_.run_at,
          &execution_.idempotency_key}) {
        params.add(column->take());
    }
    params.add(execution_.params.take());
}

void RunColumns::add(const Run& run) {
    scheduled_.add(run.accepted_at);
    key_.add_quoted(run.key);
    execution_.add(run.execution);
}

void RunColumns::move_into(Params& params) {
    for (ArrayText* column :
         {&execution_.id, &scheduled_, &execution_.action, &key_, &execution_.action_ref,
          &execution_.token, &execution_.run_at, &execution_.idempotency_key}) {
        params.add(column->take());
    }
    params.add(execution_.params.take());
}

}  // namespace attune
