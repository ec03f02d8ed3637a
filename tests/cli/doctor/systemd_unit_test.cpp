#include "cli/doctor/systemd_unit.h"

#include <gmock/gmock.h>

#include "tests/support/temp_directory.h"

namespace attune::doctor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SystemdUnit, PropertiesAreLinesAndRepeatedOnesAddUp) {
    const auto unit = parse_unit(
        "LoadState=loaded\nEnvironment=A=b\nStatusText=x=y\n\n"
        "DropInPaths=/x\nDropInPaths=/y\n");
    EXPECT_EQ(unit("LoadState"), "loaded");
    EXPECT_EQ(unit("Environment"), "A=b");
    EXPECT_EQ(unit("StatusText"), "x=y");
    EXPECT_EQ(unit("DropInPaths"), "/x\n/y");
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
    const auto files = credential_files(
        "[Service]\nLoadCredential=attune.database-url:/etc/attune/database-url\n"
        "#LoadCredential=x:/y\nLoadCredential=of-the-system\n"
        "LoadCredentialEncrypted=attune.database-password:/etc/credstore.encrypted/p");
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].name, "attune.database-url");
    EXPECT_EQ(files[0].path, "/etc/attune/database-url");
    EXPECT_FALSE(files[0].encrypted);
    EXPECT_TRUE(files[1].encrypted);
}

TEST(SystemdUnit, AnEmptySettingUndoesTheCredentialsBeforeIt) {
    const auto files = credential_files(
        "LoadCredential=a:/a\nLoadCredentialEncrypted=b:/b\nLoadCredential=\n"
        "LoadCredential=c:/c\n");
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].name, "b");
    EXPECT_EQ(files[1].name, "c");
}

TEST(SystemdUnit, ItsTextIsThatOfItsFilesWithoutThoseThatAreGone) {
    const TempDirectory directory;
    const auto unit = directory.write("a.service", "one");
    const auto drop_in = directory.write("b.conf", "two");
    EXPECT_EQ(unit_text(parse_unit("FragmentPath=" + unit + "\nDropInPaths=" +
                                   (directory / "gone.conf") + " " + drop_in + "\n")),
              "one\ntwo\n");
}

}  // namespace
}  // namespace attune::doctor
