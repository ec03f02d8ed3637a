#include "os/tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>

#include "os/files.h"
#include "os/system_error.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> paths(const std::vector<TreeEntry>& entries) {
    std::vector<std::string> paths;
    for (const auto& entry : entries) paths.push_back(entry.path);
    return paths;
}

class TreeTest : public testing::Test {
protected:
    TreeListing list() const { return list_tree(root(), options); }
    std::string root() const { return directory / "root"; }

    SkipCause cause_of(const std::string& path) const {
        for (const auto& skipped : list().skipped) {
            if (skipped.path == path) return skipped.cause;
        }
        ADD_FAILURE() << path << " is not skipped";
        return SkipCause::kIgnored;
    }

    // Scans, and calls `meddle` when the first file has been visited.
    template <class Meddle>
    std::variant<TreeListing, Unsettled> scan(Meddle meddle) const {
        bool done = false;
        return scan_tree(root(), options, [&](const TreeListing& tree, const TreeEntry& file) {
            read_file_below(tree.root, file.path, options.largest_file);
            if (!std::exchange(done, true)) meddle();
        });
    }

    TempDirectory directory;
    TreeOptions options;
};

TEST_F(TreeTest, ListsManifestsByPath) {
    directory.write("root/packs/b/pack.yaml", "b");
    directory.write("root/packs/a/rules/x.yml", "a");
    directory.write("root/attune.yaml", "");
    directory.write("root/README.md", "not a manifest");
    const auto listing = list();
    EXPECT_THAT(paths(listing.files),
                ElementsAre("attune.yaml", "packs/a/rules/x.yml", "packs/b/pack.yaml"));
    EXPECT_THAT(paths(listing.directories),
                ElementsAre("packs", "packs/a", "packs/a/rules", "packs/b"));
}

TEST_F(TreeTest, CountsNoneOfWhatEditorsLeaveBehind) {
    directory.write("root/a.yaml", "");
    directory.write("root/.a.yaml.swp", "");
    directory.write("root/a.yaml~", "");
    fs::create_symlink("user@host.1234:99", directory / "root/.#a.yaml");
    const auto listing = list();
    EXPECT_THAT(paths(listing.files), ElementsAre("a.yaml"));
    for (const auto& skipped : listing.skipped) EXPECT_EQ(skipped.cause, SkipCause::kIgnored);
}

TEST_F(TreeTest, FollowsALinkForTheRootOnly) {
    directory.write("release-1/a.yaml", "");
    directory.write("elsewhere/b.yaml", "");
    fs::create_directory_symlink("release-1", directory / "root");
    fs::create_directory_symlink("../elsewhere", directory / "release-1/inner");
    fs::create_symlink("a.yaml", directory / "release-1/link.yaml");
    fs::create_symlink("loop", directory / "release-1/loop");
    EXPECT_EQ(list().root, directory / "release-1");
    EXPECT_THAT(paths(list().files), ElementsAre("a.yaml"));
    EXPECT_EQ(cause_of("inner"), SkipCause::kSymlink);
    EXPECT_EQ(cause_of("link.yaml"), SkipCause::kSymlink);
    EXPECT_EQ(cause_of("loop"), SkipCause::kSymlink);
}

TEST_F(TreeTest, RefusesWhatIsNoFileOrTooLarge) {
    directory.write("root/big.yaml", std::string(101, 'x'));
    ASSERT_EQ(::mkfifo((directory / "root/fifo.yaml").c_str(), 0600), 0);
    options.largest_file = 100;
    EXPECT_THAT(list().files, IsEmpty());
    EXPECT_EQ(cause_of("fifo.yaml"), SkipCause::kNotRegular);
    EXPECT_EQ(cause_of("big.yaml"), SkipCause::kTooLarge);
}

TEST_F(TreeTest, TakesStrangeNamesAndTellsOfThoseThatAreNoText) {
    const std::string longest = std::string(250, 'n') + ".yaml";
    directory.write("root/with space.yaml", "");
    directory.write("root/UPPER.yaml", "");
    directory.write("root/upper.yaml", "");
    directory.write("root/" + longest, "");
    directory.write("root/bad\xff.yaml", "");
    EXPECT_THAT(paths(list().files),
                ElementsAre("UPPER.yaml", longest, "upper.yaml", "with space.yaml"));
    EXPECT_EQ(cause_of("bad\\xff.yaml"), SkipCause::kBadName);
}

TEST_F(TreeTest, StopsAtDirectoriesThatNeverEnd) {
    std::string deep = "root";
    for (int level = 0; level < 70; ++level) deep += "/d";
    directory.write(deep + "/a.yaml", "");
    EXPECT_THAT(list().files, IsEmpty());
    EXPECT_EQ(list().skipped.at(0).cause, SkipCause::kTooDeep);
}

TEST_F(TreeTest, NeverTakesAMissingRootForAnEmptyOne) {
    EXPECT_THROW(list(), SystemError);
    directory.write("root", "a file");
    EXPECT_THROW(list(), SystemError);
}

TEST_F(TreeTest, ObeysTheTreesOwnRules) {
    directory.write("root/packs/a/files/data.yaml", "");
    directory.write("root/packs/a/pack.yaml", "");
    options.ignore = IgnoreRules("packs/*/files/");
    EXPECT_THAT(paths(list().files), ElementsAre("packs/a/pack.yaml"));
}

TEST_F(TreeTest, AcceptsATreeThatStaysAsItIs) {
    directory.write("root/a.yaml", "1");
    EXPECT_TRUE(std::holds_alternative<TreeListing>(scan([] {})));
}

TEST_F(TreeTest, RefusesATreeThatMovesWhileItIsRead) {
    directory.write("root/a.yaml", "1");
    directory.write("root/b.yaml", "1");
    const auto moved = scan([&] { directory.write("root/b.yaml", "22"); });
    EXPECT_EQ(std::get<Unsettled>(moved).path, "b.yaml");
}

TEST_F(TreeTest, SeesAChangeThatKeepsSizeAndModificationTime) {
    const auto file = directory.write("root/a.yaml", "1");
    const auto before = fs::last_write_time(file);
    const auto moved = scan([&] {
        directory.write("root/a.yaml", "2");
        fs::last_write_time(file, before);
    });
    EXPECT_EQ(std::get<Unsettled>(moved).path, "a.yaml");
}

TEST_F(TreeTest, TakesAFileThatVanishesForAMove) {
    directory.write("root/a.yaml", "1");
    directory.write("root/b.yaml", "1");
    const auto moved = scan([&] { fs::remove(directory / "root/b.yaml"); });
    EXPECT_EQ(std::get<Unsettled>(moved).path, "b.yaml");
}

TEST_F(TreeTest, SeesThatTheRootWasReplacedByAnEqualOne) {
    directory.write("root/a.yaml", "1");
    const auto moved = scan([&] {
        fs::rename(directory / "root", directory / "old");
        directory.write("root/a.yaml", "1");
    });
    EXPECT_TRUE(std::holds_alternative<Unsettled>(moved));
}

}  // namespace
}  // namespace attune
