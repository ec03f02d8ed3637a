// The catalog that the daemon goes on with, change by change, is the one it would load anew.
#include "daemon/live_catalog.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "reconciler/pausing.h"
#include "reconciler/reconcile.h"
#include "store/catalog_store.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kNow = TimePoint(std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}) + 12h;

// What it says, for comparing.
std::string told(const Catalog& catalog) {
    std::string text = std::to_string(catalog.generation().value) + "\n";
    catalog.packs().for_each([&](const auto& pack) { text += pack->ref.text() + "\n"; });
    catalog.triggers().for_each([&](const auto& each) { text += each->ref.text() + "\n"; });
    catalog.actions().for_each([&](const auto& each) { text += each->ref.text() + "\n"; });
    catalog.sensors().for_each([&](const auto& sensor) {
        text += std::to_string(sensor->id.value) + " " + sensor->ref.text() + " " +
                std::to_string(sensor->trigger.value) + (sensor->enabled ? " on " : " off ") +
                sensor->label + sensor->labels + sensor->config + "\n";
    });
    catalog.rules().for_each([&](const auto& rule) {
        text += std::to_string(rule->id.value) + " " + rule->ref.text() +
                (rule->enabled ? " on " : " off ") + rule->constant_params + rule->broken;
        for (const auto sensor : rule->sensors) text += " " + std::to_string(sensor.value);
        text += "\n";
    });
    return text;
}

class LiveCatalogTest : public testing::Test {
protected:
    LiveCatalogTest() {
        tree.interval("tick", 10);
        tree.interval("tock", 20);
        tree.rule("answer", "tick", "core.echo");
        tree.rule("reply", "tock", "core.noop");
    }

    void pass() {
        elapsed += 1min;
        generation =
            reconciler.reconcile(kNow + elapsed, elapsed, {.in_full = true}).generation;
    }

    void expect_as_if_loaded_anew() {
        const auto fresh = CatalogStore(db.database()).compile(nullptr);
        EXPECT_TRUE(fresh.problems.empty());
        EXPECT_EQ(told(*live.at_least(generation)), told(*fresh.catalog));
    }

    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    ManifestTree tree;
    TestDatabase db;
    Duration elapsed{0};
    Generation generation;
    Reconciler reconciler{tree.path().string(), db.database(), system_zones()};
    LiveCatalog live{db.database(), log};
};

TEST_F(LiveCatalogTest, FollowsWhateverChanges) {
    pass();
    expect_as_if_loaded_anew();
    const auto first = live.get();
    EXPECT_THAT(told(*first), HasSubstr("ops.tick"));

    tree.interval("tick", 30);
    tree.interval("third", 5);
    tree.rule("third", "third", "core.echo", R"({"message": "third"})");
    pass();
    expect_as_if_loaded_anew();
    EXPECT_EQ(live.get()->sensors().find("ops.tock"), first->sensors().find("ops.tock"));

    tree.remove("packs/ops/sensors/tock.yaml");
    tree.remove("packs/ops/rules/reply.yaml");
    pass();
    pass();
    expect_as_if_loaded_anew();
    EXPECT_EQ(live.get()->sensors().find("ops.tock"), nullptr);

    tree.interval("tock", 20);
    pass();
    expect_as_if_loaded_anew();
    EXPECT_EQ(live.get()->sensors().find("ops.tock")->id,
              first->sensors().find("ops.tock")->id);
}

TEST_F(LiveCatalogTest, TakesInAPauseAndItsEnd) {
    pass();
    expect_as_if_loaded_anew();
    Pausing pausing(db.database(), system_zones());
    generation = pausing
                     .pause(Kind::kSensor, "ops.tick",
                            {.by = "olga", .reason = {}, .until = std::nullopt}, kNow + 1h)
                     .value()
                     .generation;
    expect_as_if_loaded_anew();
    EXPECT_FALSE(live.get()->sensors().find("ops.tick")->enabled);
}

TEST_F(LiveCatalogTest, ADatabaseThatHasLostItsNewestChangesIsLoadedAnew) {
    pass();
    live.at_least(generation);
    db.run("UPDATE config_state SET generation = generation - 1");
    const Generation behind{generation.value - 1};
    EXPECT_EQ(live.follow(generation, behind)->generation(), behind);
    EXPECT_THAT(written.str(), HasSubstr("it has lost what was newer"));
}

}  // namespace
}  // namespace attune
