#include "core/lifecycle.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(Lifecycle, TerminalStatesNeverReopen) {
    for (const auto from : kExecutionStates) {
        for (const auto to : kExecutionStates) {
            if (is_terminal(from)) {
                EXPECT_FALSE(can_become(from, to))
                    << to_string(from) << " -> " << to_string(to);
            }
        }
    }
}

TEST(Lifecycle, EveryStateIsLeftOrTerminal) {
    for (const auto from : kExecutionStates) {
        bool left = false;
        for (const auto to : kExecutionStates) left = left || can_become(from, to);
        EXPECT_NE(left, is_terminal(from)) << to_string(from);
    }
}

TEST(Lifecycle, NoStateBecomesItself) {
    for (const auto state : kExecutionStates) EXPECT_FALSE(can_become(state, state));
}

TEST(Lifecycle, SpellingIsExact) {
    for (const auto state : kExecutionStates) {
        EXPECT_EQ(parse_execution_state(to_string(state)), state);
    }
    EXPECT_FALSE(parse_execution_state("completed"));
    EXPECT_FALSE(parse_execution_state("canceled"));
    EXPECT_FALSE(parse_execution_state("Succeeded"));
    EXPECT_FALSE(parse_execution_state(""));
}

}  // namespace
}  // namespace attune
