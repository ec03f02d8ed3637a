// The ledger read back: lists, one thing and all that led to it, and figures for `status`.
// Read only; rows come newest first and in pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "core/lifecycle.h"
#include "store/connection.h"

namespace attune {

// Which rows of a list. Everything given must hold.
struct Filter {
    std::string sensor_ref = {};  // empty: any; as the next
    std::string trigger_ref = {};
    std::string rule_ref = {};              // enforcements, executions
    std::string action_ref = {};            // executions
    std::string state = {};                 // enforcements, executions: the word as stored
    std::optional<TimePoint> from = {};     // scheduled_at >=
    std::optional<TimePoint> through = {};  // scheduled_at <=
    int limit = 50;                         // 1 .. 1000
    // A page's last row: the next page starts after it. Both or none.
    std::optional<TimePoint> after_at = {};
    std::int64_t after_id = 0;
};

struct EventRow {
    EventId id;
    SensorId sensor;
    std::string sensor_ref;
    std::string trigger_ref;
    std::string origin;  // "timer", "manual", "journal", "systemd", "migration"
    Generation generation;
    TimePoint scheduled_at;
    TimePoint fired_at;
    TimePoint recorded_at;  // database clock
    std::string dedupe_key;
    std::string payload;  // compact JSON; "null" when it was refused
};

struct EnforcementRow {
    EnforcementId id;
    EventId event;
    std::string rule_ref;
    std::string state;
    std::string reason;
    TimePoint scheduled_at;
    TimePoint recorded_at;
};

struct ExecutionRow {
    ExecutionId id;
    EnforcementId enforcement;  // none for a run
    std::string rule_ref;       // empty for a run; as the next two
    std::string sensor_ref;
    std::string trigger_ref;
    std::string action_ref;
    std::string state;
    int attempt = 1;
    int losses = 0;
    std::string params;
    std::string result;  // empty: none yet
    std::string idempotency_key;
    TimePoint scheduled_at;
    TimePoint recorded_at;
    std::optional<TimePoint> finished_at;
};

// A superseded, lost or retried attempt; the current one is in the execution.
struct AttemptRow {
    int attempt = 1;
    std::string outcome;  // "lost", "released", "retried", "superseded"
    IncarnationId incarnation;
    TimePoint claimed_at;  // database clock
    TimePoint ended_at;    // database clock
};

// An execution and everything that led to it.
struct Trace {
    ExecutionRow execution;
    std::optional<EnforcementRow> enforcement = std::nullopt;  // none for a run, as the event
    std::optional<EventRow> event = std::nullopt;
    std::vector<AttemptRow> attempts = {};
};

struct RuleFigures {
    std::int64_t matched = 0;
    std::int64_t unmatched = 0;
    std::int64_t errored = 0;
    std::string last_reason;
    std::optional<TimePoint> last_at;
};

struct TimerFigures {
    std::string state;  // "armed", ...
    std::string fault;
    TimePoint cursor_at;
    std::optional<TimePoint> next_at;
    std::int64_t fires = 0;
    Generation spec_rev;
    TimePoint anchor_at;
};

// How far a sensor of the host has come, and what it has passed over.
struct HostSensorFigures {
    struct Skip {
        std::string reason;  // "burst", "vacuumed", "refused"
        std::optional<std::int64_t> count;
        std::optional<TimePoint> since;
        std::optional<TimePoint> through;
        std::string detail;
        TimePoint recorded_at;  // database clock
    };

    std::string position;     // JSON, the sensor's own
    TimePoint updated_at;     // database clock
    std::vector<Skip> skips;  // the newest ten, newest first
};

struct Figures {
    std::int64_t events = 0;  // scheduled since the moment asked, as the next two
    std::int64_t enforcements = 0;
    std::vector<std::pair<std::string, std::int64_t>> executions;  // by state
    std::int64_t ready = 0;                                        // requested now
    std::int64_t claimed = 0;                                      // scheduled or running now
    std::vector<std::pair<std::string, std::int64_t>> timers;      // by state
};

class Queries {
public:
    explicit Queries(Database database);
    ~Queries();

    std::vector<EventRow> events(const Filter& filter);
    std::vector<EnforcementRow> enforcements(const Filter& filter);
    std::vector<ExecutionRow> executions(const Filter& filter);

    std::optional<Trace> trace(ExecutionId execution);

    RuleFigures rule(RuleId rule);
    std::optional<TimerFigures> timer(SensorId sensor);
    std::optional<HostSensorFigures> host_sensor(SensorId sensor);
    Figures figures(TimePoint since);

private:
    Connection connection_;
};

}  // namespace attune
