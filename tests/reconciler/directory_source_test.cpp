#include "reconciler/directory_source.h"

#include <gmock/gmock.h>

#include "core/limits.h"
#include "reconciler/pack_layout.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DirectorySourceTest : public testing::Test {
protected:
    DirectorySourceTest() { root.write("attune.yaml", "kind: Source\n"); }

    SourceTree scanned() {
        auto result = source.scan();
        EXPECT_TRUE(std::holds_alternative<SourceTree>(result));
        return std::get<SourceTree>(result);
    }

    static std::vector<std::string> paths(const SourceTree& tree) {
        std::vector<std::string> list;
        for (const TreeFile& file : tree.files) list.push_back(file.path);
        return list;
    }

    TempDirectory root;
    DirectorySource source{root.path().string()};
};

TEST_F(DirectorySourceTest, ListsItsYamlFilesByPath) {
    root.write("packs/ops/sensors/b.yaml", "b");
    root.write("packs/ops/sensors/a.yml", "a");
    root.write("packs/ops/files/run.sh", "x");
    root.write("packs/ops/sensors/.a.yaml.swp", "x");
    EXPECT_THAT(paths(scanned()), ElementsAre("attune.yaml", "packs/ops/sensors/a.yml",
                                              "packs/ops/sensors/b.yaml"));
}

TEST_F(DirectorySourceTest, TheDigestIsOfPathsAndContents) {
    root.write("packs/ops/a.yaml", "one");
    const std::string first = scanned().digest;
    root.write("packs/ops/a.yaml", "one");
    EXPECT_EQ(scanned().digest, first);
    root.write("packs/ops/a.yaml", "two");
    EXPECT_NE(scanned().digest, first);
    root.write("packs/ops/a.yaml", "one");
    EXPECT_EQ(scanned().digest, first);
    std::filesystem::rename(root / "packs/ops/a.yaml", root / "packs/ops/b.yaml");
    EXPECT_NE(scanned().digest, first);
}

TEST_F(DirectorySourceTest, AChangeThatKeepsSizeAndTimeIsSeen) {
    const auto path = root.write("packs/ops/a.yaml", "one");
    scanned();
    const std::string first = scanned().digest;
    const auto time = std::filesystem::last_write_time(path);
    root.write("packs/ops/a.yaml", "two");
    std::filesystem::last_write_time(path, time);
    EXPECT_NE(scanned().digest, first);
}

TEST_F(DirectorySourceTest, ATreeWithoutItsRootFileIsAFailure) {
    std::filesystem::remove(root / "attune.yaml");
    const auto result = source.scan();
    ASSERT_TRUE(std::holds_alternative<SourceFailure>(result));
    EXPECT_EQ(std::get<SourceFailure>(result).diagnostic.code, "ATT5002");
}

TEST_F(DirectorySourceTest, ARootThatIsMissingIsAFailure) {
    DirectorySource nowhere(root / "nowhere");
    const auto result = nowhere.scan();
    ASSERT_TRUE(std::holds_alternative<SourceFailure>(result));
    EXPECT_EQ(std::get<SourceFailure>(result).diagnostic.code, "ATT5001");
}

TEST_F(DirectorySourceTest, FollowsTheRootsLinkAnewForEachScan) {
    TempDirectory above;
    const std::string current = above / "current";
    std::filesystem::create_directory_symlink(root.path(), current);
    DirectorySource linked(current);
    root.write("packs/ops/a.yaml", "one");
    const std::string first = std::get<SourceTree>(linked.scan()).digest;

    TempDirectory other;
    other.write("attune.yaml", "kind: Source\n");
    other.write("packs/ops/a.yaml", "two");
    std::filesystem::remove(current);
    std::filesystem::create_directory_symlink(other.path(), current);
    EXPECT_NE(std::get<SourceTree>(linked.scan()).digest, first);
}

TEST_F(DirectorySourceTest, TellsWhatItCouldNotRead) {
    root.write("packs/ops/a.yaml", "one");
    std::filesystem::create_symlink(root / "packs/ops/a.yaml", root / "packs/ops/link.yaml");
    const SourceTree tree = scanned();
    EXPECT_THAT(paths(tree), ElementsAre("attune.yaml", "packs/ops/a.yaml"));
    ASSERT_EQ(tree.skipped.size(), 1U);
    EXPECT_EQ(tree.skipped[0].path, "packs/ops/link.yaml");
    EXPECT_EQ(tree.skipped[0].cause, SkipCause::kSymlink);
}

TEST_F(DirectorySourceTest, WaitsWhileGitIsAtWork) {
    root.write(".git/index.lock", "");
    EXPECT_TRUE(std::holds_alternative<Unsettled>(source.scan()));
    std::filesystem::remove(root / ".git/index.lock");
    EXPECT_TRUE(std::holds_alternative<SourceTree>(source.scan()));
}

TEST_F(DirectorySourceTest, AnIgnoreFileThatCannotBeReadIsNoAbsentOne) {
    root.write(".attuneignore", std::string(limits::kFileBytes + 1, '#'));
    const auto result = source.scan();
    ASSERT_TRUE(std::holds_alternative<SourceFailure>(result));
    const auto& failure = std::get<SourceFailure>(result).diagnostic;
    EXPECT_EQ(failure.code, "ATT5001");
    EXPECT_THAT(failure.message, testing::HasSubstr(".attuneignore is longer than"));
}

TEST_F(DirectorySourceTest, LooksAnywayWhenOnlyLooking) {
    root.write(".git/index.lock", "");
    DirectorySource hook(root.path().string(), WhileGitWorks::kRead);
    EXPECT_TRUE(std::holds_alternative<SourceTree>(hook.scan()));
}

TEST_F(DirectorySourceTest, IgnoresWhatTheTreeSaysIsNotOurs) {
    root.write(".attuneignore", "drafts/\n");
    root.write("packs/ops/drafts/a.yaml", "x");
    EXPECT_THAT(paths(scanned()), ElementsAre("attune.yaml"));
}

TEST_F(DirectorySourceTest, GivesTheTextOfTheScanOrNone) {
    root.write("packs/ops/a.yaml", "one");
    const SourceTree tree = scanned();
    EXPECT_EQ(source.text(tree.files[1]), "one");
    source.forget_texts();
    EXPECT_EQ(source.text(tree.files[1]), "one");
    source.forget_texts();
    root.write("packs/ops/a.yaml", "two");
    EXPECT_EQ(source.text(tree.files[1]), std::nullopt);
}

class PackLayoutTest : public DirectorySourceTest {
protected:
    PackLayout layout(std::vector<std::string> globs = {"packs/*"}) {
        SourceSpec spec;
        spec.packs = std::move(globs);
        return PackLayout(spec, scanned().listing);
    }
};

TEST_F(PackLayoutTest, AFileIsOfThePackItIsIn) {
    root.write("packs/ops/sensors/a.yaml", "");
    const PackLayout packs = layout();
    EXPECT_EQ(packs.pack_of("packs/ops/sensors/a.yaml"), "packs/ops");
    EXPECT_EQ(packs.pack_of("packs/ops/pack.yaml"), "packs/ops");
    EXPECT_THAT(packs.directories(), ElementsAre("packs/ops"));
}

TEST_F(PackLayoutTest, ScriptsAndTestsAreNoManifests) {
    root.write("packs/ops/files/values.yaml", "");
    EXPECT_EQ(layout().pack_of("packs/ops/files/values.yaml"), std::nullopt);
    EXPECT_EQ(layout().pack_of("packs/ops/tests/case.yaml"), std::nullopt);
    EXPECT_FALSE(layout().concerns("packs/ops/files/link"));
}

TEST_F(PackLayoutTest, WhatLiesOutsideIsNotOurs) {
    root.write("packs/ops/pack.yaml", "");
    EXPECT_EQ(layout().pack_of("docker-compose.yaml"), std::nullopt);
    EXPECT_EQ(layout().pack_of("deploy/x.yaml"), std::nullopt);
    EXPECT_FALSE(layout().concerns("deploy"));
}

TEST_F(PackLayoutTest, AFileBesideThePacksIsInNone) {
    root.write("packs/ops/pack.yaml", "");
    EXPECT_EQ(layout().pack_of("packs/stray.yaml"), "");
}

TEST_F(PackLayoutTest, AFolderThatCannotBeReadMayHavePacks) {
    root.write("packs/ops/pack.yaml", "");
    EXPECT_TRUE(layout().concerns("packs"));
    EXPECT_TRUE(layout().concerns("packs/web"));
    EXPECT_TRUE(layout({"site/eu/packs/*"}).concerns("site"));
}

TEST_F(PackLayoutTest, GlobsStayWithinASegment) {
    root.write("teams/a/ops/pack.yaml", "");
    root.write("teams/a/ops/sensors/x.yaml", "");
    EXPECT_THAT(layout({"teams/*/*"}).directories(), ElementsAre("teams/a/ops"));
    EXPECT_THAT(layout({"teams/a/ops"}).directories(), ElementsAre("teams/a/ops"));
    EXPECT_THAT(layout({"nowhere/*"}).directories(), IsEmpty());
}

}  // namespace
}  // namespace attune
