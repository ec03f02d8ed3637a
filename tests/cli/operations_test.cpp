// docs/operations.md has a runbook for everything that may alert, and quotes only what there
// is.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "cli/doctor/check.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string text_of(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(std::string(ATTUNE_SOURCE_DIR) + "/" + path).rdbuf();
    return text.str();
}

using Found = std::vector<std::smatch>;

// Every match, each with its groups.
std::vector<std::vector<std::string>> matches(const std::string& text,
                                              const std::string& what) {
    const std::regex regex(what);
    std::vector<std::vector<std::string>> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
        found.emplace_back(at->begin(), at->end());
    }
    return found;
}

// A section of the third level, from its heading to the next.
std::map<std::string, std::string> runbooks(const std::string& page) {
    std::map<std::string, std::string> sections;
    for (auto at = page.find("\n### "); at != std::string::npos;) {
        const auto line = page.find('\n', at + 1);
        const auto end = page.find("\n##", line);
        sections[page.substr(at + 5, line - at - 5)] = page.substr(line, end - line);
        at = page.find("\n### ", line);
    }
    return sections;
}

const std::string kPage = text_of("docs/operations.md");

TEST(Operations, EveryMessageOfTheCatalogHasARunbookAndNoOtherHas) {
    const auto sections = runbooks(kPage);
    const auto catalog = matches(text_of("packaging/systemd/attune.catalog"),
                                 "-- ([0-9a-f]{32})\nSubject: ([^\n]+)");
    EXPECT_GE(catalog.size(), 14U);
    EXPECT_EQ(sections.size(), catalog.size());
    for (const auto& message : catalog) {
        ASSERT_TRUE(sections.contains(message[2])) << message[2];
        EXPECT_THAT(sections.at(message[2]), HasSubstr("`MESSAGE_ID=" + message[1] + "`"));
    }
}

TEST(Operations, ARunbookSaysWhatItMeansHowToLookWhatToDoAndHowToVerify) {
    for (const auto& [subject, section] : runbooks(kPage)) {
        for (const auto* part :
             {"- **Means**: ", "- **Look**: ", "- **Do**: ", "- **Verify**: "}) {
            EXPECT_THAT(section, HasSubstr(part)) << subject;
        }
    }
}

TEST(Operations, IdsThatAreQuotedAreThoseOfTheCatalog) {
    const auto catalog = text_of("packaging/systemd/attune.catalog");
    for (const auto& id : matches(kPage, "MESSAGE_ID=([0-9a-f]+)")) {
        EXPECT_THAT(catalog, HasSubstr("-- " + id[1] + "\n"));
    }
}

TEST(Operations, ListsTheDaemonsExitCodes) {
    std::set<std::string> listed;
    std::set<std::string> known;
    for (const auto& row : matches(kPage, "\n\\| ([0-9]+) \\|")) listed.insert(row[1]);
    for (const auto& code : matches(text_of("daemon/exit_codes.h"), " = ([0-9]+);")) {
        known.insert(code[1]);
    }
    EXPECT_EQ(listed, known);
}

TEST(Operations, ReasonsOfAStatusAreThoseTheDaemonGives) {
    const auto health = text_of("daemon/health.cpp") + text_of("daemon/service.cpp");
    for (const auto* reason : {"no answer of the database since ", "the loop ", " hangs",
                               "timers wait for a plausible clock", "source "}) {
        EXPECT_THAT(health, HasSubstr(reason));
        EXPECT_THAT(kPage, HasSubstr(reason));
    }
}

TEST(Operations, NamesOnlyChecksOfTheDoctorThatThereAre) {
    std::set<std::string> ids;
    std::set<std::string> groups;
    for (const auto& check : doctor::checks()) {
        ids.insert(check.id);
        groups.insert(check.id.substr(0, check.id.find('.')));
    }
    int seen = 0;
    for (const auto& word : matches(kPage, "`([a-z]+)\\.([a-z]+)`")) {
        if (!groups.contains(word[1]) || word[1] == "database") continue;  // settings, too
        if (word[0] == "`control.md`") continue;
        EXPECT_TRUE(ids.contains(word[1] + "." + word[2])) << word[0];
        ++seen;
    }
    EXPECT_GT(seen, 5);
}

TEST(Operations, NamesOnlyUnitsAndFlagsThatThereAre) {
    const std::string folder = std::string(ATTUNE_SOURCE_DIR) + "/packaging/systemd/";
    for (const auto& unit :
         matches(kPage, "(?:journalctl -u|systemctl [a-z-]+) ([a-z-]*attun[a-z.-]+)")) {
        const auto name =
            unit[1].find('.') == std::string::npos ? unit[1] + ".service" : unit[1];
        EXPECT_TRUE(std::filesystem::exists(folder + name)) << unit[0];
    }
    const auto options = text_of("daemon/command_line.cpp");
    for (const auto& flag : matches(kPage, "attuned --([a-z]+)")) {
        EXPECT_THAT(options, HasSubstr("ProgramOption{\"" + flag[1] + "\""));
    }
}

TEST(Operations, LinksLeadToSectionsThatThereAre) {
    std::set<std::string> anchors;
    for (const auto& heading : matches("\n" + kPage, "\n#+ ([^\n]+)")) {
        std::string anchor;
        for (const char c : heading[1]) {
            if (c == ' ') anchor += '-';
            if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
                anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            }
        }
        anchors.insert(anchor);
    }
    std::vector<std::string> broken;
    for (const auto& link : matches(kPage, "\\]\\(#([^)]+)\\)")) {
        if (!anchors.contains(link[1])) broken.push_back(link[1]);
    }
    EXPECT_THAT(broken, IsEmpty());
    for (const auto& link : matches(kPage, "\\]\\(([a-z-]+\\.md)")) {
        EXPECT_TRUE(
            std::filesystem::exists(std::string(ATTUNE_SOURCE_DIR) + "/docs/" + link[1]));
    }
}

}  // namespace
}  // namespace attune
