// What attune-runner keeps on disk, so that neither its own death nor the daemon's loses what
// an action has come to.
//
// One file for each attempt, named by its claim's token:
//   <token>.run      the process group that is about to be let go. Not synced: after a crash of
//                    the machine there is no such process, and it serves to find one.
//   <token>.outcome  how it ended: sha256 of what follows, a newline, a ProcessFinished
//                    (wire/messages.h). Written beside, synced, renamed, directory synced,
//                    before anybody hears of it; removed when the daemon has acknowledged it.
// A run without an outcome is lost: the runner that would have seen its end is dead.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/event.h"
#include "os/process_info.h"
#include "wire/messages.h"

namespace attune {

class Spool {
public:
    // Makes the directory where it is missing (mode 0700). Throws SystemError.
    explicit Spool(std::string directory);

    struct LostRun {
        ExecutionId execution;
        RecordedGroup group;
    };
    struct Left {
        std::vector<ProcessFinished> outcomes;
        int lost = 0;                         // runs
        std::vector<std::string> unreadable;  // files that are no such thing: put aside
    };
    // What an earlier life has left, to be asked once, before anything else. `end` is called
    // with each run that is lost, before that is forgotten. Throws SystemError.
    Left take_stock(const std::function<void(const LostRun&)>& end);

    // Before the process is let go. Throws SystemError: then it must not be.
    void note_run(const ProcessStarted& started, const std::string& boot_id);

    // On return the outcome survives whatever happens. Throws SystemError.
    void keep(const ProcessFinished& finished);

    // Nobody will ask for this attempt again. What is not there is no fault.
    void forget(const ClaimToken& token);

private:
    std::string file(const ClaimToken& token, const char* suffix) const;

    const std::string directory_;
};

}  // namespace attune
