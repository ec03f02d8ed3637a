#include "core/ignore.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

bool ignores(std::string_view rules, std::string_view path, bool directory = false) {
    return IgnoreRules(rules).ignores(path, directory);
}

TEST(Ignore, KnowsWhatEditorsLeaveBehind) {
    for (const auto* name : {".git", ".f.yaml.swp", ".#f.yaml", "#f.yaml#", "f.yaml~", "f.swp",
                             "f.tmp", "f.yaml.bak", "f.orig", "f.rej", "a/b/.hidden"}) {
        EXPECT_TRUE(ignores("", name)) << name;
    }
    EXPECT_FALSE(ignores("", "packs/ops/sensors/timers.yaml"));
}

TEST(Ignore, MatchesANameWithoutSlashAtAnyDepth) {
    EXPECT_TRUE(ignores("drafts", "drafts", true));
    EXPECT_TRUE(ignores("drafts", "packs/ops/drafts", true));
    EXPECT_TRUE(ignores("*.draft.yaml", "packs/ops/a.draft.yaml"));
    EXPECT_FALSE(ignores("*.draft.yaml", "packs/ops/a.yaml"));
}

TEST(Ignore, AnchorsAPatternWithASlashAtTheRoot) {
    EXPECT_TRUE(ignores("/drafts", "drafts", true));
    EXPECT_FALSE(ignores("/drafts", "packs/drafts", true));
    EXPECT_TRUE(ignores("packs/*/old", "packs/ops/old", true));
    EXPECT_FALSE(ignores("packs/*/old", "packs/ops/deep/old", true));
}

TEST(Ignore, LetsTwoStarsCrossDirectories) {
    EXPECT_TRUE(ignores("packs/**/old.yaml", "packs/old.yaml"));
    EXPECT_TRUE(ignores("packs/**/old.yaml", "packs/a/b/old.yaml"));
    EXPECT_TRUE(ignores("packs/ops/**", "packs/ops/rules/a.yaml"));
    EXPECT_FALSE(ignores("packs/ops/**", "packs/ops", true));
}

TEST(Ignore, LetsOneStarAndQuestionMarkStayInTheirSegment) {
    EXPECT_FALSE(ignores("/packs*rules", "packs/rules", true));
    EXPECT_TRUE(ignores("a?c.yaml", "abc.yaml"));
    EXPECT_FALSE(ignores("a?c.yaml", "ac.yaml"));
}

TEST(Ignore, ReadsBracketExpressions) {
    EXPECT_TRUE(ignores("v[0-9].yaml", "v7.yaml"));
    EXPECT_FALSE(ignores("v[0-9].yaml", "vx.yaml"));
    EXPECT_TRUE(ignores("v[!0-9].yaml", "vx.yaml"));
    EXPECT_TRUE(ignores("v[]a].yaml", "v].yaml"));
    EXPECT_TRUE(ignores("v[.yaml", "v[.yaml"));
}

TEST(Ignore, MeansDirectoriesOnlyByASlashAtTheEnd) {
    EXPECT_TRUE(ignores("old/", "old", true));
    EXPECT_FALSE(ignores("old/", "old", false));
}

TEST(Ignore, LetsTheLastMatchingPatternDecide) {
    EXPECT_FALSE(ignores("*.yaml\n!keep.yaml", "keep.yaml"));
    EXPECT_TRUE(ignores("!keep.yaml\n*.yaml", "keep.yaml"));
}

TEST(Ignore, NeverBringsBackWhatIsBuiltIn) { EXPECT_TRUE(ignores("!.git", ".git", true)); }

TEST(Ignore, PassesOverCommentsAndBlankLines) {
    EXPECT_FALSE(ignores("# a.yaml\n\n   \n/\n!", "a.yaml"));
    EXPECT_TRUE(ignores("\\#a.yaml", "sub/#a.yaml"));
    EXPECT_TRUE(ignores("a.yaml  \r\n", "a.yaml"));
}

TEST(Ignore, AnswersSoonWhateverThePattern) {
    const std::string name(200, 'a');
    EXPECT_FALSE(ignores("*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", name));
    EXPECT_FALSE(ignores("**/a/**/a/**/a/**/a/**/b", "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"));
}

}  // namespace
}  // namespace attune
