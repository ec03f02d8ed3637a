#include "os/processors.h"

#include <sched.h>

#include <thread>

#include <gmock/gmock.h>

namespace attune {
namespace {

TEST(Processors, CountThoseThatMayBeUsed) {
    const auto all = usable_processors();
    EXPECT_GE(all, 1U);
    // A thread of its own: the binding ends with it.
    std::jthread([] {
        cpu_set_t set;
        CPU_ZERO(&set);
        ASSERT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
        int first = 0;
        while (!CPU_ISSET(first, &set)) ++first;
        CPU_ZERO(&set);
        CPU_SET(first, &set);
        ASSERT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
        EXPECT_EQ(usable_processors(), 1U);
    }).join();
    EXPECT_EQ(usable_processors(), all);
}

}  // namespace
}  // namespace attune
