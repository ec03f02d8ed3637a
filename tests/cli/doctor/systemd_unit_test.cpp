#include "cli/doctor/systemd_unit.h"

#include <gmock/gmock.h>

namespace attune::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SystemdUnit, PropertiesAreLinesAndRepeatedOnesAddUp) {
    const auto unit = parse_unit(
        "LoadState=loaded\nEnvironment=A=b\nStatusText=x=y\n\n"
        "LoadCredential=a:/x\nLoadCredential=b:/y\n");
    EXPECT_EQ(unit("LoadState"), "loaded");
    EXPECT_EQ(unit("Environment"), "A=b");
    EXPECT_EQ(unit("StatusText"), "x=y");
    EXPECT_EQ(unit("LoadCredential"), "a:/x\nb:/y");
    EXPECT_EQ(unit("NRestarts"), "");
}

TEST(SystemdUnit, WordsAreQuotedWhereTheyHaveBlanks) {
    EXPECT_THAT(unit_words("a \"b c=d\" e\\ f \"\""), ElementsAre("a", "b c=d", "e f", ""));
    EXPECT_THAT(unit_words("  "), IsEmpty());
}

TEST(SystemdUnit, TheDaemonsSettingsAreThoseItsUnitGivesIt) {
    const auto request = request_of(parse_unit(
        "StateDirectory=attune other\nRuntimeDirectory=attune\n"
        "Environment=ATTUNE__LOG__LEVEL=debug \"ATTUNE__DATABASE__URL=host=a dbname=b\"\n"
        "ExecStart={ path=/usr/sbin/attuned ; argv[]=/usr/sbin/attuned --config /etc/a.yaml "
        "--source=/srv/c --set node=x ; ignore_errors=no ; pid=0 }\n"));
    EXPECT_THAT(
        request.environment,
        ElementsAre("STATE_DIRECTORY=/var/lib/attune", "RUNTIME_DIRECTORY=/run/attune",
                    "ATTUNE__LOG__LEVEL=debug", "ATTUNE__DATABASE__URL=host=a dbname=b"));
    EXPECT_EQ(request.file, "/etc/a.yaml");
    EXPECT_THAT(request.overrides, ElementsAre("source.path=/srv/c", "node=x"));
}

TEST(SystemdUnit, CredentialsComeFromFiles) {
    const auto files = credential_files(parse_unit(
        "LoadCredential=attune.database-url:/etc/attune/database-url other\n"
        "LoadCredentialEncrypted=attune.database-password:/etc/credstore.encrypted/p\n"));
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].name, "attune.database-url");
    EXPECT_EQ(files[0].path, "/etc/attune/database-url");
    EXPECT_FALSE(files[0].encrypted);
    EXPECT_TRUE(files[1].encrypted);
}

}  // namespace
}  // namespace attune::doctor
