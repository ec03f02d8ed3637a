// Random cases that can be repeated: the seed is printed and taken from ATTUNE_SEED, and
// ATTUNE_LONG=1 makes a hundred times as many cases.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace attune {

class Random {
public:
    Random() : Random(chosen_seed()) {}
    explicit Random(std::uint64_t seed) : engine_(seed) {
        testing::Test::RecordProperty("seed", std::to_string(seed));
        std::cout << "seed " << seed << " (ATTUNE_SEED=" << seed << " repeats it)\n";
    }

    // Both ends included.
    std::int64_t between(std::int64_t least, std::int64_t greatest) {
        return std::uniform_int_distribution<std::int64_t>(least, greatest)(engine_);
    }
    bool one_in(int n) { return between(1, n) == 1; }

    template <class T>
    const T& pick(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(
            between(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

private:
    static std::uint64_t chosen_seed() {
        if (const char* given = std::getenv("ATTUNE_SEED")) return std::stoull(given);
        return std::random_device{}();
    }

    std::mt19937_64 engine_;
};

inline bool long_run() { return std::getenv("ATTUNE_LONG") != nullptr; }
inline int random_cases(int in_short_run) {
    return long_run() ? in_short_run * 100 : in_short_run;
}

}  // namespace attune
