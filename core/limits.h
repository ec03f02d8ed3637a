// Every limit attune puts on what it is given, and nowhere else. Numbers are part of the
// contract with users (docs/manifests.md prints this table); a change is a CHANGELOG entry.
#pragma once

#include <chrono>
#include <cstddef>

namespace attune::limits {

// One YAML file.
inline constexpr std::size_t kFileBytes = 1024 * 1024;
inline constexpr std::size_t kDocuments = 1000;
inline constexpr std::size_t kDepth = 32;
inline constexpr std::size_t kNodes = 20'000;  // after aliases; keys are not counted
inline constexpr std::size_t kCopiedBytes = 4 * 1024 * 1024;  // of text, by anchors and aliases
inline constexpr std::size_t kScalarBytes = 64 * 1024;
inline constexpr std::size_t kKeyBytes = 1024;
inline constexpr std::size_t kFindings = 1000;  // told of one file at a time

// What flows.
inline constexpr std::size_t kEventPayloadBytes = 256 * 1024;
inline constexpr std::size_t kRenderedParamsBytes = 64 * 1024;
inline constexpr std::size_t kResultBytes = 64 * 1024;
inline constexpr std::size_t kResultDepth = 64;             // of JSON that an action prints
inline constexpr std::size_t kOutputHeadBytes = 64 * 1024;  // of each stream of an action
inline constexpr std::size_t kOutputTailBytes = 64 * 1024;
inline constexpr std::size_t kCommandBytes = 128 * 1024;  // an action's command and env
inline constexpr std::size_t kMessageBytes = 1024 * 1024;
inline constexpr std::size_t kDedupeKeyBytes = 256;

inline constexpr std::size_t kCredentialBytes = 64 * 1024;  // of the daemon's own secrets

// The report of a reconcile pass, on the bus. It has six lists at most (its text is one).
inline constexpr std::size_t kReportBytes = 512 * 1024;
inline constexpr std::size_t kReportListBytes = 64 * 1024;
inline constexpr std::size_t kReportItemBytes = 16 * 1024;
inline constexpr std::size_t kReportDifferenceBytes = 4 * 1024;  // of one change

// Schemas that users write.
inline constexpr std::size_t kSchemaDepth = 32;
inline constexpr std::size_t kSchemaExpansions = 10'000;  // $ref targets visited by one lint
inline constexpr std::size_t kPatternBytes = 1024;
inline constexpr int kPatternSteps = 20'000;  // of RE2's programs for all patterns of a schema
inline constexpr std::size_t kPatternMemory = 512 * 1024;  // for compiling and running one
inline constexpr std::size_t kCompiledSchemas = 64;        // kept by one check
inline constexpr std::size_t kSuggestedRefs = 100;  // to nothing, for which a name is sought

// What a finding tells.
inline constexpr std::size_t kUnknownProperties = 100;  // of one mapping, further are counted
inline constexpr std::size_t kAllowedTold = 20;         // of the names allowed in its place
inline constexpr std::size_t kSuggestedProperties =
    1000;                                            // of more nobody knows what was meant
inline constexpr std::size_t kSuggestedBytes = 128;  // nor of a longer word

// Timers.
inline constexpr std::size_t kCronBytes = 256;
inline constexpr int kNextCount = 10'000;  // instants that `attune next` prints at most
inline constexpr std::size_t kDecisionsPerStep = 1024;  // of one timer worker

// The path of a fire.
inline constexpr std::size_t kDecisionsPerMessage = 256;
inline constexpr std::size_t kTimerCredits = 8192;   // unconfirmed decisions of one worker
inline constexpr std::size_t kEventsPerBatch = 500;  // of one recording transaction
inline constexpr std::size_t kEnforcementsPerBatch = 5000;
inline constexpr std::size_t kConfirmationsPerMessage = 4096;
inline constexpr std::size_t kFeedItems = 4096;       // waiting to be published
inline constexpr std::size_t kWaitingRequests = 256;  // of each sort in one executor
inline constexpr std::size_t kSleeping = 10'000;      // core.sleep under way in one executor
inline constexpr std::size_t kCompletionsPerBatch = 100;
inline constexpr std::chrono::milliseconds kCompletionDelay{50};
inline constexpr int kLossesUntilAbandoned = 3;
inline constexpr std::size_t kBusMessages = 16'384;  // waiting at one inbox; above the credits

// The control server.
inline constexpr std::size_t kControlClients = 64;
inline constexpr std::size_t kControlBodyBytes = 1024 * 1024;
inline constexpr std::chrono::seconds kControlDeadline{10};

// The system's message bus.
inline constexpr std::size_t kBusCalls = 64;               // under way; one more is refused
inline constexpr std::size_t kBusCallsOfOne = 16;          // of one caller
inline constexpr std::size_t kBusSubscribers = 64;         // who are told signals
inline constexpr std::size_t kBusSignalsPerSecond = 1000;  // to all of them; more are counted
inline constexpr std::size_t kIntrospectedObjects = 1000;  // of a kind, in a tree of names

}  // namespace attune::limits
