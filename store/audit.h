// Proves the ledger: for every span in which a schedule was armed, its instants are exactly the
// events and the skipped ranges, each once.
//
// Intervals are settled by SQL arithmetic here. A cron's instants are computed by whoever has
// the parsed sets, from cover(): the store gives what is recorded, not what should be. All
// questions are about a window (from, through] of scheduled time and look at its days only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "store/connection.h"

namespace attune {

enum class AuditFault {
    kGap,              // an instant with neither event nor skip
    kStray,            // an event at a moment that is no instant of its schedule
    kDuplicate,        // one instant twice
    kOverlappingSkip,  // an instant both skipped and fired, or skipped twice
    kCursorAhead,      // the cursor has passed instants nobody recorded, or lies in the future
    kStuckExecution,   // neither finished nor held by a living claim
    kUnanswered,       // a processed enforcement without execution, or an execution without it
};

std::string_view to_string(AuditFault fault);  // "gap", "stray", "duplicate", ...

struct AuditFinding {
    AuditFault fault = AuditFault::kGap;
    std::string subject;  // the sensor's ref, or "execution 17"
    TimePoint at;         // the instant concerned; the first of several
    std::int64_t count = 1;
    std::string text;  // one sentence for people
};

// One span of one schedule, cut to the window: what cover() and the arithmetic are about.
struct AuditSpan {
    SensorId sensor;
    std::string sensor_ref;
    Generation spec_rev;
    std::string trigger_ref;
    std::string config;  // compact JSON, as it was armed
    TimePoint anchor_at;
    TimePoint after;          // instants in (after, through] must be covered
    TimePoint through;        // min(window, end of the span, cursor)
    std::string tzdata = {};  // release of the zone rules it was armed with; empty: none
};

struct SkippedRange {
    TimePoint after;  // instants in (after, through] were skipped
    TimePoint through;
    std::string reason;
};

// What is recorded of one span.
struct Coverage {
    std::vector<TimePoint> fired;       // ascending, duplicates kept
    std::vector<SkippedRange> skipped;  // ascending
};

struct AuditWindow {
    TimePoint after;  // scheduled time (after, through]
    TimePoint through;
    TimePoint now;  // program clock: a cursor half a minute beyond it is ahead
    Duration stuck_after = std::chrono::seconds(60);  // by the database's clock
};

class Audit {
public:
    explicit Audit(Database database);
    ~Audit();

    // Faults of interval timers, of skips, cursors, executions and enforcements.
    std::vector<AuditFinding> check(const AuditWindow& window);

    // The spans of timers whose instants SQL cannot compute: cron and one-shot.
    std::vector<AuditSpan> spans_to_compute(const AuditWindow& window);
    Coverage cover(const AuditSpan& span);

private:
    Connection connection_;
};

// Compares the instants of a span, ascending, with what covers it. Pure.
std::vector<AuditFinding> compare(const AuditSpan& span, const std::vector<TimePoint>& instants,
                                  const Coverage& coverage);

}  // namespace attune
