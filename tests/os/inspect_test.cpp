#include "os/inspect.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>

#include "os/spawn.h"
#include "os/system_error.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

const Account kAttune{"attune", 990, 990, {990, 4}, "/var/lib/attune"};

FileStatus file(mode_t mode, uid_t uid, gid_t gid) {
    return {.mode = S_IFREG | mode, .uid = uid, .gid = gid, .owner = {}, .group = {}};
}

TEST(Inspect, AFilesModeAndOwnerAreTold) {
    const TempDirectory directory;
    const auto path = directory.write("secret", "x");
    ::chmod(path.c_str(), 0640);
    const auto status = file_status(path);
    EXPECT_EQ(status.mode & 07777, 0640U);
    EXPECT_EQ(status.uid, ::geteuid());
    EXPECT_TRUE(describe(status).starts_with("0640 " + own_account().name + ":"));
    EXPECT_THROW(file_status(directory / "nothing"), SystemError);
}

TEST(Inspect, OwnerGroupAndOthersReadByTheirOwnBits) {
    EXPECT_TRUE(may_read(file(0400, 990, 0), kAttune));
    EXPECT_FALSE(may_read(file(0044, 990, 0), kAttune));
    EXPECT_TRUE(may_read(file(0040, 0, 4), kAttune));
    EXPECT_FALSE(may_read(file(0604, 0, 4), kAttune));
    EXPECT_TRUE(may_read(file(0604, 0, 5), kAttune));
    EXPECT_TRUE(may_read(file(0, 5, 5), {"root", 0, 0, {0}, "/root"}));
}

TEST(Inspect, ADirectoryIsReadByEnteringAndListingIt) {
    auto directory = file(0754, 0, 0);
    directory.mode = S_IFDIR | 0754;
    EXPECT_FALSE(may_read(directory, kAttune));
    directory.mode = S_IFDIR | 0755;
    EXPECT_TRUE(may_read(directory, kAttune));
}

TEST(Inspect, StrangersAreNeitherRootNorTheOwnerNorTheGroup) {
    EXPECT_FALSE(may_be_changed_by_strangers(file(0644, 0, 0), 990, 990));
    EXPECT_FALSE(may_be_changed_by_strangers(file(0664, 990, 990), 990, 990));
    EXPECT_TRUE(may_be_changed_by_strangers(file(0646, 0, 0), 990, 990));
    EXPECT_TRUE(may_be_changed_by_strangers(file(0664, 0, 100), 990, 990));
    EXPECT_TRUE(may_be_changed_by_strangers(file(0600, 1000, 0), 990, 990));
}

TEST(Inspect, ADiskHasRoomAlsoForWhatIsNotThereYet) {
    const TempDirectory directory;
    const auto space = disk_space(directory / "not/yet/there");
    EXPECT_GT(space.bytes, 0U);
    EXPECT_LE(space.free_bytes, space.bytes);
    EXPECT_FALSE(space.read_only);
    EXPECT_EQ(disk_space("/dev/shm").kind, "tmpfs");
}

TEST(Inspect, TheKernelTellsAboutItsClock) { EXPECT_GE(clock_discipline().largest_error, 0us); }

TEST(Inspect, AProcessHasOpenFilesWithinItsLimit) {
    const auto before = open_files(::getpid());
    const UniqueFd one(::dup(0));
    const auto after = open_files(::getpid());
    EXPECT_EQ(after.open, before.open + 1);
    EXPECT_EQ(after.limit, static_cast<std::uint64_t>(::sysconf(_SC_OPEN_MAX)));
    EXPECT_THROW(open_files(0x7fffffff), SystemError);
}

TEST(Inspect, AReplacedProgramIsNoticed) {
    const TempDirectory directory;
    const auto program = directory / "sleep";
    std::filesystem::copy_file("/bin/sleep", program);
    SpawnOptions options;
    options.argv = {program, "60"};
    const auto child = spawn(options);
    EXPECT_FALSE(runs_replaced_program(child.pid()));
    std::filesystem::remove(program);
    EXPECT_TRUE(runs_replaced_program(child.pid()));
}

TEST(Inspect, KernelSettingsAreNumbers) {
    EXPECT_GT(kernel_setting("fs/inotify/max_user_watches"), 0U);
    EXPECT_THROW(kernel_setting("fs/no_such_thing"), SystemError);
}

TEST(Inspect, AGroupThatIsNotThereHasNoMembers) {
    EXPECT_TRUE(members_of("no-such-group").empty());
}

}  // namespace
}  // namespace attune
