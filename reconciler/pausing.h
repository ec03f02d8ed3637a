// Pausing and resuming sensors and rules. Unlike a reconcile pass it asks no tree: what is
// paused stays so, or runs again, also while the source is broken.
//
// A paused sensor raises no event: its timer rests and its instants meanwhile are skipped
// (reason `paused`), what is fired from outside is refused, the host is not watched for it. A
// paused rule answers no event.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/manifest.h"
#include "core/pause.h"
#include "core/result.h"
#include "core/zone_source.h"
#include "store/pause_store.h"

namespace attune {

struct PauseReport {
    enum class Outcome {
        kChanged,
        kUnchanged,  // it was so before
        kUnknown,    // there is no such object
    };

    Outcome outcome = Outcome::kUnknown;
    Generation generation;  // of the catalog; none when kUnknown
};

class Pausing {
public:
    // `zones` must outlive it.
    Pausing(Database database, const ZoneSource& zones);

    // Pauses it, or says of a pause that is there who, why and until when anew. Throws
    // StoreError, here and below. Fault ATT40xx: its schedule cannot be armed (any more).
    Result<PauseReport> pause(Kind kind, const std::string& ref, const Pause& pause,
                              TimePoint now);
    // Takes back the pause, so that the manifest's `enabled` holds again.
    Result<PauseReport> resume(Kind kind, const std::string& ref, TimePoint now);

    struct Ended {
        Kind kind = Kind::kSensor;
        std::string ref;
        Result<PauseReport> outcome;
    };
    // Resumes what is over by now.
    std::vector<Ended> resume_over(TimePoint now);

    // When the next pause is over, as far as is known without asking; nullopt: none ends.
    std::optional<TimePoint> next_end();

private:
    Result<PauseReport> change(Kind kind, const std::string& ref,
                               const std::optional<Pause>& pause, TimePoint now);

    PauseStore store_;
    const ZoneSource& zones_;
    bool knows_end_ = false;
    std::optional<TimePoint> next_end_;
};

}  // namespace attune
