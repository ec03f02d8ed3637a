#include "cli/output.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(DiagnosticPlace, IsToldAsFarAsItIsKnown) {
    EXPECT_EQ(diagnostic_place({{"file", "a.yaml"}, {"line", 4}, {"column", 7}}), "a.yaml:4:7");
    EXPECT_EQ(diagnostic_place({{"file", "a.yaml"}, {"line", 4}}), "a.yaml:4");
    EXPECT_EQ(diagnostic_place({{"file", "a.yaml"}, {"line", 0}, {"column", 0}}), "a.yaml");
    EXPECT_EQ(diagnostic_place({{"file", "a.yaml"}}), "a.yaml");
    EXPECT_EQ(diagnostic_place({{"code", "ATT5001"}}), "");
}

}  // namespace
}  // namespace attune
