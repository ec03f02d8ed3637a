// The house rules that no compiler checks: which room may include which, where each outside
// library lives, and that only os/ reads the clock.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

struct Line {
    std::string file;  // relative to the project
    int number = 0;
    std::string text;
};

std::string where(const Line& line) { return line.file + ":" + std::to_string(line.number); }

std::string room_of(const std::string& path) { return path.substr(0, path.find('/')); }

// Each room and what it may include: itself and the rooms before it. cli and daemon do not
// know each other, and manual describes them both; schemas holds data only and any room may
// read it.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"schemas", {"schemas"}},
    {"core", {"schemas", "core"}},
    {"os", {"schemas", "core", "os"}},
    {"wire", {"schemas", "core", "os", "wire"}},
    {"store", {"schemas", "core", "os", "wire", "store"}},
    {"reconciler", {"schemas", "core", "os", "wire", "store", "reconciler"}},
    {"daemon", {"schemas", "core", "os", "wire", "store", "reconciler", "daemon"}},
    {"cli", {"schemas", "core", "os", "wire", "store", "reconciler", "cli"}},
    {"manual",
     {"schemas", "core", "os", "wire", "store", "reconciler", "daemon", "cli", "manual"}},
};

// The start of an outside include, and the folder or file that is its only home. A header that
// does two things has a home for each.
const std::multimap<std::string, std::string> kHomes = {
    {"yaml-cpp/", "core/yaml.cpp"},
    {"valijson/", "core/json_schema.cpp"},
    {"re2/", "core/"},
    {"openssl/", "core/"},
    {"zmq", "wire/bus.cpp"},
    {"boost/", "wire/control_http.cpp"},
    {"pqxx/", "store/"},
    {"libpq-fe.h", "store/"},
    {"git2", "reconciler/"},
    {"spdlog/", "daemon/"},
    {"systemd/sd-bus", "wire/system_bus"},
    {"systemd/sd-daemon", "daemon/"},
    {"systemd/sd-journal.h", "os/journal.cpp"},           // reading
    {"systemd/sd-journal.h", "daemon/journal_sink.cpp"},  // writing
    {"CLI/", "cli/"},
};

std::vector<Line> product_lines() {
    std::vector<Line> lines;
    const fs::path root = ATTUNE_SOURCE_DIR;
    for (const auto& [room, unused] : kMayInclude) {
        for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
            const auto extension = entry.path().extension();
            if (extension != ".h" && extension != ".cpp") continue;
            std::ifstream file(entry.path());
            Line line{fs::relative(entry.path(), root).string(), 0, {}};
            while (std::getline(file, line.text)) {
                ++line.number;
                lines.push_back(line);
            }
        }
    }
    return lines;
}

std::string included(const Line& line) {
    static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
    std::smatch match;
    return std::regex_search(line.text, match, kInclude) ? match[1].str() : "";
}

TEST(Architecture, RoomsIncludeOnlyRoomsBeforeThem) {
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        const auto target = included(line);
        if (target.find('/') == std::string::npos || !kMayInclude.contains(room_of(target))) {
            continue;
        }
        if (!kMayInclude.at(room_of(line.file)).contains(room_of(target))) {
            broken.push_back(where(line) + " includes " + target);
        }
    }
    EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, IncludesOfOursNameTheRoom) {
    static const std::regex kQuoted(R"re(^\s*#\s*include\s*")re");
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        if (!std::regex_search(line.text, kQuoted)) continue;
        if (!kMayInclude.contains(room_of(included(line)))) broken.push_back(where(line));
    }
    EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, EachLibraryStaysInItsHome) {
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        const auto target = included(line);
        std::string homes;
        bool at_home = false;
        for (const auto& [library, home] : kHomes) {
            if (!target.starts_with(library)) continue;
            homes += " " + home;
            at_home = at_home || line.file.starts_with(home);
        }
        if (homes.empty() || at_home) continue;
        broken.push_back(where(line) + " includes " + target + ", whose home is" + homes);
    }
    EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, OnlyOsReadsTheClock) {
    static const std::regex kReads(
        R"re(::now\(\)|clock_gettime|gettimeofday|\btime\((nullptr|NULL|0)\))re");
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        if (room_of(line.file) == "os" || !std::regex_search(line.text, kReads)) continue;
        broken.push_back(where(line) + ": " + line.text);
    }
    EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, OnlyOsStartsProcesses) {
    static const std::regex kStarts(
        R"re(\b(v?fork|clone3|exec[lv]p?e?|posix_spawnp?|popen|system)\()re");
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        if (room_of(line.file) == "os" || line.text.find("//") != std::string::npos) continue;
        if (std::regex_search(line.text, kStarts))
            broken.push_back(where(line) + ": " + line.text);
    }
    EXPECT_THAT(broken, IsEmpty());
}

TEST(Architecture, ProductCodeNeverSleeps) {
    static const std::regex kSleeps(R"re(sleep_for|sleep_until|\busleep\(|\bnanosleep\()re");
    std::vector<std::string> broken;
    for (const auto& line : product_lines()) {
        if (std::regex_search(line.text, kSleeps)) broken.push_back(where(line));
    }
    EXPECT_THAT(broken, IsEmpty());
}

}  // namespace
}  // namespace attune
