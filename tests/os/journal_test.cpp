#include "os/journal.h"

#include <poll.h>

#include <gmock/gmock.h>

#include "os/system_error.h"
#include "tests/support/journal_files.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kFields = {"MESSAGE", "_PID"};

std::vector<std::string> rest(JournalReader& reader) {
    std::vector<std::string> messages;
    while (const auto entry = reader.next(kFields)) {
        messages.push_back(entry->fields.at("MESSAGE"));
    }
    return messages;
}

JournalFiles::Fields says(const std::string& who, const std::string& what) {
    return {{"SYSLOG_IDENTIFIER", who}, {"MESSAGE", what}};
}

class JournalReaderTest : public testing::Test {
protected:
    JournalReaderTest() { journal.write_all({says("a", "one"), says("b", "two")}); }

    JournalFiles journal;
    const std::vector<JournalTerm> of_a = {{"SYSLOG_IDENTIFIER=a"}};
};

TEST_F(JournalReaderTest, ShowsEntriesWithTheFieldsThatTheyHave) {
    JournalReader reader(journal.path(), {});
    ASSERT_TRUE(reader.seek(""));
    const auto entry = reader.next(kFields);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->at, JournalFiles::at(1));
    EXPECT_EQ(entry->boot_id, "0123456789abcdef0123456789abcdef");
    EXPECT_THAT(entry->fields, ElementsAre(std::pair("MESSAGE", "one")));
    EXPECT_THAT(rest(reader), ElementsAre("two"));
}

TEST_F(JournalReaderTest, ShowsOnlyWhatMatchesOneOfItsTerms) {
    journal.write_all({says("c", "three"), says("a", "four")});
    const std::vector<JournalTerm> terms = {{"SYSLOG_IDENTIFIER=a", "MESSAGE=four"},
                                            {"SYSLOG_IDENTIFIER=c"}};
    JournalReader reader(journal.path(), terms);
    reader.seek("");
    EXPECT_THAT(rest(reader), ElementsAre("three", "four"));
}

TEST_F(JournalReaderTest, FromTheEndOnShowsWhatComesLater) {
    JournalReader reader(journal.path(), of_a);
    ASSERT_TRUE(reader.seek(reader.end()));
    EXPECT_THAT(rest(reader), IsEmpty());
    pollfd notice{reader.fd(), POLLIN, 0};
    journal.write_all({says("b", "three"), says("a", "four")});
    EXPECT_EQ(::poll(&notice, 1, 10'000), 1);
    reader.take_notice();
    EXPECT_THAT(rest(reader), ElementsAre("four"));
}

TEST_F(JournalReaderTest, GoesOnAfterAnEntryWhetherThatMatchesOrNot) {
    journal.write_all({says("a", "three"), says("b", "four"), says("a", "five")});
    JournalReader all(journal.path(), {});
    all.seek("");
    const auto one = all.next(kFields)->cursor;
    const auto two = all.next(kFields)->cursor;
    JournalReader reader(journal.path(), of_a);
    EXPECT_TRUE(reader.seek(one));
    EXPECT_THAT(rest(reader), ElementsAre("three", "five"));
    EXPECT_TRUE(reader.seek(two));
    EXPECT_THAT(rest(reader), ElementsAre("three", "five"));
}

TEST_F(JournalReaderTest, SaysWhenTheEntryIsGoneAndGoesOnBehindIt) {
    JournalReader before(journal.path(), {});
    const auto cursor = before.end();
    journal.write_all({says("a", "three")}, "later");
    journal.vacuum("system");
    JournalReader reader(journal.path(), of_a);
    EXPECT_FALSE(reader.seek(cursor));
    EXPECT_THAT(rest(reader), ElementsAre("three"));
}

TEST(JournalReaderOfNothing, SaysThatThereIsNoFileToRead) {
    const TempDirectory empty;
    try {
        const JournalReader reader(empty.path().string(), {});
        FAIL() << "it was opened";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.error(), ENODATA);
        EXPECT_THAT(error.what(), testing::HasSubstr("systemd-journal"));
    }
}

}  // namespace
}  // namespace attune
