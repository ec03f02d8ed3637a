// What reaches the journal, and that every MESSAGE_ID is explained.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "daemon/journal_sink.h"
#include "daemon/log.h"
#include "daemon/message_ids.h"
#include "os/pipe.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> entry(spdlog::level::level_enum level, const std::string& text) {
    return journal_entry(spdlog::details::log_msg("attune-runner", level, text),
                         LogFields::current());
}

std::string file(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(std::string(ATTUNE_SOURCE_DIR) + "/" + path).rdbuf();
    return text.str();
}

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end;
         ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

TEST(Journal, ALineHasItsPriority) {
    EXPECT_THAT(entry(spdlog::level::warn, "the database is away"),
                ElementsAre("PRIORITY=4", "SYSLOG_IDENTIFIER=attune-runner",
                            "MESSAGE=the database is away"));
    EXPECT_EQ(entry(spdlog::level::debug, "")[0], "PRIORITY=7");
    EXPECT_EQ(entry(spdlog::level::critical, "")[0], "PRIORITY=2");
}

TEST(Journal, ALineKeepsItsLinesAndLosesControlCharacters) {
    EXPECT_EQ(entry(spdlog::level::info, "a\n<0>b\t\x1b[2J\xc3\xa4")[2],
              "MESSAGE=a\n<0>b\t\\x1b[2J\xc3\xa4");
}

TEST(Journal, FieldsInScopeGoWithTheLine) {
    const LogFields about(message_id::kSensorFaulted,
                          {{"ATTUNE_SENSOR", "ops.tick"}, {"ATTUNE_RULE", ""}});
    EXPECT_THAT(
        entry(spdlog::level::err, "it is faulted"),
        ElementsAre("PRIORITY=3", "SYSLOG_IDENTIFIER=attune-runner", "MESSAGE=it is faulted",
                    "MESSAGE_ID=2f3a7fe38fe54349877137fcd4ae53bb", "ATTUNE_SENSOR=ops.tick"));
}

TEST(Journal, InnerFieldsReplaceOuterOnesUntilTheyGo) {
    const LogFields outer(message_id::kStarted, {});
    {
        const LogFields inner(message_id::kStopped, {});
        EXPECT_EQ(LogFields::current(), &inner);
    }
    EXPECT_EQ(LogFields::current(), &outer);
}

TEST(Journal, OnlyTheStreamThatSystemdNamesLeadsThere) {
    const auto pipe = make_pipe();
    struct stat about {};
    ASSERT_EQ(::fstat(pipe.write.get(), &about), 0);
    const auto name = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
    EXPECT_TRUE(is_journal(name.c_str(), pipe.write.get()));
    EXPECT_FALSE(is_journal((name + "1").c_str(), pipe.write.get()));
    EXPECT_FALSE(is_journal(nullptr, pipe.write.get()));
    EXPECT_FALSE(is_journal(name.c_str(), -1));
}

TEST(Journal, EveryMessageIdIsExplainedInTheCatalogAndNoOther) {
    const auto ids = matches(file("daemon/message_ids.h"), "\"([0-9a-f]{32})\"");
    const auto explained =
        matches(file("packaging/systemd/attune.catalog"), "-- ([0-9a-f]{32})\nSubject: ");
    EXPECT_GT(ids.size(), 10U);
    EXPECT_EQ(ids, explained);
}

TEST(Journal, TheCatalogSpeaksOfFieldsThatAreDocumented) {
    const auto spoken = matches(file("packaging/systemd/attune.catalog"), "@(ATTUNE_[A-Z]+)@");
    const auto documented = matches(file("docs/configuration.md"), "`(ATTUNE_[A-Z]+)`");
    std::vector<std::string> missing;
    std::set_difference(spoken.begin(), spoken.end(), documented.begin(), documented.end(),
                        std::back_inserter(missing));
    EXPECT_THAT(missing, IsEmpty());
}

}  // namespace
}  // namespace attune
