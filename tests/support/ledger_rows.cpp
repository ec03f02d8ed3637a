#include "tests/support/ledger_rows.h"

#include <fmt/format.h>

#include "core/time.h"

namespace attune {

void arm(TestDatabase& db, SensorId sensor, TimePoint cursor, Generation spec_rev) {
    const auto at = "instant(" + std::to_string(cursor.time_since_epoch().count()) + ")";
    db.run(fmt::format(
        "INSERT INTO sensor (id, ref, label, runtime_ref, trigger, trigger_ref, enabled, "
        "config,"
        "                    origin, generation)"
        " SELECT {0}, 'test.s{0}', 'test.s{0}', 'core.sensor.builtin', id, ref, true,"
        "        '{{\"unit\": \"seconds\", \"interval\": 10}}', 'migration', 1"
        " FROM trigger WHERE ref = 'core.intervaltimer' ON CONFLICT DO NOTHING;"
        "INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)"
        " VALUES ({0}, {1}, {2}, {2}, {1}, 'armed');"
        "INSERT INTO timer_rev (sensor_id, spec_rev, spec, anchor_at, period, base_at,"
        "                       armed_from)"
        " VALUES ({0}, {1}, '{{\"trigger\": \"core.intervaltimer\", \"config\": {{}}}}', {2},"
        "         10000000, {2}, {2})",
        sensor.value, spec_rev.value, at));
}

std::int64_t EntryMaker::next_id() {
    if (ids_.count == 0) ids_ = ledger_.draw_ids();
    --ids_.count;
    return ids_.first++;
}

Entry EntryMaker::fire(SensorId sensor, TimePoint from, TimePoint at, Generation spec_rev) {
    Entry entry = skip(sensor, from, at, 0, spec_rev);
    entry.decision->reason = SkipReason::kNone;
    entry.decision->fires = true;
    entry.decision->due_at = entry.decision->fired_at = at;
    entry.decision->next_at = at + (at - from);
    entry.event = Event{.id = EventId{next_id()},
                        .sensor = sensor,
                        .origin = EventOrigin::kTimer,
                        .scheduled_at = at,
                        .fired_at = at,
                        .dedupe_key = {},
                        .payload = R"({"occurrence":1})"};
    return entry;
}

Entry EntryMaker::skip(SensorId sensor, TimePoint from, TimePoint through, std::int64_t count,
                       Generation spec_rev) {
    Decision decision;
    decision.sensor = sensor;
    decision.spec_rev = spec_rev;
    decision.from = from;
    decision.through = decision.skip_through = through;
    decision.skipped = count;
    decision.reason = SkipReason::kMisfire;
    decision.next_at = kNever;
    Entry entry;
    entry.decision = decision;
    entry.trigger = TriggerId{1};
    entry.trigger_ref = "core.intervaltimer";
    entry.sensor_ref = fmt::format("test.s{}", sensor.value);
    return entry;
}

Entry EntryMaker::manual(SensorId sensor, TimePoint at, const std::string& key) {
    Entry entry;
    entry.event = Event{.id = EventId{next_id()},
                        .sensor = sensor,
                        .origin = EventOrigin::kManual,
                        .scheduled_at = at,
                        .fired_at = at,
                        .dedupe_key = key,
                        .payload = "{}"};
    entry.trigger = TriggerId{1};
    entry.trigger_ref = "test.deployed";
    entry.sensor_ref = fmt::format("test.s{}", sensor.value);
    return entry;
}

Answer& EntryMaker::answer(Entry& entry, RuleId rule) {
    NewExecution execution;
    execution.id = ExecutionId{next_id()};
    execution.action = ActionId{1};
    execution.action_ref = "core.echo";
    execution.params = R"({"message":"hello"})";
    execution.idempotency_key =
        fmt::format("{}@{}/test.r{}", entry.sensor_ref,
                    format_rfc3339_micros(entry.event->scheduled_at), rule.value);
    execution.claimed = true;
    execution.token = token_of(execution.id);
    execution.run_at = entry.event->fired_at;

    Answer answer;
    answer.id = EnforcementId{next_id()};
    answer.rule = rule;
    answer.rule_ref = fmt::format("test.r{}", rule.value);
    answer.execution = execution;
    entry.answers.push_back(answer);
    return entry.answers.back();
}

ClaimToken token_of(ExecutionId id) {
    ClaimToken token;
    for (std::size_t n = 0; n < 8; ++n) {
        token.bytes[15 - n] = static_cast<std::uint8_t>(id.value >> (8 * n));
    }
    return token;
}

Completion completion_of(const Entry& entry, std::size_t n, ExecutionState state) {
    const auto& execution = *entry.answers.at(n).execution;
    return {.key = {execution.id, entry.event->scheduled_at},
            .token = execution.token,
            .outcome = {.state = state,
                        .result = R"({"stdout":"hello"})",
                        .finished_at = entry.event->fired_at + std::chrono::milliseconds(3)}};
}

}  // namespace attune
