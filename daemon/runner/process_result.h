// What an execution's row says about a process: from how it ended and what it wrote to the
// Outcome that is recorded. Pure. docs/actions.md describes the result for users.
#pragma once

#include <string>

#include "core/event.h"
#include "core/manifest.h"
#include "daemon/runner/output_capture.h"
#include "os/spawn.h"

namespace attune {

enum class ProcessStop { kNone, kTimeout, kCancelled };  // what we ended it for

struct ProcessEnd {
    std::string command;  // for messages: the command's first word
    ExitStatus status;
    ProcessStop stop = ProcessStop::kNone;
    Duration timeout{0};
    Duration ran_for{0};
    // Others of its group, or who left it, held the output open after its end.
    bool left_behind = false;
    OutputFormat format = OutputFormat::kText;
};

// At most limits::kResultBytes of result: the streams are cut in the middle until it fits.
Outcome make_outcome(const ProcessEnd& end, const OutputCapture& output,
                     const OutputCapture& errors, TimePoint finished_at);

// An attempt that never came to be a process.
Outcome not_started(const std::string& why, TimePoint finished_at);

}  // namespace attune
