// A directory of a test's own, gone with everything in it when the test is.
#pragma once

#include <stdlib.h>

#include <cassert>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace attune {

class TempDirectory {
public:
    TempDirectory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "attune-test-XXXXXX").string();
        [[maybe_unused]] const char* made = ::mkdtemp(name.data());
        assert(made != nullptr);
        path_ = std::filesystem::canonical(name);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    // Writes a file in place, making the directories above it.
    std::string write(std::string_view name, std::string_view bytes) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
        return file.string();
    }

    // The same for a script that may be executed.
    std::string write_script(std::string_view name, std::string_view text) const {
        auto file = write(name, text);
        std::filesystem::permissions(file, std::filesystem::perms(0755));
        return file;
    }

private:
    std::filesystem::path path_;
};

}  // namespace attune
