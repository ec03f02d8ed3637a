// docs/checking.md as its readers use it: the hook, the entry for pre-commit and the workflow,
// on a scratch repository; and that what they hand to other programs is what those read.
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "core/yaml.h"
#include "os/spawn.h"
#include "tests/support/report_formats.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Ran {
    int exit = 0;
    std::string output;  // both streams
};

Ran shell(const std::string& script, const std::string& directory,
          const std::string& home = "/nowhere") {
    SpawnOptions options;
    options.argv = {"/bin/sh", "-ec", script};
    options.directory = directory;
    options.env = {"PATH=" + home + "/bin:/usr/bin:/bin", "HOME=" + home,
                   "GIT_CONFIG_NOSYSTEM=1"};
    Ran ran;
    ran.exit = run_to_end(std::move(options), &ran.output, 60s).code;
    return ran;
}

std::string text_of(const std::string& file) {
    std::ifstream stream(std::string(ATTUNE_SOURCE_DIR "/") + file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

// The fenced block of docs/checking.md in which `line` stands.
std::string documented(const std::string& line) {
    const auto page = text_of("docs/checking.md");
    const auto at = page.find(line);
    if (at == std::string::npos) return {};
    const auto begin = page.find('\n', page.rfind("```", at)) + 1;
    return page.substr(begin, page.find("```", at) - begin);
}

Json read_yaml(const std::string& text) {
    return to_json(parse_yaml(text, "").documents.at(0));
}

// A git repository that is a source with one valid sensor, committed.
class Repository {
public:
    Repository() {
        root_.write("bin/.keep", "");
        std::filesystem::create_symlink(ATTUNE_ATTUNE_PATH, root_ / "bin/attune");
        root_.write("work/attune.yaml",
                    "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\nspec: {}\n");
        root_.write("work/packs/ops/pack.yaml",
                    "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\nspec: {}\n");
        write_sensor("interval: 10");
        EXPECT_EQ(run("git init -q && git config user.name t && git config user.email t@t && "
                      "git add . && git commit -q -m first")
                      .exit,
                  0);
    }

    Ran run(const std::string& script) const {
        return shell(script, root_ / "work", root_.path().string());
    }

    void write(const std::string& file, const std::string& text) const {
        root_.write("work/" + file, text);
    }

    void write_hook(const std::string& text) const {
        root_.write_script("work/.git/hooks/pre-commit", text);
    }

    void write_sensor(const std::string& interval) const {
        write("packs/ops/sensors/tick.yaml",
              "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.tick}\nspec:\n"
              "  trigger: core.intervaltimer\n  config: {unit: minutes, " +
                  interval + "}\n");
    }

    int commits() const { return std::stoi(run("git rev-list --count HEAD").output); }

    std::string file(const std::string& name) const { return root_ / ("work/" + name); }

private:
    TempDirectory root_;
};

void expect_refused(const Ran& ran) {
    EXPECT_NE(ran.exit, 0);
    EXPECT_THAT(ran.output, AllOf(HasSubstr("ATT2004"), HasSubstr("did you mean `interval`?"),
                                  HasSubstr("packs/ops/sensors/tick.yaml:6:")));
}

// What the framework does with an entry of .pre-commit-hooks.yaml under these settings: it runs
// the entry and the user's args in the root of the repository.
std::string as_pre_commit_runs(const Json& hook, const std::string& args) {
    EXPECT_EQ(hook.at("language"), "system");
    EXPECT_EQ(hook.at("pass_filenames"), false);
    EXPECT_EQ(hook.at("always_run"), true);
    return "#!/bin/sh\nexec " + hook.at("entry").get<std::string>() + " " + args + "\n";
}

TEST(Checking, TheHookRefusesABadCommitAndLetsAGoodOnePass) {
    const Repository repository;
    repository.write_hook(documented("# .git/hooks/pre-commit"));
    repository.write_sensor("intervall: 5");
    expect_refused(repository.run("git add . && git commit -m bad"));
    expect_refused(repository.run("git commit -a -m bad"));
    EXPECT_EQ(repository.commits(), 1);

    repository.write_sensor("interval: 5");
    const auto good = repository.run("git commit -a -m good");
    EXPECT_EQ(good.exit, 0) << good.output;
    EXPECT_EQ(repository.commits(), 2);
}

TEST(Checking, TheHookJudgesWhatIsStagedAndNotTheWorkTree) {
    const Repository repository;
    repository.write_hook(documented("# .git/hooks/pre-commit"));
    repository.write_sensor("interval: 5");
    EXPECT_EQ(repository.run("git add .").exit, 0);
    repository.write_sensor("intervall: 5");
    const auto good = repository.run("git commit -m good");
    EXPECT_EQ(good.exit, 0) << good.output;
    EXPECT_EQ(repository.run("git add .").exit, 0);
    repository.write_sensor("interval: 5");
    expect_refused(repository.run("git commit -m bad"));
}

TEST(Checking, ThePublishedHookOfPreCommitDoesTheSame) {
    const auto hooks = read_yaml(text_of(".pre-commit-hooks.yaml"));
    const auto user = read_yaml(documented(".pre-commit-config.yaml"));
    const auto& entry = user.at("repos")[0].at("hooks")[0];
    ASSERT_EQ(hooks.size(), 1U);
    EXPECT_EQ(entry.at("id"), hooks[0].at("id"));
    EXPECT_THAT(entry.at("args").get<std::vector<std::string>>(), ElementsAre("config"));

    const Repository repository;
    repository.write_hook(as_pre_commit_runs(hooks[0], ""));
    repository.write_sensor("intervall: 5");
    // With -a git holds its lock while the hook runs.
    expect_refused(repository.run("git commit -a -m bad"));
    repository.write_sensor("interval: 5");
    EXPECT_EQ(repository.run("git commit -a -m good").exit, 0);
    // A commit that only takes away what others need.
    EXPECT_NE(repository.run("git rm -q packs/ops/pack.yaml && git commit -m bad").exit, 0);
    EXPECT_EQ(repository.commits(), 2);
}

TEST(Checking, TheWorkflowAnnotatesAndWritesALog) {
    const auto workflow = read_yaml(documented(".github/workflows/manifests.yml"));
    std::vector<std::string> commands;
    for (const auto& step : workflow.at("jobs").at("validate").at("steps")) {
        if (step.contains("run")) commands.push_back(step.at("run"));
    }
    ASSERT_EQ(commands.size(), 2U);
    const Repository repository;
    for (const auto& command : commands) EXPECT_EQ(repository.run(command).exit, 0);

    repository.write_sensor("intervall: 5");
    const auto annotated = repository.run(commands[0]);
    EXPECT_EQ(annotated.exit, 1);
    EXPECT_THAT(annotated.output,
                HasSubstr("::error file=packs/ops/sensors/tick.yaml,line=6,col=27,"));
    EXPECT_EQ(repository.run(commands[1]).exit, 1);
    const auto log = Json::parse(std::ifstream(repository.file("attune.sarif")));
    EXPECT_THAT(faults_of_sarif(log), IsEmpty());
    EXPECT_EQ(log.at("runs")[0].at("results")[0].at("ruleId"), "ATT2004");
}

// `attune validate` in the project's root.
Ran validate(const std::string& words) {
    return shell(ATTUNE_ATTUNE_PATH " validate " + words, ATTUNE_SOURCE_DIR);
}

TEST(Reports, OfTheExamplesAreReadByOtherPrograms) {
    const auto sarif = validate("examples/config -o sarif");
    EXPECT_EQ(sarif.exit, 0);
    EXPECT_THAT(faults_of_sarif(Json::parse(sarif.output)), IsEmpty());
    const auto github = validate("examples/config -o github");
    EXPECT_EQ(github.exit, 0);
    EXPECT_EQ(github.output, "");
}

TEST(Reports, OfEveryFaultAreReadByOtherPrograms) {
    const std::string faulty = "tests/fixtures/trees/faulty";
    const auto sarif = validate(faulty + " -o sarif");
    EXPECT_EQ(sarif.exit, 1);
    const auto log = Json::parse(sarif.output);
    EXPECT_THAT(faults_of_sarif(log), IsEmpty());
    std::set<std::string> codes;
    for (const auto& result : log.at("runs")[0].at("results")) {
        codes.insert(result.at("ruleId"));
        EXPECT_THAT(result.at("locations")[0]
                        .at("physicalLocation")
                        .at("artifactLocation")
                        .at("uri")
                        .get<std::string>(),
                    testing::StartsWith(faulty + "/packs/"));
    }
    EXPECT_GE(codes.size(), 12U);

    const auto github = validate(faulty + " -o github");
    EXPECT_EQ(github.exit, 1);
    EXPECT_THAT(faults_of_github(github.output), IsEmpty());
    EXPECT_EQ(
        static_cast<std::size_t>(std::count(github.output.begin(), github.output.end(), '\n')),
        log.at("runs")[0].at("results").size());
}

TEST(Reports, NameFilesBelowAnAbsolutePathAbsolutely) {
    const auto sarif = validate(ATTUNE_SOURCE_DIR "/tests/fixtures/trees/faulty -o sarif");
    EXPECT_THAT(faults_of_sarif(Json::parse(sarif.output)), IsEmpty());
}

TEST(Reports, AFormThatIsWrongIsNoticed) {
    const auto log = [](const Json& result) {
        return Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs",
                     {{{"tool", {{"driver", {{"name", "attune"}, {"rules", Json::array()}}}}},
                       {"results", Json::array({result})}}}}};
    };
    EXPECT_THAT(faults_of_sarif(log(
                    {{"ruleId", "ATT2004"}, {"level", "error"}, {"message", {{"text", "x"}}}})),
                ElementsAre("ATT2004 is not described"));
    EXPECT_THAT(faults_of_sarif(log({{"ruleId", "ATT2004"}, {"level", "fatal"}})),
                testing::SizeIs(2));
    EXPECT_THAT(faults_of_github("::error file=a,line=0,title=ATT2004::x\n"),
                testing::SizeIs(1));
    EXPECT_THAT(faults_of_github("a line too much\n"), testing::SizeIs(1));
}

}  // namespace
}  // namespace attune
