#include "os/progress.h"

namespace attune {
namespace {

// Ambient on purpose: a wait deep inside the store or a directory walk is told without every
// caller in between handing a Progress down.
thread_local Progress* bound_progress = nullptr;

}  // namespace

Progress::Bound::Bound(Progress& progress) { bound_progress = &progress; }

Progress::Bound::~Bound() { bound_progress = nullptr; }

WaitsOutside::WaitsOutside() : progress_(bound_progress) {
    if (progress_ != nullptr) progress_->waits_.fetch_add(1, std::memory_order_relaxed);
}

WaitsOutside::~WaitsOutside() {
    if (progress_ == nullptr) return;
    progress_->made();
    progress_->waits_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace attune
