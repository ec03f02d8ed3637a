// The reply of a COMMIT gets lost, or the COMMIT itself: whichever of an executor's it is, what
// was asked for happens once, and whoever asked is told so.
#include <gmock/gmock.h>

#include "tests/daemon/executor/executor_rig.h"
#include "tests/support/pg_proxy.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::Field;
using testing::SizeIs;

using Case = std::tuple<PgProxy::Loss, int>;

class DoubtTest : public testing::TestWithParam<Case> {
protected:
    DoubtTest() {
        rig.tree.write(
            "packs/ops/triggers/alert.yaml",
            "apiVersion: attune/v1\nkind: Trigger\nmetadata: {ref: ops.alert}\nspec: {}\n");
        rig.tree.write("packs/ops/sensors/door.yaml",
                       "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.door}\nspec: "
                       "{trigger: ops.alert, runtime: core.sensor.external}\n");
        rig.tree.interval("tick", 10);
        rig.tree.rule("echo", "tick", "core.echo");
        rig.apply();
        rig.start(Database{.url = proxy.url()});
    }

    // A timer's decision, an event from outside and a run, each said once.
    void ask_for_one_of_each() {
        const auto catalog = rig.catalog->get();
        rig.push(rig.due_after(10s));
        rig.to_executor->send(
            encode(FireRequest{.request = 1,
                               .reply_to = "asker",
                               .sensor = catalog->sensors().find("ops.door")->id,
                               .scheduled_at = rig.now,
                               .dedupe_key = "ring",
                               .payload = "{}"}));
        rig.to_executor->send(
            encode(RunRequest{.request = 2,
                              .reply_to = "asker",
                              .action = catalog->actions().find("core.echo")->id,
                              .scheduled_at = rig.now,
                              .params = "{}",
                              .key = "once"}));
        rig.step(10s);
    }

    PgProxy::Loss loss() const { return std::get<0>(GetParam()); }
    int others() const { return std::get<1>(GetParam()); }

    ExecutorRig rig;
    PgProxy proxy{rig.db.database().url};
};

TEST_P(DoubtTest, EverythingHappensOnceAndIsAnswered) {
    proxy.lose(loss(), others());
    ask_for_one_of_each();
    for (int n = 0; n < 50; ++n) rig.step(100ms);
    ASSERT_TRUE(proxy.has_lost());

    EXPECT_THAT(rig.confirmed(),
                testing::AllOf(SizeIs(1), Each(Field(&Confirmation::recorded, true))));
    const auto fired = std::get<FireReply>(*decode(rig.asker.receive().value()));
    EXPECT_EQ(fired.outcome, RequestOutcome::kRecorded);
    EXPECT_EQ(rig.value("SELECT id FROM event WHERE origin = 'manual'"),
              std::to_string(fired.event.value));
    const auto run = std::get<RunReply>(*decode(rig.asker.receive().value()));
    EXPECT_EQ(run.outcome, RequestOutcome::kRecorded);
    EXPECT_EQ(rig.value("SELECT id FROM execution WHERE enforcement_id IS NULL"),
              std::to_string(run.execution.id.value));
    EXPECT_FALSE(rig.asker.receive());

    EXPECT_EQ(rig.db.table("SELECT sensor_ref, count(*) FROM event GROUP BY 1 ORDER BY 1"),
              "ops.door|1\nops.tick|1");
    EXPECT_EQ(rig.db.table("SELECT state, attempt, count(*) FROM execution GROUP BY 1, 2"),
              "succeeded|1|2");
    EXPECT_EQ(rig.slots.free(), 4);
}

std::string name_of(const testing::TestParamInfo<Case>& tested) {
    const auto [loss, others] = tested.param;
    return (loss == PgProxy::Loss::kCommit ? "Commit" : "Reply") + std::to_string(others);
}

// The ids, the day, the recording, the run, the outcomes: seven commits follow each other.
INSTANTIATE_TEST_SUITE_P(EveryCommit, DoubtTest,
                         testing::Combine(testing::Values(PgProxy::Loss::kCommit,
                                                          PgProxy::Loss::kCommitReply),
                                          testing::Range(0, 7)),
                         name_of);

}  // namespace
}  // namespace attune
