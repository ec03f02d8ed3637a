// What is refused, and in which words. Message and remedy together are the line people read.
#include <gmock/gmock.h>

#include "core/cron.h"

namespace attune {
namespace {

Fault fault(std::string_view text) {
    const auto parsed = CronExpression::parse(text);
    EXPECT_FALSE(parsed) << text;
    return parsed ? Fault{} : parsed.error();
}

std::string line(std::string_view text) {
    const auto f = fault(text);
    return f.message + "; " + f.help;
}

TEST(CronErrors, NameFieldColumnProblemAndRemedy) {
    EXPECT_EQ(line("*/60 * * * * *"),
              "invalid cron expression \"*/60 * * * * *\": second field \"*/60\" (column 1): "
              "step 60 is larger than 59, the largest useful step in this field; use a "
              "core.intervaltimer for longer periods");
    EXPECT_EQ(line("0 0 * * * FRI-MON"),
              "invalid cron expression \"0 0 * * * FRI-MON\": day-of-week field \"FRI-MON\" "
              "(column 11): range FRI-MON runs backwards; write FRI-SAT,SUN-MON");
    EXPECT_EQ(line("0 0 12 * * 2026"),
              "invalid cron expression \"0 0 12 * * 2026\": day-of-week field \"2026\" (column "
              "12): 2026 is outside 0-7; 6 fields start with seconds; a year needs 7 fields");
    EXPECT_EQ(line("CRON_TZ=UTC 0 0 * * * *"),
              "invalid cron expression \"CRON_TZ=UTC 0 0 * * * *\": a time zone prefix is not "
              "part of the expression; set the sensor's timezone field");
    EXPECT_EQ(line("* * * *"),
              "invalid cron expression \"* * * *\": expected 5, 6 or 7 fields, found 4; 6 "
              "fields are: second minute hour day-of-month month day-of-week");
}

TEST(CronErrors, TellTheFieldAndItsColumn) {
    const auto f = fault("  0 0  25 * * *");
    EXPECT_EQ(f.code, "ATT4001");
    EXPECT_EQ(f.field, "hour");
    EXPECT_EQ(f.column, 8U);
}

TEST(CronErrors, TheFirstFromTheLeftIsTold) {
    EXPECT_EQ(fault("0 99 99 * * *").field, "minute");
}

TEST(CronErrors, RemedyForARangeThatRunsBackwards) {
    EXPECT_EQ(fault("0 22-2 * * *").help, "write 22-23,0-2");
    EXPECT_EQ(fault("0 0 * NOV-FEB *").help, "write NOV-DEC,JAN-FEB");
    EXPECT_EQ(fault("0 0 * NOV-JAN *").help, "write NOV-DEC,JAN");
    EXPECT_EQ(fault("0 0 * * SAT-MON").help, "write SAT,SUN-MON");
    EXPECT_EQ(fault("0 0 * * 7-2").help, "write 7,0-2");
    EXPECT_EQ(fault("0 0 * * 5-0").help, "write 5-6,0");
}

struct Case {
    const char* text;
    const char* reason;
};

class CronErrorWords : public testing::TestWithParam<Case> {};

TEST_P(CronErrorWords, AreStable) {
    EXPECT_EQ(fault(GetParam().text).reason, GetParam().reason) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Table, CronErrorWords,
                         testing::ValuesIn(std::vector<Case>{
                             {"", "empty"},
                             {" \t ", "empty"},
                             {"0 0 * * *\n", "bad_char"},
                             {"0 0 * * M\xC3\x96N", "bad_char"},
                             {"*", "field_count"},
                             {"* * * * * * * *", "field_count"},
                             {"60 * * * * *", "out_of_range"},
                             {"60 * * * *", "out_of_range"},
                             {"0 24 * * *", "out_of_range"},
                             {"0 0 0 * *", "out_of_range"},
                             {"0 0 32 * *", "out_of_range"},
                             {"0 0 * 13 *", "out_of_range"},
                             {"0 0 * 0 *", "out_of_range"},
                             {"0 0 * * 8", "out_of_range"},
                             {"0 0 0 * * * 1969", "out_of_range"},
                             {"0 0 0 * * * 2200", "out_of_range"},
                             {"0 0 0 * * * 26", "out_of_range"},
                             {"0 0 32W * *", "out_of_range"},
                             {"99999999999999999999 * * * *", "out_of_range"},
                             {"005 * * * *", "bad_number"},
                             {"5x * * * *", "bad_number"},
                             {"1.5 * * * *", "bad_number"},
                             {"MON * * * *", "bad_name"},
                             {"0 0 * * MONDAY", "bad_name"},
                             {"0 0 * FOO *", "bad_name"},
                             {"0 0 * * JAN", "bad_name"},
                             {"H * * * *", "bad_name"},
                             {"H/5 * * * *", "bad_name"},
                             {"-5 * * * *", "syntax"},
                             {"5- * * * *", "syntax"},
                             {"1-2-3 * * * *", "syntax"},
                             {"*-5 * * * *", "syntax"},
                             {"** * * * *", "syntax"},
                             {"$ * * * *", "syntax"},
                             {"0~5 * * * *", "bad_number"},
                             {"+5 * * * *", "syntax"},
                             {"*/0 * * * *", "bad_step"},
                             {"*/60 * * * *", "bad_step"},
                             {"0 */24 * * *", "bad_step"},
                             {"0 0 */32 * *", "bad_step"},
                             {"0 0 * */13 *", "bad_step"},
                             {"*/ * * * *", "bad_step"},
                             {"*/x * * * *", "bad_step"},
                             {"*/1/2 * * * *", "bad_step"},
                             {"0 0 * * 7/2", "bad_step"},
                             {"0 0 0 * * * */230", "bad_step"},
                             {"30-10 * * * *", "reversed_range"},
                             {"0 0 * * 7-2", "reversed_range"},
                             {"0 0 0 * * * 2030-2026", "reversed_range"},
                             {"1,,2 * * * *", "empty_item"},
                             {", * * * *", "empty_item"},
                             {"1, * * * *", "empty_item"},
                             {"? * * * *", "question"},
                             {"0 0 ?,5 * *", "question"},
                             {"0 0 ?/2 * *", "question"},
                             {"0 0 * * +?", "question"},
                             {"0 0 * * L", "special"},
                             {"0 0 * * FRI#6", "special"},
                             {"0 0 * * FRI#0", "special"},
                             {"0 0 * * FRI#", "special"},
                             {"0 0 L-0 * *", "special"},
                             {"0 0 L-31 * *", "special"},
                             {"0 0 W * *", "special"},
                             {"0 0 1-5W * *", "special"},
                             {"0 0 5L * *", "special"},
                             {"0 0 5#2 * *", "special"},
                             {"L * * * *", "special"},
                             {"0 0 * * 5W", "special"},
                             {"@reboot", "macro"},
                             {"@every 5m", "macro"},
                             {"@fortnightly", "macro"},
                             {"@daily 5", "macro"},
                             {"TZ=UTC 0 0 * * *", "tz_prefix"},
                             {"cron_tz=Europe/Berlin 0 0 * * *", "tz_prefix"},
                         }));

TEST(CronErrors, ALongTextIsRefusedUnread) {
    EXPECT_EQ(fault(std::string(257, '*')).reason, "too_long");
    EXPECT_LT(fault(std::string(100'000, '*')).message.size(), 500U);
}

}  // namespace
}  // namespace attune
