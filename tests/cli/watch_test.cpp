// What `attune watch` makes of the feed: as lines, and as the real program prints them.
#include <fcntl.h>

#include <atomic>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "cli/watch_lines.h"
#include "core/json.h"
#include "os/spawn.h"
#include "os/unique_fd.h"
#include "tests/support/temp_directory.h"
#include "wire/feed.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Noon on 2026-11-23.
constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

TopicMessage item(const std::string& topic, const std::string& subject, const Json& data) {
    const FeedItem told{topic, subject, kNoon + 250ms, compact(data)};
    return {topic, feed_envelope(told, "/attune/n1", "L-1", 1)};
}

std::string line(const std::string& topic, const std::string& subject, const Json& data) {
    return WatchLines().line(item(topic, subject, data));
}

// How an execution of `action` ended, after the subject.
std::string completed(const std::string& action, const std::string& state, const Json& result) {
    const auto text =
        line("execution.completed", action,
             {{"action", action}, {"rule", "ops.r"}, {"state", state}, {"result", result}});
    return text.substr(text.find(state));
}

TEST(WatchLines, TellTimeTopicSubjectAndWhatMattersInColumns) {
    WatchLines lines;
    EXPECT_EQ(lines.line(item("event.created", "ops.tick",
                              {{"id", 7},
                               {"sensor", "ops.tick"},
                               {"origin", "timer"},
                               {"scheduled_at", "2026-11-23T12:00:00Z"},
                               {"payload", {{"occurrence", 3}}}})),
              "2026-11-23 12:00:00.250  event.created        ops.tick          timer       "
              "scheduled 2026-11-23 12:00:00.000");
    EXPECT_EQ(lines.line(item("enforcement.created", "ops.greet",
                              {{"sensor", "ops.tick"}, {"state", "processed"}})),
              "2026-11-23 12:00:00.250  enforcement.created  ops.greet         processed   "
              "of ops.tick");
    EXPECT_EQ(lines.line(item("execution.requested", "core.echo",
                              {{"rule", "ops.greet"}, {"attempt", 1}, {"params", {{"a", 1}}}})),
              "2026-11-23 12:00:00.250  execution.requested  core.echo         requested   "
              "by ops.greet");
    EXPECT_EQ(lines.line(item("execution.completed", "core.echo",
                              {{"state", "succeeded"}, {"result", {{"message", "hello"}}}})),
              "2026-11-23 12:00:00.250  execution.completed  core.echo         succeeded   "
              "hello");
    EXPECT_EQ(lines.line(item("catalog.changed", "12", {{"generation", 12}})),
              "2026-11-23 12:00:00.250  catalog.changed      12                applied     "
              "generation 12");
}

TEST(WatchLines, TheColumnOfSubjectsGrowsWithTheWidestSoFar) {
    WatchLines lines;
    const Json data = {{"state", "processed"}, {"sensor", "ops.s"}};
    lines.line(item("enforcement.created", "ops.a_rule_with_a_long_name", data));
    EXPECT_THAT(lines.line(item("enforcement.created", "ops.b", data)),
                HasSubstr("  ops.b                        processed"));
    lines.line(item("enforcement.created", "ops." + std::string(63, 'x'), data));
    EXPECT_THAT(lines.line(item("enforcement.created", "ops.b", data)),
                HasSubstr("  ops.b" + std::string(35, ' ') + "  processed"));
}

TEST(WatchLines, AnEventFromOutsideShowsWhatItBrought) {
    EXPECT_THAT(
        line("event.created", "ops.deploys",
             {{"origin", "manual"},
              {"scheduled_at", "2026-11-23T12:00:00Z"},
              {"payload", {{"service", "web"}}}}),
        EndsWith(R"(manual      scheduled 2026-11-23 12:00:00.000  {"service":"web"})"));
}

TEST(WatchLines, AnEnforcementThatWentWrongSaysWhy) {
    EXPECT_THAT(
        line("enforcement.created", "ops.greet",
             {{"sensor", "ops.tick"}, {"state", "errored"}, {"reason", "no such field"}}),
        EndsWith("errored     of ops.tick: no such field"));
}

TEST(WatchLines, AnExecutionSaysWhoAskedAndForTheHowManiethTime) {
    EXPECT_THAT(line("execution.requested", "core.echo", {{"attempt", 1}}),
                EndsWith("requested   by hand"));
    EXPECT_THAT(line("execution.started", "ops.sweep", {{"rule", "ops.r"}, {"attempt", 2}}),
                EndsWith("started     by ops.r, attempt 2"));
}

TEST(WatchLines, AResultIsToldInAFewWords) {
    EXPECT_EQ(completed("ops.a", "succeeded",
                        {{"exit_code", 0}, {"stdout", "one\ntwo\n"}, {"stderr", "noise"}}),
              "succeeded   two");
    EXPECT_EQ(completed("ops.a", "succeeded", {{"exit_code", 0}, {"stdout", ""}}),
              "succeeded   exit code 0");
    EXPECT_EQ(completed("ops.a", "succeeded", {{"exit_code", 0}, {"data", {{"removed", 3}}}}),
              R"(succeeded   {"removed":3})");
    EXPECT_EQ(completed("core.sleep", "succeeded", {{"seconds", 2.5}}),
              R"(succeeded   {"seconds":2.5})");
    EXPECT_EQ(completed("ops.a", "failed",
                        {{"exit_code", 3}, {"stdout", "x"}, {"stderr", "a\ndisk full\n\n"}}),
              "failed      exit code 3: disk full");
    EXPECT_EQ(completed("core.noop", "failed", {{"exit_code", 4}, {"message", "no"}}),
              "failed      exit code 4: no");
    EXPECT_EQ(completed("ops.a", "failed", {{"signal", "SIGKILL"}, {"stderr", ""}}),
              "failed      SIGKILL");
    EXPECT_EQ(completed("ops.a", "timed_out",
                        {{"error", "it ran longer than its timeout of 2s"}, {"exit_code", 1}}),
              "timed_out   it ran longer than its timeout of 2s");
    EXPECT_EQ(completed("ops.a", "abandoned", nullptr), "abandoned");
}

TEST(WatchLines, NothingThatIsQuotedMovesTheCursorOrFloodsTheScreen) {
    const auto text = completed("core.echo", "succeeded",
                                {{"message", "a\033[2Jb\nc\r" + std::string(500, 'x')}});
    EXPECT_THAT(text, StartsWith("succeeded   a [2Jb c x"));
    EXPECT_THAT(text, EndsWith("xxx..."));
    EXPECT_EQ(text.size(), 112U);
    EXPECT_THAT(line("event.created", "ops\033]0;x\a", Json::object()), Not(HasSubstr("\033")));
}

TEST(WatchLines, WhatIsUnknownIsShownAsItIs) {
    EXPECT_THAT(line("node.joined", "n2", {{"pid", 7}}),
                EndsWith(R"(node.joined          n2                            {"pid":7})"));
    EXPECT_EQ(WatchLines().line({"event.created", "[oops"}), "event.created  (unreadable)");
    EXPECT_THAT(WatchLines().line({"event.created", "{}"}), HasSubstr("event.created"));
    EXPECT_THAT(WatchLines().line({"event.created", R"({"data": [1], "subject": 7})"}),
                HasSubstr("event.created"));
}

// A feed as the daemon serves it, and the program that listens to it.
class WatchProgram : public testing::Test {
protected:
    // What `attune watch --count 1 WORDS` prints of `told`.
    std::string watched(const std::vector<std::string>& words, const FeedItem& told) {
        const UniqueFd out(::open((directory / "out").c_str(),
                                  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        SpawnOptions options;
        options.argv = {ATTUNE_ATTUNE_PATH,        "watch", "--count", "1", "--socket",
                        directory / "control.sock"};
        options.argv.insert(options.argv.end(), words.begin(), words.end());
        options.env = {"PATH=/usr/bin:/bin"};
        options.stdout_fd = out.get();
        auto child = spawn(options);
        while (!listened && !child.has_ended()) publisher.step(10ms);
        outbox.send(encode(told));
        publisher.step(0s);
        EXPECT_TRUE(child.wait_for(30s));
        std::stringstream text;
        text << std::ifstream(directory / "out").rdbuf();
        return text.str();
    }

    TempDirectory directory;
    Bus bus;
    std::atomic<bool> listened{false};
    FeedPublisher publisher{bus,
                            {.socket_path = directory / "feed.sock",
                             .group = {},
                             .source = "/attune/n1",
                             .life = "L"},
                            listened};
    Outbox outbox{bus, {"feed"}};
    const FeedItem echoed{"execution.completed", "core.echo", kNoon,
                          R"({"state":"succeeded","result":{"message":"line\n\u001b[2J"}})"};
};

TEST_F(WatchProgram, PrintsALineForPeople) {
    EXPECT_EQ(watched({"execution.*"}, echoed),
              "2026-11-23 12:00:00.000  execution.completed  core.echo         succeeded   "
              "line  [2J\n");
}

TEST_F(WatchProgram, PrintsWholeItemsForPrograms) {
    EXPECT_EQ(watched({"-o", "json"}, echoed),
              feed_envelope(echoed, "/attune/n1", "L-1", 1) + "\n");
}

}  // namespace
}  // namespace attune
