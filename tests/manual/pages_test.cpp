// The manual pages as they are installed. What the frames are filled with comes from the
// programs' own tables; here is held to the truth what their authors wrote between.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "cli/command.h"
#include "core/codes.h"
#include "core/comparison.h"
#include "core/context.h"
#include "core/lifecycle.h"
#include "core/yaml.h"
#include "daemon/command_line.h"
#include "daemon/exit_codes.h"
#include "daemon/runner/command_line.h"
#include "tests/support/shell.h"
#include "tests/support/temp_directory.h"
#include "tests/support/trees.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

using Words = std::set<std::string>;

const std::vector<std::string> kPages = {"attune.1",          "attuned.yaml.5",
                                         "attune-manifest.5", "attune-events.7",
                                         "attune-runner.8",   "attuned.8"};

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string page(const std::string& name) {
    auto text = text_of(fs::path(ATTUNE_FILLED_DIR) / name);
    EXPECT_FALSE(text.empty()) << name;
    return text;
}

// As its author wrote it, without what it is filled with.
std::string frame(const std::string& name) {
    return text_of(fs::path(ATTUNE_SOURCE_DIR) / "manual/pages" / name);
}

// What is typed stands with escapes in a page.
std::string plain(std::string text) {
    for (const auto& [escape, letter] : {std::pair{"\\-", "-"},
                                         {"\\(aq", "'"},
                                         {"\\(dq", "\""},
                                         {"\\(ga", "`"},
                                         {"\\(ti", "~"},
                                         {"\\(ha", "^"},
                                         {"\\&", ""},
                                         {"\\e", "\\"}}) {
        for (std::size_t at; (at = text.find(escape)) != std::string::npos;) {
            text.replace(at, std::string_view(escape).size(), letter);
        }
    }
    return text;
}

// The first group of each match.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::vector<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
        found.push_back((*at)[1]);
    }
    return found;
}

// The arguments of a macro, "Cm", in the list entries between two headings.
Words listed(const std::string& text, const std::string& from, const std::string& macro) {
    const auto begin = text.find(from);
    EXPECT_NE(begin, std::string::npos) << from;
    const auto end = text.find("\n.S", begin + from.size());
    Words words;
    for (const auto& line :
         all_matches(text.substr(begin, end - begin), "\n\\.It (" + macro + " [^\n]*)")) {
        std::istringstream all(line);
        for (std::string word; all >> word;) {
            if (word != macro && word != ",") words.insert(word);
        }
    }
    return words;
}

// Literal blocks: the lines of each.
std::vector<std::string> blocks(const std::string& text) {
    return all_matches(text, "\\.Bd -literal -offset indent\n([^]*?)\\.Ed\n");
}

TEST(ManualPages, HaveNothingThatMandocWarnsOf) {
    for (const auto& name : kPages) {
        const auto ran = shell("mandoc -T lint -W warning " ATTUNE_FILLED_DIR "/" + name, "");
        EXPECT_EQ(ran.exit, 0) << ran.output;
    }
}

TEST(ManualPages, ThereIsOneForEachFrame) {
    std::vector<std::string> frames;
    for (const auto& entry :
         fs::directory_iterator(fs::path(ATTUNE_SOURCE_DIR) / "manual/pages")) {
        frames.push_back(entry.path().filename());
    }
    EXPECT_THAT(frames, UnorderedElementsAreArray(kPages));
}

TEST(ManualPages, TellEveryCommandOptionAndExitCode) {
    const auto text = plain(page("attune.1"));
    for (const auto& command : commands()) {
        EXPECT_THAT(text, HasSubstr(".Ss " + command.words + "\n"));
        for (const auto& option : command.options) {
            const auto word = option.name.substr(option.name.rfind('-') + 1);
            EXPECT_THAT(text, HasSubstr(word)) << command.words;
        }
    }
    for (const auto* program : {&daemon_program(), &runner_program()}) {
        for (const auto& option : all_options(*program)) {
            EXPECT_THAT(plain(page(std::string(program->name) + ".8")),
                        HasSubstr(std::string(".It Fl -") + option.name));
        }
    }
    for (const auto& exit : kExitMeanings) {
        EXPECT_THAT(text, HasSubstr(".It " + std::to_string(exit.code) + "\n"));
    }
    for (const auto& exit : exit_code::kMeanings) {
        EXPECT_THAT(page("attuned.8"), HasSubstr(".It " + std::to_string(exit.code) + "\n"));
    }
    for (const auto& code : codes()) {
        EXPECT_THAT(page("attune-manifest.5"), HasSubstr(".It Li " + code.code + "\n"));
    }
}

TEST(ManualPages, NameOnlyOptionsThatThereAre) {
    Words known = {"-help", "-version"};
    for (const auto& command : commands()) {
        for (const auto& option : command.options) {
            for (const auto& name : all_matches("," + option.name, ",-([a-z-]+)")) {
                known.insert(name);
            }
        }
    }
    for (const auto* program : {&daemon_program(), &runner_program()}) {
        for (const auto& option : all_options(*program)) {
            known.insert(std::string("-") + option.name);
        }
    }
    for (const auto& name : kPages) {
        for (const auto& option : all_matches(frame(name), "\\bFl ([a-z-]+)")) {
            EXPECT_TRUE(known.contains(option)) << name << ": -" << option;
        }
    }
}

TEST(ManualPages, ReferToPagesThatThereAre) {
    Words known = {"systemd 1", "systemd.exec 5", "journalctl 1"};
    for (const auto& name : kPages) {
        known.insert(name.substr(0, name.size() - 2) + " " + name.back());
    }
    for (const auto& name : kPages) {
        for (const auto& other : all_matches(page(name), "\\.Xr ([^ ]+ [1-8])")) {
            EXPECT_TRUE(known.contains(other)) << name << ": " << other;
        }
        for (const auto& doc :
             all_matches(page(name), "/usr/share/doc/attune/([a-z-]+\\.md)")) {
            EXPECT_TRUE(fs::exists(fs::path(ATTUNE_SOURCE_DIR) / "docs" / doc)) << doc;
        }
    }
}

TEST(ManualPages, NameTheVariablesThatTheCommandReads) {
    Words read;
    const fs::path cli = fs::path(ATTUNE_SOURCE_DIR) / "cli";
    for (const auto& entry : fs::recursive_directory_iterator(cli)) {
        if (!entry.is_regular_file()) continue;
        for (const auto& name :
             all_matches(text_of(entry.path()), "environment\\(\"([A-Z_]+)")) {
            read.insert(name);
        }
    }
    EXPECT_EQ(listed(frame("attune.1"), ".Sh ENVIRONMENT", "Ev"), read);
}

TEST(ManualPages, NameTheVariablesThatActionsSee) {
    Words set = {"PATH", "HOME", "LANG"};
    const auto source = text_of(fs::path(ATTUNE_SOURCE_DIR) / "daemon/runner/environment.cpp");
    for (const auto& name : all_matches(source, "entries\\[\"(ATTUNE_[A-Z_]+)\"\\]")) {
        set.insert(name);
    }
    EXPECT_EQ(listed(frame("attune-manifest.5"), ".Sh PROCESSES", "Ev"), set);
}

TEST(ManualPages, NameTheOperatorsPathsAndStates) {
    const auto manifest = frame("attune-manifest.5");
    Words operators;
    for (const auto name : operator_names()) operators.emplace(name);
    EXPECT_EQ(listed(manifest, ".Ss Operators", "Cm"), operators);
    Words paths;
    for (const auto& path : context_paths()) paths.insert(path);
    EXPECT_EQ(listed(manifest, ".Ss Paths", "Va"), paths);

    const auto events = frame("attune-events.7");
    Words states;
    for (const auto state : kEnforcementStates) states.emplace(to_string(state));
    EXPECT_EQ(listed(events, ".Ss Enforcements", "Cm"), states);
    states.clear();
    for (const auto state : kExecutionStates) states.emplace(to_string(state));
    EXPECT_EQ(listed(events, ".Ss Executions", "Cm"), states);
}

TEST(ManualPages, QuoteOnlyManifestsThatAreValid) {
    int quoted = 0;
    for (const auto& block : blocks(plain(page("attune-manifest.5")))) {
        if (!block.starts_with("apiVersion:")) continue;
        const Tree tree({{"packs/ops/quoted.yaml", block},
                         {"packs/ops/pack.yaml",
                          "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n"}});
        EXPECT_EQ(describe(tree.check().diagnostics), "");
        ++quoted;
    }
    EXPECT_EQ(quoted, 1);
}

TEST(ManualPages, QuoteSettingsThatTheDaemonTakes) {
    int quoted = 0;
    for (const auto& block : blocks(plain(page("attuned.yaml.5")))) {
        if (!block.starts_with("node:")) continue;
        const TempDirectory directory;
        ConfigRequest request;
        request.file = directory.write("attuned.yaml", block);
        EXPECT_EQ(load_config(request).text, "");
        ++quoted;
    }
    EXPECT_EQ(quoted, 1);
}

// Whether a line succeeds as it stands: nobody needs to be there.
bool is_offline(const std::string& line) {
    static const std::regex kOffline(
        "attune (validate|parse|next|schema|explain) .*|attuned .*--check");
    return std::regex_match(line, kOffline) && line.find("--running") == std::string::npos;
}

TEST(ManualPages, HaveExamplesThatCanBeTyped) {
    const std::string programs = fs::path(ATTUNE_ATTUNE_PATH).parent_path().string() + ":" +
                                 fs::path(ATTUNE_ATTUNED_PATH).parent_path().string();
    int run = 0;
    int succeeded = 0;
    for (const auto& name : kPages) {
        for (const auto& line : all_matches(plain(page(name)), "\n\\$ (attuned? [^\n]*)")) {
            // A daemon would stay, and what is redirected is the reader's own.
            if (line.starts_with("attuned ") && !is_offline(line)) continue;
            const auto typed = line.substr(0, line.find_first_of("<>")) + " < /dev/null";
            const auto ran = shell(typed, programs);
            EXPECT_NE(ran.exit, kExitUsage) << name << ": " << line << "\n" << ran.output;
            ++run;
            if (!is_offline(line) || line.find_first_of("<>") != std::string::npos) continue;
            EXPECT_EQ(ran.exit, kExitOk) << name << ": " << line << "\n" << ran.output;
            ++succeeded;
        }
    }
    EXPECT_GT(run, 35);
    EXPECT_GT(succeeded, 12);
}

}  // namespace
}  // namespace attune
