#include "core/catalog_table.h"

#include <map>
#include <random>

#include <gmock/gmock.h>

#include "core/ids.h"

namespace attune {
namespace {

struct Thing {
    SensorId id;
    Ref ref;
};
using Things = CatalogTable<Thing>;
using Changes = CatalogChanges<Thing>;

CatalogChange<Thing> thing(std::int64_t id, const std::string& name) {
    const SensorId number{id};
    return {number, std::make_shared<const Thing>(Thing{number, *Ref::parse("ops." + name)})};
}

CatalogChange<Thing> gone(std::int64_t id) { return {SensorId{id}, nullptr}; }

Changes many(std::int64_t count) {
    Changes changes;
    for (std::int64_t n = 1; n <= count; ++n) {
        changes.push_back(thing(n, "s" + std::to_string(n)));
    }
    return changes;
}

TEST(CatalogTableTest, FindsByIdAndByRef) {
    const Things table = Things().with({thing(7, "b"), thing(3, "a")});
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(table.find(SensorId{3})->ref.text(), "ops.a");
    EXPECT_EQ(table.find("ops.b")->id, SensorId{7});
    EXPECT_EQ(table.find(SensorId{5}), nullptr);
    EXPECT_EQ(table.find("ops.c"), nullptr);
    EXPECT_EQ(Things().find(SensorId{1}), nullptr);
    EXPECT_EQ(Things().find("ops.a"), nullptr);
}

TEST(CatalogTableTest, LeavesTheTableItWasMadeFromAsItWas) {
    const Things before = Things().with({thing(1, "a"), thing(2, "b")});
    const Things after = before.with({thing(1, "c"), gone(2)});
    EXPECT_EQ(before.find("ops.a")->id, SensorId{1});
    EXPECT_EQ(before.find("ops.b")->id, SensorId{2});
    EXPECT_EQ(after.find("ops.c")->id, SensorId{1});
    EXPECT_EQ(after.find("ops.a"), nullptr);
    EXPECT_EQ(after.find("ops.b"), nullptr);
    EXPECT_EQ(after.size(), 1U);
}

TEST(CatalogTableTest, OfSeveralChangesOfOneIdTheLastCounts) {
    const Things table =
        Things().with({thing(1, "a"), gone(1), thing(1, "b"), thing(2, "c"), gone(2)});
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.find(SensorId{1})->ref.text(), "ops.b");
}

TEST(CatalogTableTest, AnEditSharesEveryRowItDoesNotName) {
    const Things before = Things().with(many(1000));
    const Things after = before.with({thing(500, "edited")});
    std::size_t moved = 0;
    before.for_each([&](const auto& row) {
        if (after.find(row->id) != row.get()) ++moved;
    });
    EXPECT_EQ(moved, 1U);
}

TEST(CatalogTableTest, SaysWhatAMapSaysAfterAnyChanges) {
    std::mt19937 random(20261123);
    std::map<std::int64_t, std::string> expected;
    Things table;
    for (int round = 0; round < 60; ++round) {
        Changes changes;
        for (int n = 0; n < 40; ++n) {
            const auto id = static_cast<std::int64_t>(random() % 900) + 1;
            if (random() % 3 == 0) {
                changes.push_back(gone(id));
                expected.erase(id);
            } else {
                const std::string name = "n" + std::to_string(id) + "_" + std::to_string(round);
                changes.push_back(thing(id, name));
                expected[id] = "ops." + name;
            }
        }
        table = table.with(changes);
        std::map<std::int64_t, std::string> actual;
        table.for_each([&](const auto& row) { actual[row->id.value] = row->ref.text(); });
        ASSERT_EQ(actual, expected);
        ASSERT_EQ(table.size(), expected.size());
        for (const auto& [id, ref] : expected) ASSERT_EQ(table.find(ref)->id.value, id);
    }
}

}  // namespace
}  // namespace attune
