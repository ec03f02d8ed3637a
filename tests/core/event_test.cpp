#include "core/event.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kMoment =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h + 1500us;

TEST(EventTest, ATimersKeyIsItsInstantToTheMicrosecond) {
    const Event event{.id = {},
                      .sensor = {},
                      .origin = EventOrigin::kTimer,
                      .scheduled_at = kMoment,
                      .fired_at = kMoment + 1s,
                      .dedupe_key = {},
                      .payload = "{}"};
    EXPECT_EQ(idempotency_key("ops.tick", event, "ops.sweep"),
              "ops.tick@2026-11-23T12:00:00.001500Z/ops.sweep");
}

TEST(EventTest, AnotherEventsKeyIsItsCallers) {
    const Event event{.id = {},
                      .sensor = {},
                      .origin = EventOrigin::kManual,
                      .scheduled_at = kMoment,
                      .fired_at = kMoment,
                      .dedupe_key = "order/77",
                      .payload = "{}"};
    EXPECT_EQ(idempotency_key("ops.orders", event, "ops.ship"), "ops.orders!order/77/ops.ship");
}

TEST(EventTest, AClaimTokenReadsAsAUuid) {
    ClaimToken token;
    for (std::size_t n = 0; n < token.bytes.size(); ++n) {
        token.bytes[n] = static_cast<std::uint8_t>(n * 17);
    }
    EXPECT_EQ(to_string(token), "00112233-4455-6677-8899-aabbccddeeff");
}

}  // namespace
}  // namespace attune
