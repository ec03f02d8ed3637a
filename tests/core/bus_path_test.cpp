#include "core/bus_path.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(BusPath, KeepsLettersAndDigitsAndWritesTheRestInHexadecimal) {
    EXPECT_EQ(bus_path_element("ops.every_10m"), "ops_2eevery_5f10m");
    EXPECT_EQ(bus_path_element("Ünit"), "_c3_9cnit");
}

TEST(BusPath, BeginsWithNoDigitAndIsNeverEmpty) {
    EXPECT_EQ(bus_path_element("9p"), "_39p");
    EXPECT_EQ(bus_path_element(""), "_");
}

TEST(BusPath, LeadsBackToTheName) {
    for (const auto* name : {"ops.tick", "", "9p", "a-b_c", "_"}) {
        EXPECT_EQ(name_of_element(bus_path_element(name)), name);
    }
}

TEST(BusPath, RefusesWhatNoNameIsWrittenAs) {
    for (const auto* element : {"", "a_2", "a_2E", "9p", "a_zz", "a.b", "_61", "__"}) {
        EXPECT_FALSE(name_of_element(element)) << element;
    }
}

}  // namespace
}  // namespace attune
