#include "store/embedded_cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "os/pipe.h"
#include "os/spawn.h"
#include "store/connection.h"
#include "store/session.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class EmbeddedClusterTest : public testing::Test {
protected:
    EmbeddedClusterTest() {
        auto pattern = (fs::temp_directory_path() / "attune-ec-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        fs::permissions(folder, fs::perms(0711));
        options.directory = folder / "pg";
        options.durable = false;
    }
    ~EmbeddedClusterTest() override { fs::remove_all(folder); }

    static std::string ask(const EmbeddedCluster& cluster, const std::string& sql) {
        std::string answer;
        Connection connection({.url = cluster.url()});
        connection.transact(
            [&](Session& session) { answer = session.run(sql).only().string(0); });
        return answer;
    }
    std::string refusal() {
        try {
            EmbeddedCluster cluster(options);
        } catch (const ClusterError& error) {
            return error.what();
        }
        return "started";
    }
    // A server on the cluster's data that is nobody's child but ours.
    Child start_server() {
        SpawnOptions postgres;
        postgres.argv = {(find_postgresql({}) / "postgres").string(),
                         "-D",
                         (options.directory / "data").string(),
                         "-k",
                         (options.directory / "run").string(),
                         "-c",
                         "listen_addresses="};
        postgres.directory = "/";
        if (::geteuid() == 0) postgres.account = find_account("postgres");
        auto child = spawn(postgres);
        std::string line;
        for (int number = 0; number < 8 || !line.starts_with("ready");) {
            std::ifstream file(options.directory / "data" / "postmaster.pid");
            for (number = 0; number < 8 && std::getline(file, line);) ++number;
        }
        return child;
    }

    fs::path folder;
    ClusterOptions options;
};

TEST_F(EmbeddedClusterTest, MakesAClusterOnceAndKeepsWhatIsInIt) {
    {
        EmbeddedCluster cluster(options);
        EXPECT_TRUE(cluster.running());
        EXPECT_EQ(ask(cluster, "SELECT current_database()"), "attune");
        ask(cluster, "CREATE TABLE public.kept (n int); SELECT ''");
    }
    EmbeddedCluster again(options);
    EXPECT_EQ(ask(again, "SELECT to_regclass('public.kept')::text"), "public.kept");
}

TEST_F(EmbeddedClusterTest, NobodyElseCanReachIt) {
    const EmbeddedCluster cluster(options);
    EXPECT_EQ(ask(cluster, "SHOW listen_addresses"), "");
    for (const char* part : {"", "data", "run"}) {
        struct stat status {};
        ASSERT_EQ(::stat((options.directory / part).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0700U) << part;
    }
}

TEST_F(EmbeddedClusterTest, IsNeverRoot) {
    const EmbeddedCluster cluster(options);
    struct stat status {};
    ASSERT_EQ(::stat((options.directory / "data").c_str(), &status), 0);
    EXPECT_NE(status.st_uid, 0U);
    std::string pid;
    std::ifstream(options.directory / "data" / "postmaster.pid") >> pid;
    ASSERT_EQ(::stat(("/proc/" + pid).c_str(), &status), 0);
    EXPECT_NE(status.st_uid, 0U);
}

TEST_F(EmbeddedClusterTest, AMakingThatWasCutShortIsBegunAgain) {
    fs::create_directories(options.directory / "data.partial" / "base");
    const EmbeddedCluster cluster(options);
    EXPECT_FALSE(fs::exists(options.directory / "data.partial"));
}

TEST_F(EmbeddedClusterTest, DiesWithTheProcessThatStartedItAndComesBack) {
    Pipe started = make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        const EmbeddedCluster cluster(options);
        ask(cluster, "CREATE TABLE public.kept (n int); SELECT ''");
        [[maybe_unused]] const auto written = ::write(started.write.get(), "x", 1);
        while (true) ::pause();
    }
    started.write.reset();
    char byte = 0;
    ASSERT_EQ(::read(started.read.get(), &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    // It may still be stopping: that is waited for.
    const EmbeddedCluster again(options);
    EXPECT_EQ(ask(again, "SELECT to_regclass('public.kept')::text"), "public.kept");
}

TEST_F(EmbeddedClusterTest, WaitsForAnEarlierServerToLeave) {
    { const EmbeddedCluster first(options); }
    Child earlier = start_server();
    std::thread stopper([&earlier] { earlier.signal(SIGINT); });
    const EmbeddedCluster cluster(options);
    stopper.join();
    EXPECT_EQ(ask(cluster, "SELECT 'here'"), "here");
}

TEST_F(EmbeddedClusterTest, SaysWhoIsInTheWayWhenThatDoesNotLeave) {
    { const EmbeddedCluster first(options); }
    Child earlier = start_server();
    options.patience = 100ms;
    EXPECT_THAT(refusal(),
                HasSubstr(fmt::format("another PostgreSQL (pid {})", earlier.pid())));
    earlier.signal(SIGINT);
    earlier.wait();
}

TEST_F(EmbeddedClusterTest, NoticesThatItsServerHasEnded) {
    EmbeddedCluster cluster(options);
    std::ifstream file(options.directory / "data" / "postmaster.pid");
    pid_t pid = 0;
    file >> pid;
    ::kill(pid, SIGQUIT);
    while (cluster.running()) {
    }
    EXPECT_THAT(cluster.log_tail(), HasSubstr("immediate shutdown"));
}

TEST_F(EmbeddedClusterTest, SaysWhatToInstallWhenBinariesAreMissing) {
    options.binaries = "/nonexistent";
    EXPECT_THAT(refusal(), HasSubstr("no initdb and postgres in /nonexistent"));
}

TEST_F(EmbeddedClusterTest, FindsTheNewestBinaries) {
    EXPECT_TRUE(fs::exists(find_postgresql({}) / "initdb"));
}

TEST_F(EmbeddedClusterTest, RefusesASocketPathThatTheKernelWouldCut) {
    options.directory = folder / std::string(100, 'x');
    EXPECT_THAT(refusal(), HasSubstr("choose a shorter state directory"));
}

TEST_F(EmbeddedClusterTest, SaysWhichFolderIsInTheWay) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root gives the server to somebody else";
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_THAT(refusal(), HasSubstr("cannot enter " + folder.string() + ": chmod o+x it"));
}

TEST_F(EmbeddedClusterTest, ShowsWhatTheServerSaidWhenItDoesNotStart) {
    options.settings = {"no_such_setting=1"};
    EXPECT_THAT(refusal(), HasSubstr("no_such_setting"));
}

}  // namespace
}  // namespace attune
