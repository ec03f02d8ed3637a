// Every input that was once found to break a promise, and the seeds the fuzzer starts from, on
// the same functions that it drives. A new finding is a file, no C++.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "tests/fuzz/targets.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

const fs::path kFuzz = fs::path(ATTUNE_SOURCE_DIR) / "tests/fuzz";

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Fuzzed : public testing::TestWithParam<FuzzTarget> {
protected:
    // How many inputs of the folder keep every promise.
    static int run_all(const fs::path& folder) {
        int run = 0;
        for (const auto& entry : fs::directory_iterator(folder)) {
            try {
                GetParam().run(read(entry.path()));
                ++run;
            } catch (const std::exception& error) {
                ADD_FAILURE() << entry.path() << ": " << error.what();
            }
        }
        return run;
    }
};

TEST_P(Fuzzed, SeedsKeepTheirPromises) {
    EXPECT_GT(run_all(kFuzz / "corpus" / GetParam().name), 0);
}

TEST_P(Fuzzed, WhatWasFoundStaysFixed) {
    const auto folder = kFuzz / "regressions" / GetParam().name;
    if (fs::exists(folder)) run_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzzed, testing::ValuesIn(kFuzzTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace attune
