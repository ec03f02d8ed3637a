#include "daemon/zone_watch.h"

#include <filesystem>
#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class ZoneWatchTest : public testing::Test {
protected:
    ZoneWatchTest() : zones(directory.path().string()) {
        put("Europe/Berlin");
        EXPECT_TRUE(zones.find("Home"));
    }

    void put(const std::string& rules) {
        std::filesystem::remove(file);
        std::filesystem::copy_file("/usr/share/zoneinfo/" + rules, file);
    }

    TempDirectory directory;
    const std::filesystem::path file = directory.path() / "Home";
    ZoneFiles zones;
    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    ZoneWatch watch{zones, log};
};

TEST_F(ZoneWatchTest, LooksOnceAMinute) {
    EXPECT_FALSE(watch.look(10s));
    put("Asia/Tokyo");
    EXPECT_FALSE(watch.look(69s));
    EXPECT_EQ(zones.revision(), 0U);
    EXPECT_TRUE(watch.look(70s));
    EXPECT_EQ(zones.revision(), 1U);
    EXPECT_THAT(written.str(), HasSubstr("with new rules for Home"));
    EXPECT_FALSE(watch.look(130s));
}

TEST_F(ZoneWatchTest, AFileThatIsNewAndSaysTheSameIsNoNews) {
    put("Europe/Berlin");
    EXPECT_FALSE(watch.look(0s));
    EXPECT_EQ(zones.revision(), 0U);
    EXPECT_THAT(written.str(), IsEmpty());
}

TEST_F(ZoneWatchTest, SaysOnceThatAZoneIsLostAndTakesItBack) {
    std::filesystem::remove(file);
    EXPECT_FALSE(watch.look(0s));
    EXPECT_THAT(written.str(), HasSubstr("zone_lost: Home can no longer be read"));
    written.str("");
    EXPECT_FALSE(watch.look(60s));
    EXPECT_THAT(written.str(), IsEmpty());
    EXPECT_TRUE(zones.find("Home"));

    put("Asia/Tokyo");
    EXPECT_TRUE(watch.look(120s));
}

}  // namespace
}  // namespace attune
