#include "reconciler/differences.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

TEST(DifferencesTest, NameEachLeafByItsPath) {
    const auto found = differences(
        Json::parse(R"({"metadata":{"ref":"a.b"},"spec":{"a":{"b":1,"c":2},"d":[1]}})"),
        Json::parse(R"({"metadata":{"ref":"a.b","label":"x"},"spec":{"a":{"b":1},"d":[2]}})"));
    std::vector<std::string> paths;
    for (const Difference& difference : found) paths.push_back(difference.path);
    EXPECT_THAT(paths, testing::ElementsAre("a.c", "d", "metadata.label"));
}

}  // namespace
}  // namespace attune
