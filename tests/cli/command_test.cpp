#include "cli/command.h"

#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "cli/arguments.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
    int exit = 0;
    std::string out;
    std::string err;
};

Ran attune(std::vector<const char*> words) {
    words.insert(words.begin(), "attune");
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{in, out, err};
    const int exit = run_command_line(static_cast<int>(words.size()), words.data(), terminal);
    return {exit, out.str(), err.str()};
}

TEST(Commands, EachHasASummaryAndExamplesOfItself) {
    std::set<std::string> seen;
    for (const auto& command : commands()) {
        EXPECT_TRUE(seen.insert(command.words).second) << command.words;
        EXPECT_FALSE(command.summary.empty()) << command.words;
        EXPECT_FALSE(command.examples.empty()) << command.words;
        for (const auto& example : command.examples) {
            EXPECT_THAT(example, HasSubstr("attune " + command.words));
        }
    }
}

TEST(Commands, HelpOfEachShowsAnExample) {
    for (const auto& command : commands()) {
        std::istringstream words(command.words);
        std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
        std::vector<const char*> argv;
        for (const auto& word : all) argv.push_back(word.c_str());
        argv.push_back("--help");
        const auto ran = attune(argv);
        EXPECT_EQ(ran.exit, kExitOk) << command.words;
        EXPECT_THAT(ran.out, HasSubstr(command.examples.front()));
    }
}

TEST(Commands, WhatIsNoCommandIsAUsageErrorWithARemedy) {
    for (const auto& words : std::vector<std::vector<const char*>>{{},
                                                                   {"frobnicate"},
                                                                   {"status", "--nope"},
                                                                   {"get"},
                                                                   {"events", "--limit", "x"},
                                                                   {"status", "-o", "xml"},
                                                                   {"audit"}}) {
        const auto ran = attune(words);
        EXPECT_EQ(ran.exit, kExitUsage) << ran.err;
        EXPECT_THAT(ran.err, StartsWith("error: "));
        EXPECT_THAT(ran.err, HasSubstr("--help"));
    }
}

TEST(Commands, TheVersionIsTold) {
    const auto ran = attune({"--version"});
    EXPECT_EQ(ran.exit, kExitOk);
    EXPECT_THAT(ran.out, StartsWith("attune "));
}

TEST(Commands, WithoutADaemonTheyExitWith5AndSayWhatToDo) {
    for (const auto& words : std::vector<std::vector<const char*>>{{"status"},
                                                                   {"get", "sensors"},
                                                                   {"events"},
                                                                   {"trace", "1"},
                                                                   {"watch"},
                                                                   {"plan"},
                                                                   {"fire", "a.b"},
                                                                   {"run", "core.echo"},
                                                                   {"cancel", "1"},
                                                                   {"audit", "ledger"}}) {
        auto all = words;
        all.insert(all.end(), {"--socket", "/nowhere/control.sock"});
        const auto ran = attune(all);
        EXPECT_EQ(ran.exit, kExitUnreachable) << words[0] << ": " << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("/nowhere/"));
        EXPECT_THAT(ran.err, HasSubstr("= help: "));
    }
}

TEST(Commands, APayloadThatIsNoJsonIsRefusedBeforeAnybodyIsAsked) {
    const auto ran = attune({"fire", "a.b", "--payload", "{oops", "--socket", "/nowhere/c"});
    EXPECT_EQ(ran.exit, kExitFailed);
    EXPECT_THAT(ran.err, HasSubstr("--payload"));
}

}  // namespace
}  // namespace attune
