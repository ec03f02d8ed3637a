// What the daemon's threads say to each other: one struct for each message, and its bytes.
//
// Bytes are: version, kind, fields (little endian, texts and lists with their length), and
// nothing after. No pointers, so that the process runner can live in a process of its own: what
// is said to it and by it is the same over the bus and over its socket, where an upgrade may
// let two releases meet. Messages are hints; docs/architecture.md says which row is the truth
// behind each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/decision.h"
#include "core/event.h"
#include "core/ids.h"
#include "core/lifecycle.h"
#include "core/manifest.h"
#include "core/result.h"

namespace attune {

// Timer worker -> executors. At most limits::kDecisionsPerMessage.
struct Decisions {
    std::string reply_to;  // the worker's inbox: gets the Confirmations
    std::vector<Decision> decisions;
};

// Executor -> timer worker, after the commit.
struct Confirmations {
    std::vector<Confirmation> confirmations;
};

// Reconciler -> everyone who holds a catalog. Several may be told as one: load the newest.
struct CatalogChanged {
    Generation generation;
};

// Anyone -> an executor or the sweep: there may be ready work, or a claim to be stopped.
struct Wake {};

// Control, or a loop of host sensors -> executors: an event from outside for `sensor`.
struct FireRequest {
    std::uint64_t request = 0;  // the asker's number, repeated in the reply
    std::string reply_to;       // the asker's inbox
    SensorId sensor;
    TimePoint scheduled_at;  // the moment of acceptance
    std::string dedupe_key;
    std::string payload;  // compact JSON, checked against the trigger's out_schema
    EventOrigin origin = EventOrigin::kManual;
};

enum class RequestOutcome : std::uint8_t {
    kRecorded,
    kDuplicate,  // the key was seen before; the ids are the earlier one's
    kRefused,    // nothing is recorded; `fault` says why
};

struct FireReply {
    std::uint64_t request = 0;
    RequestOutcome outcome = RequestOutcome::kRefused;
    EventId event;
    TimePoint scheduled_at;  // the event's
    std::string fault;
};

// Control -> executors: run `action` by itself, under the idempotency key run:<key>.
struct RunRequest {
    std::uint64_t request = 0;
    std::string reply_to;
    ActionId action;
    TimePoint scheduled_at;  // the moment of acceptance
    std::string params;      // compact JSON, checked against the action's param_schema
    std::string key;
};

struct RunReply {
    std::uint64_t request = 0;
    RequestOutcome outcome = RequestOutcome::kRefused;
    ExecutionKey execution;
    std::string fault;
};

// Control -> reconcile: make the database say what the source says, now.
struct ReconcileRequest {
    std::uint64_t request = 0;
    std::string reply_to;           // empty: nobody waits for the report
    bool plan_only = false;         // say what would change, write nothing
    std::int32_t allow_retire = 0;  // so many may be retired, whatever the prune brake says
};

struct ReconcileReply {
    std::uint64_t request = 0;
    std::string report;  // compact JSON, docs/control.md; at most limits::kReportBytes
};

// Control -> reconcile: let a sensor or a rule rest, or take that back.
struct PauseRequest {
    std::uint64_t request = 0;
    std::string reply_to;
    Kind kind = Kind::kSensor;
    std::string ref;
    bool paused = true;  // false: resume it; then the rest says nothing
    std::string by;
    std::string reason;
    bool ends = false;
    TimePoint until;  // when it ends
};

enum class PauseOutcome : std::uint8_t {
    kChanged,
    kUnchanged,    // it was so before
    kUnknown,      // there is no such object
    kRefused,      // `fault` says why
    kUnavailable,  // the database is; `fault` says how
};

struct PauseReply {
    std::uint64_t request = 0;
    PauseOutcome outcome = PauseOutcome::kUnavailable;
    Generation generation;  // of the catalog afterwards
    std::string fault;
};

// All that the process runner must know to run one attempt; it asks nobody else.
struct ProcessClaim {
    ExecutionKey key;
    ClaimToken token;
    std::int32_t executor = 0;  // who gets the answers
    std::int32_t attempt = 1;
    std::string action_ref;
    std::string rule_ref;  // empty for `attune run`
    EventId event;         // none for `attune run`
    std::string idempotency_key;
    std::vector<std::string> command;  // as the manifest has it
    std::string pack_directory;        // absolute: where command[0] with a slash is sought
    std::map<std::string, std::string> env;  // what the manifest adds
    std::string params;                      // compact JSON, given on stdin
    OutputFormat output = OutputFormat::kText;
    Duration timeout{0};

    friend bool operator==(const ProcessClaim&, const ProcessClaim&) = default;
};

// Executor -> runner.
struct StartProcess {
    ProcessClaim claim;
};
// Executor -> runner: the same for an action of `runner: systemd`. A message of its own, so
// that claims of processes are the same for runners that do not know it.
struct StartUnit {
    ProcessClaim claim;
};
// Runner -> executor: it exists and waits at its gate.
struct ProcessStarted {
    ExecutionKey key;
    ClaimToken token;
    std::int32_t process_group = 0;
    std::uint64_t start_ticks = 0;  // since boot, field 22 of /proc/PID/stat
};
// Executor -> runner: `running` is committed, open the gate.
struct GoProcess {
    ExecutionKey key;
    ClaimToken token;
};
// Executor -> runner: the claim is lost, the gate never opens. Not answered.
struct AbortProcess {
    ExecutionKey key;
    ClaimToken token;
};
// Executor -> runner: stop it (TERM, then KILL of the group). Answered by ProcessFinished.
struct CancelProcess {
    ExecutionKey key;
    ClaimToken token;
};
// Runner -> executor: it ended, or could not be started.
struct ProcessFinished {
    ExecutionKey key;
    ClaimToken token;
    Outcome outcome;
};

// attuned -> attune-runner, first of all on each connection; answered by a RunnerRoster.
struct RunnerHello {
    std::string version;  // of attuned
};
struct RosterRun {
    ExecutionKey key;
    ClaimToken token;

    friend bool operator==(const RosterRun&, const RosterRun&) = default;
};
// attune-runner -> attuned, and from there to each executor: every attempt the runner has, at
// its gate, running or ended. What is not among them it does not have.
struct RunnerRoster {
    std::uint64_t connection = 0;  // attuned's number of it
    std::vector<RosterRun> runs;
};
// Executor -> whoever sent it the roster: it has drawn its conclusions.
struct RosterTaken {
    std::uint64_t connection = 0;
    std::int32_t executor = 0;
    std::vector<ClaimToken> held;  // attempts of processes that this executor answers for
};

// Control -> executors: an execution is to end, whoever holds it.
struct CancelRequest {
    std::uint64_t request = 0;
    std::string reply_to;
    ExecutionKey execution;
    std::string by;
    std::string reason;
    TimePoint at;  // when it was asked for
};

enum class CancelOutcome : std::uint8_t {
    kCancelled,  // `state` says whether it has ended or is being stopped, now or before
    kEnded,      // it had come to another end: `state`
    kUnknown,    // there is no such execution
    kRefused,    // `fault` says why
};

struct CancelReply {
    std::uint64_t request = 0;
    CancelOutcome outcome = CancelOutcome::kRefused;
    ExecutionState state = ExecutionState::kRequested;
    std::string fault;
};

// Anyone -> feed: something to tell subscribers. Made only while somebody listens.
struct FeedItem {
    std::string topic;    // "event.created"
    std::string subject;  // what it is about: a ref or an id
    TimePoint time;       // when it happened
    std::string data;     // a JSON object
};

using Message =
    std::variant<Decisions, Confirmations, CatalogChanged, Wake, FireRequest, FireReply,
                 RunRequest, RunReply, StartProcess, ProcessStarted, GoProcess, AbortProcess,
                 CancelProcess, ProcessFinished, FeedItem, ReconcileRequest, ReconcileReply,
                 RunnerHello, RunnerRoster, RosterTaken, PauseRequest, PauseReply,
                 CancelRequest, CancelReply, StartUnit>;

std::string encode(const Message& message);

// Fault ATT7101 for bytes that encode() did not make: another version, an unknown kind, a
// length or an enumerator out of range, too few bytes or too many.
Result<Message> decode(std::string_view bytes);

}  // namespace attune
