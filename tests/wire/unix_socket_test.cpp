#include "wire/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "os/system_error.h"
#include "tests/support/as_user.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

int error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const SystemError& error) {
        return error.error();
    }
    return 0;
}

class UnixSocketTest : public testing::Test {
protected:
    struct stat look() const {
        struct stat file {};
        EXPECT_EQ(::lstat(path.c_str(), &file), 0);
        return file;
    }

    TempDirectory directory;
    std::string path = directory / "s";
};

TEST_F(UnixSocketTest, IsThereForItsOwnerAndItsGroup) {
    const auto listener = UnixListener::bind(path, std::nullopt);
    EXPECT_EQ(look().st_mode, S_IFSOCK | 0660U);
    EXPECT_TRUE(connect_unix(path, 1s));
}

TEST_F(UnixSocketTest, TheUmaskDoesNotNarrowItsMode) {
    const auto before = ::umask(0777);
    const auto listener = UnixListener::bind(path, std::nullopt);
    ::umask(before);
    EXPECT_EQ(look().st_mode, S_IFSOCK | 0660U);
}

TEST_F(UnixSocketTest, BelongsToTheGroupGiven) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    const auto listener = UnixListener::bind(path, 4242);
    EXPECT_EQ(look().st_gid, 4242U);
}

TEST_F(UnixSocketTest, KeepsOthersOut) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    ::chmod(directory.path().c_str(), 0755);
    const auto listener = UnixListener::bind(path, 4242);
    as_user(kNobody, kNobody, {},
            [&] { EXPECT_EQ(error_of([&] { connect_unix(path, 1s); }), EACCES); });
    as_user(kNobody, kNobody, {4242}, [&] { EXPECT_TRUE(connect_unix(path, 1s)); });
}

TEST_F(UnixSocketTest, TheFileGoesWithTheListener) {
    { const auto listener = UnixListener::bind(path, std::nullopt); }
    EXPECT_EQ(::access(path.c_str(), F_OK), -1);
    EXPECT_EQ(error_of([&] { connect_unix(path, 1s); }), ENOENT);
}

TEST_F(UnixSocketTest, ADeadDaemonsSocketIsReplaced) {
    const auto saved = directory / "saved";
    {
        const auto dead = UnixListener::bind(path, std::nullopt);
        ASSERT_EQ(::rename(path.c_str(), saved.c_str()), 0);
    }
    ASSERT_EQ(::rename(saved.c_str(), path.c_str()), 0);
    EXPECT_EQ(error_of([&] { connect_unix(path, 1s); }), ECONNREFUSED);

    const auto listener = UnixListener::bind(path, std::nullopt);
    EXPECT_TRUE(connect_unix(path, 1s));
}

TEST_F(UnixSocketTest, ALiveDaemonsSocketIsRespected) {
    const auto live = UnixListener::bind(path, std::nullopt);
    EXPECT_THROW(UnixListener::bind(path, std::nullopt), SocketTaken);
    EXPECT_TRUE(connect_unix(path, 1s));
}

TEST_F(UnixSocketTest, ABusyDaemonIsAliveToo) {
    const auto live = UnixListener::bind(path, std::nullopt);
    ASSERT_EQ(::listen(live.fd(), 0), 0);
    const auto waiting = connect_unix(path, 1s);
    EXPECT_EQ(error_of([&] { connect_unix(path, 10ms); }), EAGAIN);
    EXPECT_THROW(UnixListener::bind(path, std::nullopt), SocketTaken);
}

TEST_F(UnixSocketTest, WhatIsNoSocketIsNeverRemoved) {
    directory.write("s", "precious");
    EXPECT_EQ(error_of([&] { UnixListener::bind(path, std::nullopt); }), EEXIST);
    EXPECT_EQ(look().st_size, 8);
}

TEST_F(UnixSocketTest, ASuccessorsFileIsNotRemoved) {
    auto first = std::make_optional(UnixListener::bind(path, std::nullopt));
    ASSERT_EQ(::unlink(path.c_str()), 0);
    const auto second = UnixListener::bind(path, std::nullopt);
    first.reset();
    EXPECT_TRUE(connect_unix(path, 1s));
}

TEST_F(UnixSocketTest, APathThatIsTooLongIsRefused) {
    const auto longest = directory / std::string(200, 'x');
    EXPECT_EQ(error_of([&] { UnixListener::bind(longest, std::nullopt); }), ENAMETOOLONG);
    EXPECT_EQ(error_of([&] { connect_unix(longest, 1s); }), ENAMETOOLONG);
}

TEST_F(UnixSocketTest, AListeningDescriptorIsAdoptedAndItsFileStays) {
    auto activated = UnixListener::bind(path, std::nullopt);
    { const auto listener = UnixListener::adopt(::dup(activated.fd())); }
    EXPECT_TRUE(connect_unix(path, 1s));
}

TEST_F(UnixSocketTest, OnlyAListeningUnixSocketIsAdopted) {
    EXPECT_THROW(UnixListener::adopt(::dup(0)), std::invalid_argument);
    EXPECT_THROW(UnixListener::adopt(::socket(AF_UNIX, SOCK_STREAM, 0)), std::invalid_argument);
    EXPECT_THROW(UnixListener::adopt(::socket(AF_UNIX, SOCK_DGRAM, 0)), std::invalid_argument);
}

}  // namespace
}  // namespace attune
