// How far a thread has come, for whoever watches that none of them hangs.
//
// A watched thread binds a Progress of its own. What it calls on the way knows nothing of that:
// where it waits for something outside this program that answers in its own time (a database, a
// file on a distant disk), it says so with a WaitsOutside in scope. To wait for the outside is
// not to hang, however long it takes; to compute or to wait for one another for ever is.
#pragma once

#include <atomic>
#include <cstdint>

namespace attune {

class Progress {
public:
    Progress() = default;
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Another piece of work is done.
    void made() { made_.fetch_add(1, std::memory_order_relaxed); }

    // Grows with every piece of work and every answer from outside. Any thread.
    std::uint64_t count() const { return made_.load(std::memory_order_relaxed); }
    bool waits_outside() const { return waits_.load(std::memory_order_relaxed) > 0; }

    // While it lives, the calling thread's work is told to `progress`, which outlives it.
    class Bound {
    public:
        explicit Bound(Progress& progress);
        ~Bound();
        Bound(const Bound&) = delete;
        Bound& operator=(const Bound&) = delete;
    };

private:
    friend class WaitsOutside;

    std::atomic<std::uint64_t> made_{0};
    std::atomic<int> waits_{0};
};

// In scope: the calling thread waits for the outside. Costs nothing on a thread nobody watches.
class WaitsOutside {
public:
    WaitsOutside();
    ~WaitsOutside();
    WaitsOutside(const WaitsOutside&) = delete;
    WaitsOutside& operator=(const WaitsOutside&) = delete;

private:
    Progress* progress_;
};

}  // namespace attune
