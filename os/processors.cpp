#include "os/processors.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace attune {

std::size_t usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    // A machine with more processors than the set has room for answers EINVAL.
    const auto count = ::sched_getaffinity(0, sizeof set, &set) == 0
                           ? static_cast<unsigned>(CPU_COUNT(&set))
                           : std::thread::hardware_concurrency();
    return std::max<std::size_t>(count, 1);
}

}  // namespace attune
