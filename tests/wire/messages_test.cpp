#include "wire/messages.h"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/limits.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TimePoint at(std::int64_t micros) { return TimePoint(Duration(micros)); }

constexpr ExecutionKey kKey{ExecutionId{7}, TimePoint(9us)};
constexpr ClaimToken kToken{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

Decision decision() {
    return {.sensor = {1},
            .spec_rev = {2},
            .from = at(3),
            .through = at(4),
            .skip_through = at(-5),
            .skipped = 6,
            .reason = SkipReason::kWindow,
            .fires = true,
            .misfire = false,
            .exhausted = true,
            .due_at = at(7),
            .fired_at = at(8),
            .next_at = kNever,
            .occurrence = 9};
}

ProcessClaim claim() {
    return {.key = kKey,
            .token = kToken,
            .executor = 1,
            .attempt = 2,
            .action_ref = "a.b",
            .rule_ref = "r.s",
            .event = {3},
            .idempotency_key = "k",
            .command = {"files/x", "y"},
            .pack_directory = "/p",
            .env = {{"N", "v"}},
            .params = "{}",
            .output = OutputFormat::kJson,
            .timeout = 5s};
}

// One of each kind, every field different from its default.
std::vector<Message> one_of_each() {
    return {Decisions{"t", {decision()}},
            Confirmations{{{{1}, {2}, at(3), true}}},
            CatalogChanged{{5}},
            Wake{},
            FireRequest{1, "c", {2}, at(3), "k", "{}", EventOrigin::kJournal},
            FireReply{1, RequestOutcome::kDuplicate, {2}, at(3), "f"},
            RunRequest{1, "c", {2}, at(3), "{}", "k"},
            RunReply{1, RequestOutcome::kRefused, kKey, "f"},
            StartProcess{claim()},
            ProcessStarted{kKey, kToken, 123, 456},
            GoProcess{kKey, kToken},
            AbortProcess{kKey, kToken},
            CancelProcess{kKey, kToken},
            ProcessFinished{kKey, kToken, {ExecutionState::kTimedOut, "{}", at(8)}},
            FeedItem{"event.created", "a.b", at(1), "{}"},
            ReconcileRequest{1, "c", true, 2},
            ReconcileReply{1, "{}"},
            RunnerHello{"1.2.3"},
            RunnerRoster{1, {{kKey, kToken}}},
            RosterTaken{1, 2, {kToken}},
            PauseRequest{1, "c", Kind::kRule, "a.b", false, "alice", "why", true, at(4)},
            PauseReply{1, PauseOutcome::kRefused, {5}, "f"},
            CancelRequest{1, "c", kKey, "alice", "why", at(4)},
            CancelReply{1, CancelOutcome::kEnded, ExecutionState::kSucceeded, "f"},
            StartUnit{claim()}};
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const auto byte : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

std::string fault_of(std::string_view bytes) {
    const auto message = decode(bytes);
    return message ? "" : message.error().message;
}

TEST(Messages, EachKindIsWhatItWasAfterTheJourney) {
    const auto messages = one_of_each();
    ASSERT_EQ(messages.size(), std::variant_size_v<Message>);
    for (std::size_t kind = 0; kind < messages.size(); ++kind) {
        ASSERT_EQ(messages[kind].index(), kind);
        const auto bytes = encode(messages[kind]);
        const auto read = decode(bytes);
        ASSERT_TRUE(read) << kind << ": " << read.error().message;
        // Bytes say every field, so equal bytes are equal messages.
        EXPECT_EQ(encode(*read), bytes) << kind;
        EXPECT_EQ(read->index(), kind);
    }
}

TEST(Messages, ADecisionKeepsEveryField) {
    const auto read = decode(encode(Decisions{"timers.0", {decision(), Decision{}}}));
    ASSERT_TRUE(read);
    const auto& decisions = std::get<Decisions>(*read);
    EXPECT_EQ(decisions.reply_to, "timers.0");
    ASSERT_EQ(decisions.decisions.size(), 2U);
    const auto& d = decisions.decisions[0];
    const auto e = decision();
    EXPECT_EQ(std::tie(d.sensor, d.spec_rev, d.from, d.through, d.skip_through, d.skipped),
              std::tie(e.sensor, e.spec_rev, e.from, e.through, e.skip_through, e.skipped));
    EXPECT_EQ(std::tie(d.reason, d.fires, d.misfire, d.exhausted, d.due_at, d.fired_at),
              std::tie(e.reason, e.fires, e.misfire, e.exhausted, e.due_at, e.fired_at));
    EXPECT_EQ(std::tie(d.next_at, d.occurrence), std::tie(e.next_at, e.occurrence));
}

TEST(Messages, AProcessClaimKeepsEveryField) {
    const auto read = decode(encode(StartProcess{claim()}));
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<StartProcess>(*read).claim, claim());
}

// The bytes themselves: programs of one version must agree on them for ever.
TEST(Messages, BytesStayAsTheyAre) {
    const std::vector<std::string> golden = {
        "0100"
        "0100000074"
        "01000000"
        "01000000000000000200000000000000030000000000000004000000000000"
        "00fbffffffffffffff0600000000000000020100010700000000000000080000"
        "0000000000ffffffffffffff7f0900000000000000",
        "0101"
        "01000000"
        "01000000000000000200000000000000030000000000000001",
        "0102"
        "0500000000000000",
        "0103",
        "0104"
        "0100000000000000"
        "0100000063"
        "02000000000000000300000000000000"
        "010000006b"
        "020000007b7d"
        "02",
        "0105"
        "0100000000000000"
        "01"
        "02000000000000000300000000000000"
        "0100000066",
        "0106"
        "0100000000000000"
        "0100000063"
        "02000000000000000300000000000000"
        "020000007b7d"
        "010000006b",
        "0107"
        "0100000000000000"
        "02"
        "07000000000000000900000000000000"
        "0100000066",
        "0108"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f"
        "0100000002000000"
        "03000000612e62"
        "03000000722e73"
        "0300000000000000"
        "010000006b"
        "020000000700000066696c65732f780100000079"
        "020000002f70"
        "01000000010000004e0100000076"
        "020000007b7d"
        "01"
        "404b4c0000000000",
        "0109"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f"
        "7b000000c801000000000000",
        "010a"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f",
        "010b"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f",
        "010c"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f",
        "010d"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f"
        "06"
        "020000007b7d"
        "0800000000000000",
        "010e"
        "0d0000006576656e742e63726561746564"
        "03000000612e62"
        "0100000000000000"
        "020000007b7d",
        "010f"
        "0100000000000000"
        "01000000"
        "63"
        "01"
        "02000000",
        "0110"
        "0100000000000000"
        "02000000"
        "7b7d",
        "0111"
        "05000000312e322e33",
        "0112"
        "0100000000000000"
        "01000000"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f",
        "0113"
        "0100000000000000"
        "02000000"
        "01000000"
        "000102030405060708090a0b0c0d0e0f",
        "0114"
        "0100000000000000"
        "01000000"
        "63"
        "04"
        "03000000612e62"
        "00"
        "05000000616c696365"
        "03000000776879"
        "01"
        "0400000000000000",
        "0115"
        "0100000000000000"
        "03"
        "0500000000000000"
        "01000000"
        "66",
        "0116"
        "0100000000000000"
        "01000000"
        "63"
        "07000000000000000900000000000000"
        "05000000616c696365"
        "03000000776879"
        "0400000000000000",
        "0117"
        "0100000000000000"
        "01"
        "04"
        "01000000"
        "66",
        "0118"
        "07000000000000000900000000000000"
        "000102030405060708090a0b0c0d0e0f"
        "0100000002000000"
        "03000000612e62"
        "03000000722e73"
        "0300000000000000"
        "010000006b"
        "020000000700000066696c65732f780100000079"
        "020000002f70"
        "01000000010000004e0100000076"
        "020000007b7d"
        "01"
        "404b4c0000000000"};
    const auto messages = one_of_each();
    ASSERT_EQ(messages.size(), golden.size());
    for (std::size_t kind = 0; kind < golden.size(); ++kind) {
        EXPECT_EQ(hex(encode(messages[kind])), golden[kind]) << kind;
    }
}

TEST(Messages, AFullLoadOfDecisionsFitsIntoAMessage) {
    Decisions decisions{"timers.0", {}};
    decisions.decisions.assign(limits::kDecisionsPerMessage, decision());
    EXPECT_LE(encode(decisions).size(), limits::kMessageBytes);
}

TEST(Messages, ACutOrPaddedMessageIsRefused) {
    for (const auto& message : one_of_each()) {
        const auto bytes = encode(message);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            EXPECT_THAT(fault_of(std::string_view(bytes).substr(0, length)),
                        HasSubstr("it is cut short"));
        }
        EXPECT_THAT(fault_of(bytes + '\0'), HasSubstr("bytes follow its end"));
    }
}

TEST(Messages, AnotherVersionAndAnUnknownKindAreRefused) {
    auto bytes = encode(Wake{});
    bytes[0] = 2;
    EXPECT_THAT(fault_of(bytes), HasSubstr("its version is not ours"));
    bytes[0] = 1;
    bytes[1] = static_cast<char>(std::variant_size_v<Message>);
    EXPECT_THAT(fault_of(bytes), HasSubstr("its kind is unknown"));
    EXPECT_EQ(decode(bytes).error().code, "ATT7101");
}

TEST(Messages, AValueOutOfItsRangeIsRefused) {
    auto bytes = encode(Confirmations{{{{1}, {2}, at(3), true}}});
    bytes.back() = 2;  // neither false nor true
    EXPECT_THAT(fault_of(bytes), HasSubstr("a value is out of its range"));

    bytes = encode(FireReply{});
    bytes[10] = 3;  // one more than the last outcome
    EXPECT_THAT(fault_of(bytes), HasSubstr("a value is out of its range"));
}

TEST(Messages, ALengthThatLiesCostsNothing) {
    auto bytes = encode(Confirmations{});
    bytes.replace(2, 4, "\xff\xff\xff\x7f", 4);
    EXPECT_THAT(fault_of(bytes), HasSubstr("a list is too long"));

    bytes = encode(FireRequest{});
    bytes.replace(10, 4, "\xff\xff\xff\xff", 4);
    EXPECT_THAT(fault_of(bytes), HasSubstr("it is cut short"));
}

// Whatever arrives, decode() answers: a message whose bytes are the ones given, or a fault.
TEST(Messages, AnyBytesAreAMessageOrAFault) {
    std::mt19937 random(20261123);
    const auto samples = one_of_each();
    int messages = 0;
    for (int round = 0; round < 200'000; ++round) {
        auto bytes = encode(samples[random() % samples.size()]);
        for (auto changes = random() % 4; changes > 0; --changes) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        if (random() % 4 == 0) bytes.resize(random() % 64, static_cast<char>(random()));
        const auto read = decode(bytes);
        if (!read) continue;
        ++messages;
        ASSERT_EQ(encode(*read), bytes) << hex(bytes);
    }
    EXPECT_GT(messages, 10'000);
}

}  // namespace
}  // namespace attune
