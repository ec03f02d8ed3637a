// How many threads can run at once here.
#pragma once

#include <cstddef>

namespace attune {

// The processors that this process may use, at least one: taskset, cpusets and a service's
// CPUAffinity= take some away, which std::thread::hardware_concurrency() counts nevertheless.
std::size_t usable_processors();

}  // namespace attune
