#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "store/embedded_cluster.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr int kOldestMajor = 15;

bool has_programs(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / "initdb", ignored) && fs::exists(folder / "postgres", ignored);
}

// The number in "15" or "pgsql-15"; 0 when there is none.
int major_in(const std::string& name) {
    const auto digits = name.find_first_of("0123456789");
    int major = 0;
    if (digits != std::string::npos) {
        std::from_chars(name.data() + digits, name.data() + name.size(), major);
    }
    return major;
}

struct Candidate {
    int major = 0;
    fs::path folder;
};

void look_below(const fs::path& parent, const std::string& prefix,
                std::vector<Candidate>& candidates) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(parent, ignored)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(prefix)) continue;
        const int major = major_in(name);
        if (major >= kOldestMajor && has_programs(entry.path() / "bin")) {
            candidates.push_back({major, entry.path() / "bin"});
        }
    }
}

}  // namespace

fs::path find_postgresql(const fs::path& configured) {
    if (!configured.empty()) {
        if (has_programs(configured)) return configured;
        throw ClusterError(
            fmt::format("no initdb and postgres in {}, where database.binaries"
                        " says they are",
                        configured.string()));
    }
    std::vector<Candidate> candidates;
    look_below("/usr/lib/postgresql", "", candidates);
    look_below("/usr", "pgsql-", candidates);
    const auto newest = std::max_element(
        candidates.begin(), candidates.end(),
        [](const Candidate& a, const Candidate& b) { return a.major < b.major; });
    if (newest != candidates.end()) return newest->folder;
    if (has_programs("/usr/bin")) return "/usr/bin";
    throw ClusterError(
        "no PostgreSQL 15 or later in /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin or /usr/bin:"
        " install postgresql-15 (Debian) or postgresql-server (Fedora), set database.binaries,"
        " or set database.url to use a server that runs elsewhere");
}

}  // namespace attune
