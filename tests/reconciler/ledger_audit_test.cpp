#include "reconciler/ledger_audit.h"

#include <gmock/gmock.h>

#include "reconciler/reconcile.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// A cron timer whose cursor passed an instant that nobody recorded.
class LedgerAuditTest : public testing::Test {
protected:
    LedgerAuditTest() {
        tree.write("packs/ops/sensors/noon.yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.noon}\nspec:\n"
                   "  trigger: core.crontimer\n"
                   "  config: {expression: \"0 12 * * *\", timezone: Europe/Berlin}\n");
        Reconciler(tree.path().string(), db.database(), system_zones())
            .reconcile(at("2026-11-23T09:00:00Z"), 0s, {.in_full = true});
    }

    std::vector<AuditFinding> audit() {
        Audit store(db.database());
        return audit_ledger(store,
                            {.after = at("2026-11-23T08:00:00Z"),
                             .through = at("2026-11-23T14:00:00Z"),
                             .now = at("2026-11-23T14:00:00Z")},
                            system_zones())
            .findings;
    }

    TestDatabase db;
    ManifestTree tree;
};

TEST_F(LedgerAuditTest, ComputesTheInstantsOfCronTimersSecondBySecond) {
    EXPECT_THAT(audit(), IsEmpty());
    db.run("UPDATE timer SET cursor_at = '2026-11-23T11:00:00Z'");
    const auto findings = audit();
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].subject, "ops.noon");
    EXPECT_EQ(findings[0].at, at("2026-11-23T11:00:00Z"));
    EXPECT_THAT(findings[0].text, Not(HasSubstr("zone rules")));
}

TEST_F(LedgerAuditTest, SaysWhenItJudgesByOtherZoneRulesThanTheTimerWasArmedWith) {
    db.run("UPDATE timer SET cursor_at = '2026-11-23T11:00:00Z'");
    db.run("UPDATE timer_rev SET tzdata = '1999a'");
    ASSERT_THAT(audit(), SizeIs(1));
    EXPECT_THAT(audit()[0].text,
                HasSubstr("armed with the zone rules of 1999a and is judged by those of " +
                          system_zones().version()));
}

}  // namespace
}  // namespace attune
