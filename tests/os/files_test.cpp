#include "os/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include <gmock/gmock.h>

#include "os/system_error.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

template <class Call>
int error_of(Call call) {
    try {
        call();
    } catch (const SystemError& error) {
        return error.error();
    }
    return 0;
}

class FilesTest : public testing::Test {
protected:
    TempDirectory directory;
};

TEST_F(FilesTest, ReadsAFileOfExactlyTheLimit) {
    const auto path = directory.write("a", std::string(100, 'x'));
    EXPECT_EQ(read_file(path, 100).size(), 100u);
    EXPECT_EQ(error_of([&] { read_file(path, 99); }), EFBIG);
}

TEST_F(FilesTest, ReadsWhatTheSystemSaysIsEmptyAndIsNot) {
    EXPECT_FALSE(read_file("/proc/self/status", 1024 * 1024).empty());
}

TEST_F(FilesTest, NeverWaitsForAFifo) {
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    EXPECT_EQ(error_of([&] { read_file(directory / "fifo", 10); }), EINVAL);
}

TEST_F(FilesTest, RefusesADirectory) {
    EXPECT_EQ(error_of([&] { read_file(directory.path(), 10); }), EINVAL);
}

TEST_F(FilesTest, ReadsBelowARootWithoutFollowingLinks) {
    directory.write("root/packs/a.yaml", "inside");
    directory.write("secret", "outside");
    fs::create_symlink("../secret", directory / "root/link");
    fs::create_symlink("packs", directory / "root/other");
    const auto root = directory / "root";
    EXPECT_EQ(read_file_below(root, "packs/a.yaml", 100), "inside");
    EXPECT_EQ(error_of([&] { read_file_below(root, "link", 100); }), ELOOP);
    EXPECT_EQ(error_of([&] { read_file_below(root, "other/a.yaml", 100); }), ELOOP);
    EXPECT_EQ(error_of([&] { read_file_below(root, "../secret", 100); }), EXDEV);
    EXPECT_EQ(error_of([&] { read_file_below(root, "packs/../../secret", 100); }), EXDEV);
    EXPECT_EQ(error_of([&] { read_file_below(root, "/etc/passwd", 100); }), EXDEV);
    EXPECT_EQ(error_of([&] { read_file_below(root, "/link", 100); }), EXDEV);
    EXPECT_EQ(error_of([&] { read_file_below(root, "packs/a.yaml/b", 100); }), ENOTDIR);
    EXPECT_EQ(error_of([&] { read_file_below(root, "absent/b", 100); }), ENOENT);
}

TEST_F(FilesTest, ReadsATreeFolderByFolder) {
    directory.write("root/a.yaml", "top");
    directory.write("root/packs/ops/b.yaml", "deep");
    directory.write("root/packs/ops/c.yaml", "beside");
    fs::create_symlink("ops", directory / "root/packs/link");
    FilesBelow files(directory / "root");
    EXPECT_EQ(files.read("packs/ops/b.yaml", 100), "deep");
    EXPECT_EQ(files.read("packs/ops/c.yaml", 100), "beside");
    EXPECT_EQ(error_of([&] { files.read("packs/link/c.yaml", 100); }), ELOOP);
    EXPECT_EQ(files.read("packs/ops/b.yaml", 100), "deep");
    EXPECT_EQ(files.read("a.yaml", 100), "top");
    EXPECT_EQ(error_of([&] { FilesBelow(directory / "absent"); }), ENOENT);
}

TEST_F(FilesTest, ReplacesAFileInOneStep) {
    const auto path = directory.write("a", "old");
    write_file_atomically(path, "new", 0600);
    EXPECT_EQ(read_file(path, 100), "new");
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
}

TEST_F(FilesTest, LeavesNothingBehindWhenItCannotReplace) {
    fs::create_directories(directory / "taken/inside");
    EXPECT_NE(error_of([&] { write_file_atomically(directory / "taken", "new"); }), 0);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 1);
}

TEST_F(FilesTest, MakesDirectoriesThatAreMissing) {
    make_directories(directory / "a/b/c");
    make_directories(directory / "a/b/c");
    EXPECT_TRUE(fs::is_directory(directory / "a/b/c"));
    directory.write("file", "");
    EXPECT_EQ(error_of([&] { make_directories(directory / "file"); }), ENOTDIR);
    EXPECT_EQ(error_of([&] { make_directories(directory / "file/below"); }), ENOTDIR);
}

}  // namespace
}  // namespace attune
