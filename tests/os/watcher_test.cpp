// What happens to trees in practice: editors, deployments, checkouts. Each test does one such
// thing to a watched tree and asks for what a reader relies on: a hint, and after it a scan
// that shows the end state.
#include "os/watcher.h"

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "os/spawn.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class WatcherTest : public testing::Test {
protected:
    WatcherTest() {
        directory.write("root/attune.yaml", "");
        directory.write("root/packs/ops/a.yaml", "1");
    }

    // Covers until nothing new turns up, as a source does between its scans.
    TreeListing settle() {
        TreeListing listing;
        do {
            listing = list_tree(root, {});
        } while (watcher.cover(listing));
        return listing;
    }

    bool hinted() {
        pollfd ready{watcher.fd(), POLLIN, 0};
        return ::poll(&ready, 1, 2000) == 1 && watcher.drain();
    }

    bool quiet() {
        pollfd ready{watcher.fd(), POLLIN, 0};
        return ::poll(&ready, 1, 50) == 0;
    }

    TempDirectory directory;
    const std::string root = directory / "root";
    TreeWatcher watcher{root};
};

TEST_F(WatcherTest, IsQuietWhileNothingHappens) {
    settle();
    EXPECT_TRUE(quiet());
    EXPECT_THAT(watcher.trouble(), IsEmpty());
    EXPECT_EQ(watcher.poll_every(), 60s);
}

TEST_F(WatcherTest, HintsAtARewriteInPlace) {
    settle();
    directory.write("root/packs/ops/a.yaml", "2");
    EXPECT_TRUE(hinted());
}

TEST_F(WatcherTest, HintsAtARenameOverAFile) {
    directory.write("new", "2");
    settle();
    fs::rename(directory / "new", directory / "root/packs/ops/a.yaml");
    EXPECT_TRUE(hinted());
    EXPECT_EQ(settle().files.size(), 2u);
}

TEST_F(WatcherTest, HintsAtADirectoryThatComesWithItsFiles) {
    directory.write("outside/b.yaml", "1");
    settle();
    fs::rename(directory / "outside", directory / "root/packs/new");
    EXPECT_TRUE(hinted());
    settle();
    directory.write("root/packs/new/b.yaml", "2");
    EXPECT_TRUE(hinted());
}

TEST_F(WatcherTest, SeesAllFilesThatAreWrittenAsFastAsCanBe) {
    settle();
    std::thread writer([&] {
        for (int i = 0; i < 2000; ++i) {
            directory.write("root/packs/ops/a/b/c" + std::to_string(i % 20) + "/f" +
                                std::to_string(i) + ".yaml",
                            "x");
        }
    });
    while (settle().files.size() < 2002) ASSERT_TRUE(hinted());
    writer.join();
}

TEST_F(WatcherTest, NoticesALinkThatIsSwappedUnderTheRoot) {
    directory.write("release-1/a.yaml", "1");
    directory.write("release-2/a.yaml", "2");
    fs::create_directory_symlink("release-1", directory / "current");
    TreeWatcher linked(directory / "current");
    while (linked.cover(list_tree(directory / "current", {}))) {
    }
    linked.drain();
    fs::create_directory_symlink("release-2", directory / "next");
    fs::rename(directory / "next", directory / "current");
    EXPECT_TRUE(linked.drain());
    EXPECT_TRUE(linked.cover(list_tree(directory / "current", {})));
    linked.drain();
    directory.write("release-2/a.yaml", "3");
    EXPECT_TRUE(linked.drain());
}

TEST_F(WatcherTest, NoticesARootThatIsReplaced) {
    settle();
    fs::rename(root, directory / "away");
    directory.write("root/attune.yaml", "new");
    EXPECT_TRUE(hinted());
    EXPECT_EQ(settle().files.size(), 1u);
    watcher.drain();
    directory.write("root/attune.yaml", "newer");
    EXPECT_TRUE(hinted());
}

TEST_F(WatcherTest, ForgetsADirectoryThatHasLeftTheTree) {
    settle();
    fs::rename(directory / "root/packs/ops", directory / "away");
    EXPECT_TRUE(hinted());
    settle();
    watcher.drain();
    directory.write("away/a.yaml", "edited elsewhere");
    EXPECT_TRUE(quiet());
}

TEST_F(WatcherTest, WatchesADirectoryThatWasDeletedAndMadeAgain) {
    settle();
    fs::remove_all(directory / "root/packs/ops");
    directory.write("root/packs/ops/a.yaml", "1");
    EXPECT_TRUE(hinted());
    settle();
    watcher.drain();
    directory.write("root/packs/ops/a.yaml", "2");
    EXPECT_TRUE(hinted());
}

TEST_F(WatcherTest, CaresNothingForItsNeighbours) {
    settle();
    directory.write("neighbour", "1");
    EXPECT_FALSE(watcher.drain());
}

TEST_F(WatcherTest, PollsAfterLostEventsUntilTheNextScan) {
    settle();
    std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
    int events = 0;
    limit >> events;
    if (events > 100'000) GTEST_SKIP() << "the queue is too long to overflow";
    // Two files in turns: equal events in a row would be one.
    for (int i = 0; i <= events; ++i) {
        fs::last_write_time(
            directory / (i % 2 == 0 ? "root/attune.yaml" : "root/packs/ops/a.yaml"),
            fs::file_time_type::clock::now());
    }
    EXPECT_TRUE(watcher.drain());
    EXPECT_THAT(watcher.trouble(), HasSubstr("max_queued_events"));
    EXPECT_EQ(watcher.poll_every(), 5s);
    settle();
    EXPECT_THAT(watcher.trouble(), IsEmpty());
}

TEST_F(WatcherTest, PollsWhenTheSystemGivesNoWatch) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{0, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    TreeWatcher blind(root);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(blind.fd(), -1);
    EXPECT_THAT(blind.trouble(), HasSubstr("cannot watch"));
    EXPECT_EQ(blind.poll_every(), 5s);
    EXPECT_FALSE(blind.cover(list_tree(root, {})));
    EXPECT_FALSE(blind.drain());
}

// A user namespace has limits of its own, so that nobody else's watches are touched.
TEST_F(WatcherTest, PollsAndNamesTheSettingWhenWatchesRunOut) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
        std::ofstream("/proc/self/uid_map") << "0 " << ::getuid() << " 1";
        if (!(std::ofstream("/proc/sys/user/max_inotify_watches") << 3 << std::flush)) {
            ::_exit(77);
        }
        TreeWatcher limited(root);
        limited.cover(list_tree(root, {}));
        const bool says = limited.trouble().find("max_user_watches") != std::string::npos;
        const bool polls = limited.poll_every() == 5s;
        // Once there are fewer directories all is well again.
        fs::remove_all(root + "/packs");
        limited.cover(list_tree(root, {}));
        ::_exit(says && polls && limited.trouble().empty() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no user namespaces here";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace attune
