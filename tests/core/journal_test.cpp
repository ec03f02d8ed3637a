// What sensors of core.journal ask for and what their events carry.
#include "core/journal.h"

#include <gmock/gmock.h>

#include "core/json_schema.h"
#include "core/yaml.h"
#include "schemas/embedded.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

using testing::UnorderedElementsAre;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

Json trigger_spec() {
    for (const auto& file : embedded_core_pack()) {
        const auto parsed = parse_yaml(file.text, file.name);
        for (const auto& document : parsed.documents) {
            const auto manifest = to_json(document);
            if (manifest["metadata"]["ref"] == kJournalTrigger) return manifest["spec"];
        }
    }
    ADD_FAILURE() << "no manifest of core.journal";
    return {};
}

bool accepts(const char* config) {
    const auto spec = trigger_spec();
    return JsonSchema::compile_config(spec["param_schema"], std::nullopt)
        .value()
        .accepts(Json::parse(config));
}

JournalSpec spec_of(const char* config) {
    EXPECT_TRUE(accepts(config)) << config;
    return journal_spec(Json::parse(config));
}

JournalEntry entry_of(std::map<std::string, std::string> fields) {
    return {.cursor = "s=1;i=2",
            .at = kNoon,
            .boot_id = "0123456789abcdef0123456789abcdef",
            .fields = std::move(fields)};
}

Json payload_of(const JournalEntry& entry, const JournalSpec& spec = {},
                std::int64_t skipped = 0) {
    auto payload = Json::parse(journal_payload(spec, entry, skipped));
    const auto schema = JsonSchema::compile(trigger_spec()["out_schema"]).value();
    EXPECT_TRUE(schema.accepts(payload)) << payload;
    return payload;
}

TEST(JournalSpec, WithinOneMatchEverythingMustHold) {
    const auto spec = spec_of(R"({"match": [{"identifier": "sudo", "priority": "crit",
                               "fields": ["_UID=0", "_UID=1000"]}]})");
    EXPECT_THAT(spec.terms, ElementsAre(UnorderedElementsAre(
                                "PRIORITY=0", "PRIORITY=1", "PRIORITY=2",
                                "SYSLOG_IDENTIFIER=sudo", "_UID=0", "_UID=1000")));
}

TEST(JournalSpec, OfSeveralMatchesOneIsEnough) {
    const auto spec =
        spec_of(R"({"match": [{"identifier": "sshd"}, {"fields": ["_TRANSPORT=kernel"]}]})");
    EXPECT_THAT(spec.terms, ElementsAre(ElementsAre("SYSLOG_IDENTIFIER=sshd"),
                                        ElementsAre("_TRANSPORT=kernel")));
}

TEST(JournalSpec, AUnitIsWhatItSaysAndWhatSystemdSaysAboutIt) {
    const auto spec = spec_of(R"({"match": [{"unit": "nginx.service", "priority": "emerg"}]})");
    EXPECT_THAT(
        spec.terms,
        ElementsAre(ElementsAre("_SYSTEMD_UNIT=nginx.service", "PRIORITY=0"),
                    ElementsAre("_PID=1", "UNIT=nginx.service", "PRIORITY=0"),
                    ElementsAre("_UID=0", "OBJECT_SYSTEMD_UNIT=nginx.service", "PRIORITY=0"),
                    ElementsAre("_UID=0", "COREDUMP_UNIT=nginx.service",
                                "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1", "PRIORITY=0")));
}

TEST(JournalSpec, ReadsItsLimit) {
    EXPECT_EQ(spec_of(R"({"match": [{"identifier": "a"}]})").limit.events, 100);
    const auto spec =
        spec_of(R"({"match": [{"identifier": "a"}], "limit": {"events": 3, "within": "2m"}})");
    EXPECT_EQ(spec.limit.events, 3);
    EXPECT_EQ(spec.limit.within, 2min);
}

TEST(JournalSpec, RefusesWhatWouldMatchEverythingOrNothing) {
    EXPECT_FALSE(accepts(R"({"match": []})"));
    EXPECT_FALSE(accepts(R"({"match": [{}]})"));
    EXPECT_FALSE(accepts(R"({"match": [{"unit": "nginx"}]})"));
    EXPECT_FALSE(accepts(R"({"match": [{"unit": "nginx*.service"}]})"));
    EXPECT_FALSE(accepts(R"({"match": [{"fields": ["message=x"]}]})"));
    EXPECT_FALSE(accepts(R"({"match": [{"fields": ["__CURSOR=x"]}]})"));
    EXPECT_FALSE(accepts(R"({"match": [{"priority": "loud"}]})"));
}

TEST(JournalPayload, CarriesWhatTheEntrySays) {
    const auto spec = spec_of(R"({"match": [{"identifier": "a"}], "fields": ["_EXE", "X"]})");
    const auto payload = payload_of(entry_of({{"MESSAGE", "it broke"},
                                              {"PRIORITY", "3"},
                                              {"_SYSTEMD_UNIT", "a.service"},
                                              {"SYSLOG_IDENTIFIER", "a"},
                                              {"_PID", "77"},
                                              {"_HOSTNAME", "web1"},
                                              {"_EXE", "/bin/a"}}),
                                    spec, 4);
    EXPECT_EQ(payload, Json::parse(R"({
        "message": "it broke", "priority": 3, "unit": "a.service", "identifier": "a",
        "pid": 77, "hostname": "web1", "boot_id": "0123456789abcdef0123456789abcdef",
        "cursor": "s=1;i=2", "at": "2026-11-23T12:00:00.000000Z",
        "fields": {"_EXE": "/bin/a"}, "cut": false, "skipped": 4})"));
}

TEST(JournalPayload, OfABareEntryIsCompleteToo) {
    const auto payload = payload_of(entry_of({{"PRIORITY", "loud"}, {"_PID", ""}}));
    EXPECT_EQ(payload["message"], "");
    EXPECT_TRUE(payload["priority"].is_null());
    EXPECT_TRUE(payload["unit"].is_null());
    EXPECT_TRUE(payload["pid"].is_null());
}

TEST(JournalPayload, IsAboutAnotherUnitOnlyWhenSystemdOrRootSaysSo) {
    const auto unit = [](std::map<std::string, std::string> fields) {
        return payload_of(entry_of(std::move(fields)))["unit"];
    };
    EXPECT_EQ(unit({{"_PID", "1"}, {"UNIT", "b.service"}, {"_SYSTEMD_UNIT", "init.scope"}}),
              "b.service");
    EXPECT_EQ(unit({{"_UID", "0"}, {"COREDUMP_UNIT", "c.service"}}), "c.service");
    EXPECT_EQ(unit({{"_PID", "99"},
                    {"_UID", "1000"},
                    {"UNIT", "sshd.service"},
                    {"COREDUMP_UNIT", "sshd.service"},
                    {"_SYSTEMD_UNIT", "session-1.scope"}}),
              "session-1.scope");
}

TEST(JournalPayload, IsCutBetweenCharactersAndSaysSo) {
    // Two bytes each, the first of them at an odd place.
    std::string message = "x";
    for (std::size_t n = 0; n < kJournalMessageBytes; ++n) message += "ü";
    const auto payload = payload_of(entry_of({{"MESSAGE", message}}));
    EXPECT_EQ(payload["cut"], true);
    const auto told = payload["message"].get<std::string>();
    EXPECT_EQ(told, message.substr(0, kJournalMessageBytes - 1));
}

TEST(JournalPayload, IsAlwaysWhatTheDatabaseCanStore) {
    const auto payload =
        payload_of(entry_of({{"MESSAGE", std::string("a\0b\xff", 4)}, {"_COMM", "\xc3"}}));
    EXPECT_EQ(payload["message"], "a\uFFFDb\uFFFD");
    EXPECT_EQ(payload["identifier"], "\uFFFD");
}

TEST(BurstWindow, AdmitsSoManyWithinSoLong) {
    BurstWindow window;
    const BurstLimit limit{.events = 2, .within = 10s};
    EXPECT_TRUE(window.admit(kNoon, limit));
    EXPECT_TRUE(window.admit(kNoon + 9s, limit));
    EXPECT_FALSE(window.admit(kNoon + 9s, limit));
    EXPECT_TRUE(window.admit(kNoon + 10s, limit));
}

TEST(BurstWindow, BeginsAnewWhenTheClockWasSetBack) {
    BurstWindow window;
    const BurstLimit limit{.events = 1, .within = 10s};
    EXPECT_TRUE(window.admit(kNoon, limit));
    EXPECT_TRUE(window.admit(kNoon - 1h, limit));
    EXPECT_FALSE(window.admit(kNoon - 1h, limit));
}

TEST(JournalPosition, IsReadBackAsItWasWritten) {
    const JournalPosition fresh;
    EXPECT_EQ(journal_position(to_json(fresh)), fresh);
    const JournalPosition position{
        .cursor = "s=1;i=2", .window = {.began = kNoon, .events = 7}, .skipped = 3};
    EXPECT_EQ(journal_position(to_json(position)), position);
}

}  // namespace
}  // namespace attune
