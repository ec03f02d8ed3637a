#include "reconciler/config.h"

#include <sys/stat.h>

#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include <gmock/gmock.h>

#include "schemas/embedded.h"
#include "tests/support/as_user.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ConfigTest : public testing::Test {
protected:
    // The main file is always there, so that no test reads the machine's own.
    ConfigTest() { request.file = directory.write("attuned.yaml", "{}\n"); }

    void file(const std::string& text) { directory.write("attuned.yaml", text); }
    void drop_in(const std::string& name, const std::string& text) {
        directory.write("attuned.yaml.d/" + name, text);
    }
    DaemonConfig config() const {
        const auto loaded = load_config(request);
        EXPECT_EQ(loaded.text, "");
        return loaded.config.value();
    }
    // The findings without the directory's name.
    std::string findings() const {
        const auto loaded = load_config(request);
        EXPECT_FALSE(loaded.config);
        auto text = loaded.text;
        const auto folder = directory.path().string() + "/";
        for (std::size_t at; (at = text.find(folder)) != std::string::npos;) {
            text.erase(at, folder.size());
        }
        return text;
    }

    TempDirectory directory;
    ConfigRequest request;
};

TEST_F(ConfigTest, NothingSaidIsEnough) {
    const auto defaults = config();
    EXPECT_FALSE(defaults.node.empty());
    EXPECT_EQ(defaults.database_url, "");
    EXPECT_EQ(defaults.recorders, 2);
    EXPECT_GE(defaults.slots, 2);
    EXPECT_EQ(defaults.control_group, "attune");
    EXPECT_TRUE(defaults.dbus);
    EXPECT_EQ(defaults.control_socket, defaults.runtime_dir + "/control.sock");
    EXPECT_EQ(defaults.log_level, "info");
    EXPECT_EQ(defaults.drain_timeout, 30s);
}

TEST_F(ConfigTest, RootsDirectoriesAreTheSystems) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    EXPECT_EQ(config().state_dir, "/var/lib/attune");
    EXPECT_EQ(config().runtime_dir, "/run/attune");
}

TEST_F(ConfigTest, AnyoneElsesDirectoriesAreTheirOwn) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    ::chmod(directory.path().c_str(), 0755);
    request.environment = {"XDG_STATE_HOME=/home/u/.local/state",
                           "XDG_RUNTIME_DIR=/run/user/7"};
    as_user(kNobody, kNobody, {}, [&] {
        EXPECT_EQ(config().state_dir, "/home/u/.local/state/attune");
        EXPECT_EQ(config().runtime_dir, "/run/user/7/attune");
    });
    request.environment = {"XDG_STATE_HOME=/s"};
    as_user(kNobody, kNobody, {}, [&] { EXPECT_EQ(config().runtime_dir, "/s/attune/run"); });
}

TEST_F(ConfigTest, EverySettingOfAFileCounts) {
    file(R"(node: n1
state_dir: /s
runtime_dir: /r
source: {path: /tree, poll_seconds: 5}
database: {url: "postgresql://db", binaries: /pg}
executors: {recorders: 3, slots: 9}
timers: {workers: 2, trust_clock: true}
control: {socket: /c.sock, group: ops}
log: {level: debug}
drain_timeout: 1m30s
)");
    const auto c = config();
    EXPECT_EQ(c.node, "n1");
    EXPECT_EQ(c.state_dir, "/s");
    EXPECT_EQ(c.runtime_dir, "/r");
    EXPECT_EQ(c.source_path, "/tree");
    EXPECT_EQ(c.poll, 5s);
    EXPECT_EQ(c.database_url, "postgresql://db");
    EXPECT_EQ(c.database_binaries, "/pg");
    EXPECT_EQ(c.recorders, 3);
    EXPECT_EQ(c.slots, 9);
    EXPECT_EQ(c.timer_workers, 2);
    EXPECT_TRUE(c.trust_clock);
    EXPECT_EQ(c.control_socket, "/c.sock");
    EXPECT_EQ(c.control_group, "ops");
    EXPECT_EQ(c.log_level, "debug");
    EXPECT_EQ(c.drain_timeout, 90s);
}

TEST_F(ConfigTest, LaterSourcesWinKeyByKey) {
    file("executors: {recorders: 3, slots: 3}\nlog: {level: error}\nnode: a\n");
    drop_in("20-b.yaml", "node: c\n");
    drop_in("10-a.yaml", "node: b\nexecutors: {slots: 4}\n");
    drop_in("30-c.yaml.off", "node: ignored\n");
    EXPECT_EQ(config().node, "c");
    EXPECT_EQ(config().recorders, 3);
    EXPECT_EQ(config().slots, 4);

    request.environment = {"ATTUNE__EXECUTORS__SLOTS=5", "ATTUNE__NODE=d", "HOME=/",
                           "ATTUNE_X=1"};
    EXPECT_EQ(config().slots, 5);
    request.overrides = {"node=e", "executors.slots=6", "executors.slots=7"};
    EXPECT_EQ(config().node, "e");
    EXPECT_EQ(config().slots, 7);
    EXPECT_EQ(config().log_level, "error");
}

TEST_F(ConfigTest, ASectionOfCommentsUndoesNothing) {
    file("log: {level: debug}\n");
    drop_in("a.yaml", "log:\n#  level: warn\n");
    EXPECT_EQ(config().log_level, "debug");
}

TEST_F(ConfigTest, AFindingHasItsPlace) {
    file("log:\n  levle: debug\nexecutors:\n  slots: many\n");
    const auto text = findings();
    EXPECT_THAT(text, HasSubstr("ATT2004"));
    EXPECT_THAT(text, HasSubstr("attuned.yaml:2:3"));
    EXPECT_THAT(text, HasSubstr("`levle`"));
    EXPECT_THAT(text, HasSubstr("attuned.yaml:4:10"));
}

TEST_F(ConfigTest, AFindingHasTheCodeThatExplainsIt) {
    file(
        "log: {levle: debug, level: loud}\nexecutors: {slots: many, recorders: 0}\n"
        "node: ''\nstate_dir: relative\n");
    const auto loaded = load_config(request);
    std::vector<std::string> codes;
    for (const auto& found : loaded.diagnostics) codes.push_back(found.code);
    EXPECT_THAT(codes, ElementsAre("ATT2004", "ATT2011", "ATT2005", "ATT2006", "ATT2007",
                                   "ATT2008", "ATT2008"));
    EXPECT_THAT(findings(), HasSubstr("did you mean `level`?"));
}

TEST_F(ConfigTest, AFindingNamesTheVariableOrTheFlag) {
    request.environment = {"ATTUNE__LOG__LEVEL=loud"};
    EXPECT_THAT(findings(), HasSubstr("ATTUNE__LOG__LEVEL"));
    request.environment = {};
    request.overrides = {"timers.workers=0"};
    EXPECT_THAT(findings(), HasSubstr("--set timers.workers"));
    request.overrides = {"nonsense"};
    EXPECT_THAT(findings(), HasSubstr("a setting is written KEY=VALUE"));
}

TEST_F(ConfigTest, WhatIsOutOfItsRangeIsRefused) {
    for (const auto* setting :
         {"node=", "node=a b", "state_dir=relative", "source.poll_seconds=0",
          "executors.recorders=0", "executors.recorders=17", "executors.slots=x",
          "log.level=INFO", "drain_timeout=-1", "drain_timeout=99999999999999",
          "drain_timeout=soon", "log=debug", "unknown=1", "database.url.host=x"}) {
        request.overrides = {setting};
        EXPECT_NE(findings(), "") << setting;
    }
}

TEST_F(ConfigTest, ANameOfDigitsIsNoIndexAndADeepOneNoSetting) {
    std::string deep = "a";
    for (int level = 0; level < 50'000; ++level) deep += ".a";
    for (const auto& setting : {std::string("log.666666666666=x"), std::string("0=x"),
                                std::string("log.-=x"), std::string("log.~2=x"), deep + "=x"}) {
        request.overrides = {setting};
        EXPECT_NE(findings(), "") << setting.substr(0, 20);
    }
}

TEST_F(ConfigTest, WhatIsNoConfigurationIsRefused) {
    for (const auto* text : {"[a]\n", "a: b: c\n", "node: a\n---\nnode: b\n", "\xff\n",
                             "node: a\nnode: b\n", "plain\n"}) {
        file(text);
        EXPECT_NE(findings(), "") << text;
    }
}

TEST_F(ConfigTest, AFileThatWasNamedMustBeThere) {
    request.file = directory / "absent.yaml";
    EXPECT_THAT(findings(), HasSubstr("absent.yaml"));
}

TEST_F(ConfigTest, AFolderThatCannotBeReadIsNoEmptyOne) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    drop_in("a.yaml", "node: a\n");
    ::chmod(directory.path().c_str(), 0755);
    ::chmod((directory / "attuned.yaml.d").c_str(), 0700);
    as_user(kNobody, kNobody, {},
            [&] { EXPECT_THAT(findings(), HasSubstr("cannot read the folder")); });
}

TEST_F(ConfigTest, ADefaultFileThatMayNotBeLookedAtIsNoAbsentOne) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    ::chmod(directory.path().c_str(), 0700);
    request.default_file = std::exchange(request.file, "");
    as_user(kNobody, kNobody, {},
            [&] { EXPECT_THAT(findings(), HasSubstr("attuned.yaml: Permission denied")); });
}

TEST_F(ConfigTest, ADefaultFileNeedNotBeThere) {
    request.file = "";
    request.default_file = directory / "absent.yaml";
    EXPECT_EQ(config().recorders, 2);
}

TEST_F(ConfigTest, ASocketsNameMustFitIntoItsAddress) {
    const auto name = "/" + std::string(107, 'r');
    request.overrides = {"control.socket=" + name};
    EXPECT_THAT(findings(), HasSubstr("a socket's path has at most 107"));
    request.overrides = {"runtime_dir=" + name, "control.socket=/c.sock"};
    EXPECT_THAT(findings(), HasSubstr("--set runtime_dir"));
    request.overrides = {"control.socket=" + name.substr(0, 107)};
    EXPECT_EQ(config().control_socket.size(), 107);
}

TEST_F(ConfigTest, WhatIsDescribedReadsBackAsTheSame) {
    request.overrides = {"node=n1", "executors.slots=5", "drain_timeout=90s",
                         "database.url=postgresql://u@h/d?options=\"y\""};
    const auto text = describe(config());
    request.overrides = {};
    file(text);
    EXPECT_EQ(describe(config()), text);
}

TEST_F(ConfigTest, TheUnitsDirectoriesAreUsed) {
    request.environment = {"STATE_DIRECTORY=/var/lib/attune:/var/lib/other",
                           "RUNTIME_DIRECTORY=/run/attune", "XDG_STATE_HOME=/s"};
    EXPECT_EQ(config().state_dir, "/var/lib/attune");
    EXPECT_EQ(config().runtime_dir, "/run/attune");
    file("state_dir: /elsewhere\n");
    EXPECT_EQ(config().state_dir, "/elsewhere");
}

// What LoadCredential= brings.
class CredentialTest : public ConfigTest {
protected:
    CredentialTest() {
        credential("other", "not ours");
        request.environment = {"CREDENTIALS_DIRECTORY=" + directory / "credentials"};
    }
    void credential(const std::string& name, const std::string& value) {
        directory.write("credentials/" + name, value);
    }
};

TEST_F(CredentialTest, TheUrlOfACredentialWinsOverFilesAndLosesToTheEnvironment) {
    file("database: {url: \"host=a\"}\n");
    credential("attune.database-url", "host=b password=secret\n");
    EXPECT_EQ(config().database_url, "host=b password=secret");
    request.environment.push_back("ATTUNE__DATABASE__URL=host=c");
    EXPECT_EQ(config().database_url, "host=c");
}

TEST_F(CredentialTest, APasswordStandsBesideTheUrl) {
    file("database: {url: \"host=a\"}\n");
    credential("attune.database-password", " it's\\secret \n");
    EXPECT_EQ(config().database_url, "host=a");
    EXPECT_EQ(config().database_password, " it's\\secret ");
}

TEST_F(CredentialTest, NoneIsFine) { EXPECT_EQ(config().database_password, ""); }

TEST_F(CredentialTest, AnEmptyOneIsAMistake) {
    credential("attune.database-password", "\n");
    EXPECT_THAT(findings(), HasSubstr("credential attune.database-password"));
}

TEST_F(CredentialTest, NoPasswordIsShown) {
    credential("attune.database-url", "postgresql://u:secret@h/d");
    credential("attune.database-password", "other-secret");
    EXPECT_THAT(describe(config()), Not(HasSubstr("secret")));
    EXPECT_THAT(describe(config()), HasSubstr("dbname='d' host='h' user='u'"));
}

// docs/configuration.md against schemas/daemon.schema.json.

void collect_rows(const Json& schema, const std::string& above,
                  std::map<std::string, std::string>& rows) {
    for (const auto& [name, value] : schema.at("properties").items()) {
        const auto key = above + name;
        if (value.contains("properties")) {
            collect_rows(value, key + ".", rows);
            continue;
        }
        std::string variable = "ATTUNE__";
        for (const char c : key) {
            if (c == '.') {
                variable += "__";
            } else {
                variable += static_cast<char>(std::toupper(c));
            }
        }
        std::string standard = "as told";
        if (value.contains("default")) {
            const auto& given = value["default"];
            const auto text = given.is_string() ? given.get<std::string>() : given.dump();
            standard = text.empty() ? "empty" : "`" + text + "`";
        }
        rows[key] = "| `" + key + "` | `" + variable + "` | " + standard + " | " +
                    value.at("description").get<std::string>() + " |";
    }
}

TEST(ConfigurationPage, HasTheTableOfTheSchema) {
    std::map<std::string, std::string> rows;
    for (const auto& embedded : embedded_schemas()) {
        if (embedded.name == "daemon.schema.json") {
            collect_rows(Json::parse(embedded.text), "", rows);
        }
    }
    ASSERT_FALSE(rows.empty());
    std::ifstream page(std::string(ATTUNE_SOURCE_DIR) + "/docs/configuration.md");
    std::map<std::string, std::string> written;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("| `")) continue;
        written[line.substr(3, line.find('`', 3) - 3)] = line;
    }
    EXPECT_EQ(written, rows);
}

}  // namespace
}  // namespace attune
