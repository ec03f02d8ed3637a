#include "os/command_path.h"

#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

class CommandPathTest : public testing::Test {
protected:
    CommandPathTest() {
        directory.write_script("packs/ops/files/sweep.sh", "#!/bin/sh\n");
        directory.write_script("packs/other/files/theirs.sh", "#!/bin/sh\n");
    }

    std::string why_not(const std::string& name) const {
        const auto path = resolve_command(name, pack);
        return path ? "it is " + *path : path.error();
    }

    TempDirectory directory;
    const std::string pack = directory / "packs/ops";
};

TEST_F(CommandPathTest, TakesANameWithASlashForAFileOfThePack) {
    EXPECT_EQ(resolve_command("files/sweep.sh", pack), pack + "/files/sweep.sh");
    EXPECT_EQ(resolve_command("./files/../files/sweep.sh", pack), pack + "/files/sweep.sh");
    fs::create_symlink("sweep.sh", pack + "/files/link.sh");
    EXPECT_EQ(resolve_command("files/link.sh", pack), pack + "/files/sweep.sh");
}

TEST_F(CommandPathTest, TakesANameWithoutSlashForAProgram) {
    EXPECT_EQ(resolve_command("printf", pack), "/usr/bin/printf");
    // Not even when the pack has such a file.
    directory.write_script("packs/ops/mine", "#!/bin/sh\n");
    EXPECT_EQ(why_not("mine"), "is not found in /usr/local/bin:/usr/bin:/bin");
}

TEST_F(CommandPathTest, LetsNothingLeadOutOfThePack) {
    fs::create_symlink("/bin/sh", pack + "/files/shell");
    fs::create_symlink("../../other", pack + "/files/other");
    EXPECT_EQ(why_not("../other/files/theirs.sh"), "leads out of the pack");
    EXPECT_EQ(why_not("files/shell"), "leads out of the pack");
    EXPECT_EQ(why_not("files/other/files/theirs.sh"), "leads out of the pack");
    EXPECT_EQ(why_not("/bin/sh"), "leads out of the pack");
    // A neighbour whose name begins alike is outside, too.
    directory.write_script("packs/ops-2/run.sh", "#!/bin/sh\n");
    EXPECT_EQ(why_not("../ops-2/run.sh"), "leads out of the pack");
}

TEST_F(CommandPathTest, SaysWhyAFileCannotBeExecuted) {
    directory.write("packs/ops/files/plain.sh", "#!/bin/sh\n");
    EXPECT_EQ(why_not("files/plain.sh"), "is not executable");
    EXPECT_EQ(why_not("files/missing.sh"), "does not exist");
    EXPECT_EQ(why_not("files/"), "is a directory");
    EXPECT_EQ(why_not(""), "is empty");
    fs::create_symlink("loop", pack + "/files/loop");
    EXPECT_THAT(why_not("files/loop"), testing::HasSubstr("cannot be found"));
}

TEST_F(CommandPathTest, SaysThatThePackIsGone) {
    fs::remove_all(pack);
    EXPECT_THAT(why_not("files/sweep.sh"), testing::HasSubstr("does not exist"));
}

}  // namespace
}  // namespace attune
