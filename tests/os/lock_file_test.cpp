#include "os/lock_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "os/pipe.h"
#include "os/random.h"
#include "os/system_error.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

class LockFileTest : public testing::Test {
protected:
    TempDirectory directory;
    const std::string path = directory / "attuned.lock";
};

TEST_F(LockFileTest, IsHeldByOneAtATime) {
    auto first = LockFile::take(path);
    ASSERT_TRUE(first);
    EXPECT_FALSE(LockFile::take(path));
    first.reset();
    EXPECT_TRUE(LockFile::take(path));
}

TEST_F(LockFileTest, NamesItsHolder) {
    EXPECT_EQ(LockFile::holder(path), std::nullopt);
    const auto lock = LockFile::take(path);
    EXPECT_EQ(LockFile::holder(path), ::getpid());
}

TEST_F(LockFileTest, IsFreeAgainWhenItsHolderIsKilled) {
    Pipe pipe = make_pipe();
    const pid_t other = ::fork();
    if (other == 0) {
        const auto lock = LockFile::take(path);
        write_some(pipe.write.get(), lock ? "y" : "n");
        ::pause();
        ::_exit(0);
    }
    char held = 0;
    ASSERT_EQ(::read(pipe.read.get(), &held, 1), 1);
    ASSERT_EQ(held, 'y');
    EXPECT_FALSE(LockFile::take(path));
    EXPECT_EQ(LockFile::holder(path), other);
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    EXPECT_TRUE(LockFile::take(path));
}

TEST_F(LockFileTest, SaysWhatIsWrongWithItsPlace) {
    EXPECT_THROW(LockFile::take(directory / "missing/attuned.lock"), SystemError);
}

TEST(Random, IsNeverTheSameTwice) {
    EXPECT_NE(random_claim_token().bytes, random_claim_token().bytes);
    EXPECT_NE(random_uuid(), random_uuid());
}

TEST(Random, WritesUuidsOfVersionFour) {
    EXPECT_THAT(random_uuid(), testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                                     "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace attune
