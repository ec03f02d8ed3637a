#include "daemon/log.h"

#include <sstream>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

namespace attune {
namespace {

using testing::MatchesRegex;

class LogTest : public testing::Test {
protected:
    std::shared_ptr<Log> log(const std::string& level, LogStyle style) {
        return make_log(level, style,
                        std::make_shared<spdlog::sinks::ostream_sink_mt>(written));
    }

    std::ostringstream written;
};

TEST_F(LogTest, ForTheJournalALineBeginsWithItsPriority) {
    const auto journal = log("debug", LogStyle::kJournal);
    journal->debug("timer ops.tick fires");
    journal->info("Started {} timer sensors", 3);
    journal->warn("the database is away");
    journal->error("a sensor is faulted");
    EXPECT_EQ(written.str(),
              "<7>timer ops.tick fires\n<6>Started 3 timer sensors\n"
              "<4>the database is away\n<3>a sensor is faulted\n");
}

TEST_F(LogTest, OnATerminalALineBeginsWithTimeAndLevel) {
    log("info", LogStyle::kTerminal)->warn("the database is away");
    EXPECT_THAT(written.str(),
                MatchesRegex("[0-9:]{8}\\.[0-9]{3} warn  the database is away\n"));
}

TEST_F(LogTest, LinesBelowItsLevelAreNotWritten) {
    const auto quiet = log("warn", LogStyle::kJournal);
    quiet->debug("no");
    quiet->info("no");
    quiet->warn("yes");
    EXPECT_EQ(written.str(), "<4>yes\n");
}

TEST_F(LogTest, NobodyForgesALine) {
    log("info", LogStyle::kJournal)
        ->warn("said \"{}\"", "x\n<0>panic\r\x1b[2J\tend\x7f\xc3\xa4");
    EXPECT_EQ(written.str(), "<4>said \"x\n<4>  <0>panic\\x0d\\x1b[2J\tend\\x7f\xc3\xa4\"\n");
}

TEST_F(LogTest, OnATerminalFurtherLinesAreIndented) {
    log("info", LogStyle::kTerminal)->info("a\nb");
    EXPECT_THAT(written.str(), MatchesRegex("[0-9:.]{12} info  a\n  b\n"));
}

}  // namespace
}  // namespace attune
