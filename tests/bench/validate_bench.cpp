// Manifests per second: `attune validate` beside bare yaml-cpp, which only makes nodes of the
// same bytes, in rounds of one run. Only ratios of one run mean anything: the machine drifts.
//
//   bare        YAML::Load of every file's bytes, in memory, on one core
//   read        attune's load_file() and check() of the same bytes, in memory, on one core
//   validate    the program `attune validate` of the directory, bound to one core: start, scan,
//               digests, reading and all
//   parallel    the same program on all cores
//   peer        what --peer names, with the directory as its last word, bound to one core
//
// validate_bench --attune PATH [--peer COMMAND] [--rounds N] [COUNT...]
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "core/check.h"
#include "core/diagnostic_text.h"
#include "core/load.h"
#include "tests/support/made_manifests.h"
#include "tests/support/temp_directory.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
    std::string attune;
    std::string peer;
    int rounds = 5;
    std::vector<std::size_t> counts;
};

double seconds_of(const std::function<void()>& work) {
    const auto start = SteadyClock::now();
    work();
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

void bind_to_one_core(bool bound) {
    static const cpu_set_t kAll = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        ::sched_getaffinity(0, sizeof(set), &set);
        return set;
    }();
    cpu_set_t set = kAll;
    if (bound) {
        int first = 0;
        while (!CPU_ISSET(first, &kAll)) ++first;
        CPU_ZERO(&set);
        CPU_SET(first, &set);
    }
    ::sched_setaffinity(0, sizeof(set), &set);
}

struct Ran {
    double seconds = 0;
    double peak_mib = 0;
};

// Runs a program to its end, which must be a good one, without what it prints.
Ran run(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    Ran ran;
    int status = 0;
    rusage usage{};
    ran.seconds = seconds_of([&] {
        pid_t pid = 0;
        if (::posix_spawnp(&pid, argv[0], &quiet, nullptr, argv.data(), environ) != 0 ||
            ::wait4(pid, &status, 0, &usage) != pid) {
            throw std::runtime_error("cannot run " + words[0]);
        }
    });
    posix_spawn_file_actions_destroy(&quiet);
    if (status != 0) throw std::runtime_error(words[0] + " failed");
    ran.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
    return ran;
}

void load_bare(const std::map<std::string, std::string>& texts) {
    std::size_t members = 0;
    for (const auto& [path, text] : texts) members += YAML::Load(text).size();
    if (members == 0) throw std::runtime_error("nothing was loaded");
}

void load_and_check(const std::map<std::string, std::string>& texts) {
    std::vector<LoadedFile> files;
    files.reserve(texts.size());
    CheckInput input;
    for (const auto& [path, text] : texts) {
        if (path == "attune.yaml") continue;
        const auto from = std::string("packs/").size();
        files.push_back(load_file(path, path.substr(from, path.find('/', from) - from), text,
                                  LoadedFor::kChecking));
        input.files.push_back(&files.back());
    }
    input.zones = &system_zones();
    input.now = parse_rfc3339("2026-11-23T12:00:00Z").value();
    const auto found = check(input).diagnostics;
    if (!found.empty()) throw std::runtime_error(one_line(found.front()));
}

std::vector<std::string> words_of(const std::string& command) {
    std::vector<std::string> words(1);
    for (const char c : command) {
        if (c != ' ') {
            words.back() += c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

void print(const char* name, std::size_t count, double seconds, double bare,
           const std::string& more) {
    fmt::print("  {:<10}{:>10.0f} manifests/s{:>10.3f} s{:>8.2f} x bare{}\n", name,
               static_cast<double>(count) / seconds, seconds, bare / seconds, more);
}

void compare(std::size_t count, const Options& options) {
    const TempDirectory directory;
    const auto texts = made_manifests(count);
    std::size_t bytes = 0;
    for (const auto& [path, text] : texts) {
        directory.write(path, text);
        bytes += text.size();
    }
    auto peer = words_of(options.peer);
    peer.push_back(directory.path().string());
    const std::vector<std::string> validate = {options.attune, "validate",
                                               directory.path().string()};
    std::map<std::string, std::vector<double>> taken;
    std::map<std::string, double> peak;
    const auto measure = [&](const std::string& name, const std::vector<std::string>& words) {
        const auto ran = run(words);
        taken[name].push_back(ran.seconds);
        peak[name] = std::max(peak[name], ran.peak_mib);
    };
    for (int round = 0; round < options.rounds; ++round) {
        bind_to_one_core(true);
        taken["bare"].push_back(seconds_of([&] { load_bare(texts); }));
        taken["read"].push_back(seconds_of([&] { load_and_check(texts); }));
        measure("validate", validate);
        if (!options.peer.empty()) measure("peer", peer);
        bind_to_one_core(false);
        measure("parallel", validate);
    }
    fmt::print("{} manifests in {} files, {:.1f} MB; medians of {} rounds\n", count,
               texts.size(), static_cast<double>(bytes) / 1e6, options.rounds);
    const auto bare = median(taken["bare"]);
    for (const char* name : {"bare", "read", "validate", "parallel", "peer"}) {
        if (!taken.contains(name)) continue;
        const auto memory =
            peak.contains(name) ? fmt::format(", peak {:.0f} MiB", peak[name]) : "";
        print(name, count, median(taken[name]), bare, memory);
    }
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--attune") {
            options.attune = value();
        } else if (word == "--peer") {
            options.peer = value();
        } else if (word == "--rounds") {
            options.rounds = std::max(1, std::atoi(value().c_str()));
        } else if (const auto count = std::atoi(word.c_str()); count > 0) {
            options.counts.push_back(static_cast<std::size_t>(count));
        }
    }
    if (options.counts.empty()) options.counts = {1'000, 10'000, 100'000};
    return options;
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
    const auto options = attune::read_options(argc, argv);
    if (options.attune.empty()) {
        std::fputs("validate_bench --attune PATH [--peer COMMAND] [--rounds N] [COUNT...]\n",
                   stderr);
        return 64;
    }
    for (const auto count : options.counts) attune::compare(count, options);
    return 0;
}
