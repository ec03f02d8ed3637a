// Pauses of sensors and rules in the database: what is paused, by whom, and until when. A
// change of one is a generation of the catalog like any other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pause.h"
#include "core/plan.h"
#include "store/connection.h"

namespace attune {

// A live sensor or rule with what decides whether it rests.
struct PausableObject {
    Generation generation;  // of the catalog, as of which this is
    StoredObject object;
    std::optional<Pause> pause;
    std::optional<StoredTimer> timer;  // of a sensor that has one
};

struct PauseChange {
    Generation base;  // of the PausableObject it was made from; another one there refuses it
    Kind kind = Kind::kSensor;
    std::int64_t id = 0;
    std::optional<Pause> pause;  // no value: none any more
    std::optional<TimerChange> timer;
    TimePoint at;
};

class PauseStore {
public:
    explicit PauseStore(Database database);
    ~PauseStore();

    // nullopt: there is none of that ref. `kind` is kSensor or kRule, here and below.
    std::optional<PausableObject> find(Kind kind, const std::string& ref);

    // Writes it in one transaction. Returns the new generation; nullopt: somebody else has
    // changed the catalog since `base`, and nothing was written.
    std::optional<Generation> apply(const PauseChange& change);

    struct Named {
        Kind kind = Kind::kSensor;
        std::string ref;
    };
    // Pauses that are over at `now`, at most kPortion of them.
    static constexpr int kPortion = 100;
    std::vector<Named> over(TimePoint now);

    // When the next pause is over; nullopt: none ends by itself.
    std::optional<TimePoint> next_end();

private:
    Connection connection_;
};

}  // namespace attune
