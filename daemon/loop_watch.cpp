#include "daemon/loop_watch.h"

#include <algorithm>
#include <utility>

namespace attune {
namespace {

constexpr Duration kMostBetweenLooks = std::chrono::seconds(2);

}  // namespace

void LoopWatch::watch(std::string name, const Progress& progress) {
    loops_.push_back({std::move(name), &progress, progress.count()});
}

std::vector<std::string> LoopWatch::step(Duration elapsed) {
    const auto passed = std::min(elapsed - last_.value_or(elapsed), kMostBetweenLooks);
    last_ = elapsed;
    std::vector<std::string> hanging;
    for (auto& loop : loops_) {
        const auto count = loop.progress->count();
        const bool alive = count != loop.count || loop.progress->waits_outside();
        loop.count = count;
        loop.still = alive ? Duration{0} : loop.still + passed;
        if (loop.still >= patience_) hanging.push_back(loop.name);
    }
    return hanging;
}

}  // namespace attune
