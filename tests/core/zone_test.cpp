#include "core/zone.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "core/posix_tz.h"
#include "core/time.h"
#include "os/zone_files.h"
#include "tests/support/random.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(std::string_view text) {
    return std::chrono::floor<Seconds>(parse_rfc3339(text).value());
}

Seconds offset(std::string_view name, std::string_view instant) {
    const auto found = zone(name);
    return found->span(found->span_index(at(instant))).offset;
}

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Zone, KnowsItsOffsetOnBothSidesOfAJump) {
    EXPECT_EQ(offset("Europe/Berlin", "2026-03-29T00:59:59Z"), 1h);
    EXPECT_EQ(offset("Europe/Berlin", "2026-03-29T01:00:00Z"), 2h);
    EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T00:59:59Z"), 2h);
    EXPECT_EQ(offset("Europe/Berlin", "2026-10-25T01:00:00Z"), 1h);
}

TEST(Zone, FollowsTheFooterAfter2037) {
    EXPECT_EQ(offset("Europe/Berlin", "2050-07-01T00:00:00Z"), 2h);
    EXPECT_EQ(offset("Europe/Berlin", "2199-07-01T00:00:00Z"), 2h);
    EXPECT_EQ(offset("Europe/Berlin", "2199-12-31T00:00:00Z"), 1h);
    EXPECT_EQ(offset("Australia/Sydney", "2100-01-01T00:00:00Z"), 11h);
    // Irish standard time is the summer's.
    EXPECT_EQ(offset("Europe/Dublin", "2100-07-01T00:00:00Z"), 1h);
    EXPECT_EQ(offset("Europe/Dublin", "2100-01-01T00:00:00Z"), 0h);
}

TEST(Zone, UtcNeverChanges) {
    EXPECT_EQ(Zone::utc()->name(), "UTC");
    EXPECT_EQ(Zone::utc()->span_count(), 1U);
    EXPECT_FALSE(Zone::utc()->has_dst());
    EXPECT_TRUE(Zone::utc()->same_rules(*zone("Etc/UTC")));
}

TEST(Zone, SaysWhetherItStillHasDst) {
    EXPECT_TRUE(zone("Europe/Berlin")->has_dst());
    EXPECT_TRUE(zone("America/Santiago")->has_dst());
    EXPECT_FALSE(zone("Asia/Tokyo")->has_dst());
    EXPECT_FALSE(zone("America/Sao_Paulo")->has_dst());
}

TEST(Zone, SpansFollowEachOtherAndDiffer) {
    for (const auto& name : zone_names()) {
        const auto found = zone(name);
        EXPECT_EQ(found->span(0).begin, Instant::min()) << name;
        for (std::size_t i = 1; i < found->span_count(); ++i) {
            const auto& before = found->span(i - 1);
            const auto& span = found->span(i);
            EXPECT_EQ(before.end, span.begin) << name;
            EXPECT_NE(before.offset, span.offset) << name;
            EXPECT_GE(span.passed, before.wall(span.begin)) << name;
        }
        EXPECT_EQ(found->span(found->span_count() - 1).end, Instant::max()) << name;
    }
}

// Compares with the C library at every jump, at random instants, and around each New Year.
void expect_agreement(const Zone& ours, const LibcZone& libc, Random& random, int instants) {
    const auto check = [&](Instant instant) {
        ASSERT_EQ(ours.span(ours.span_index(instant)).offset, libc.offset(instant))
            << ours.name() << " " << format_rfc3339(instant);
    };
    for (int i = 0; i < instants; ++i) {
        check(Instant(Seconds(random.between(0, 7'258'118'400))));  // to 2199
    }
    for (std::size_t i = 1; i < ours.span_count(); ++i) {
        if (ours.span(i).begin < Instant(0s)) continue;
        check(ours.span(i).begin);
        check(ours.span(i).begin - 1s);
    }
}

TEST(ZoneProperty, AgreesWithTheCLibraryEverywhere) {
    Random random;
    for (const auto& name : zone_names()) {
        expect_agreement(*zone(name), LibcZone(name), random, random_cases(100));
    }
}

// Compiles the system's tz source in both forms that zic writes.
class SlimAndFat : public testing::TestWithParam<const char*> {
protected:
    static std::filesystem::path compiled(const std::string& form) {
        const auto directory = std::filesystem::path(testing::TempDir()) / ("zones_" + form);
        const auto command = "PATH=$PATH:/usr/sbin zic -b " + form + " -d " +
                             directory.string() + " /usr/share/zoneinfo/tzdata.zi";
        EXPECT_EQ(std::system(command.c_str()), 0);
        return directory;
    }
};

TEST_P(SlimAndFat, FilesAreReadLikeTheCLibraryReadsThem) {
    Random random;
    const auto directory = compiled(GetParam());
    const ZoneFiles files(directory.string());
    int compared = 0;
    for (const auto& name : zone_names()) {
        const auto ours = files.find(name);
        // Some names are links that only the distribution adds.
        if (name == "UTC" || !ours) continue;
        expect_agreement(**ours, LibcZone((directory / name).string()), random, 20);
        ++compared;
    }
    EXPECT_GT(compared, 300);
}

INSTANTIATE_TEST_SUITE_P(Forms, SlimAndFat, testing::Values("slim", "fat"));

TEST(ZoneFile, ThatIsDamagedIsRefused) {
    const auto whole = bytes_of("/usr/share/zoneinfo/Europe/Berlin");
    ASSERT_TRUE(Zone::from_tzif("X", whole));
    const auto message = [](const std::string& bytes) {
        const auto zone = Zone::from_tzif("X", bytes);
        return zone ? "accepted" : zone.error().message;
    };
    EXPECT_THAT(message(""), HasSubstr("is not a TZif file"));
    EXPECT_THAT(message("TZif\0"), HasSubstr("is not a TZif file"));
    EXPECT_THAT(message(whole.substr(0, whole.size() - 1)), HasSubstr("footer"));
    auto old = whole;
    old[4] = '\0';
    EXPECT_THAT(message(old), HasSubstr("version 1"));
}

TEST(ZoneFile, CutAnywhereIsRefusedAndNeverRead) {
    const auto whole = bytes_of("/usr/share/zoneinfo/America/New_York");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(Zone::from_tzif("X", whole.substr(0, length))) << length;
    }
}

TEST(ZoneFile, WithAnyByteChangedNeverCrashes) {
    Random random;
    const auto whole = bytes_of("/usr/share/zoneinfo/Africa/Casablanca");
    for (int i = 0; i < random_cases(2000); ++i) {
        auto bytes = whole;
        for (int changes = 0; changes < 3; ++changes) {
            bytes[static_cast<std::size_t>(
                random.between(0, static_cast<std::int64_t>(bytes.size()) - 1))] =
                static_cast<char>(random.between(0, 255));
        }
        if (const auto zone = Zone::from_tzif("X", bytes)) {
            EXPECT_GE((*zone)->span_count(), 1U);
        }
    }
}

TEST(ZoneName, IsOneOfTheDatabaseAndNothingElse) {
    for (const auto* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                             "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"}) {
        EXPECT_TRUE(is_zone_name(name)) << name;
    }
    for (const auto* name : {"", "/etc/passwd", "../zoneinfo/UTC", "Europe/../UTC", "posix/UTC",
                             "right/UTC", "localtime", "posixrules", "Europe/",
                             "Europe//Berlin", "tzdata.zi", "Europe/Ber lin", ":UTC"}) {
        EXPECT_FALSE(is_zone_name(name)) << name;
    }
}

TEST(ZoneFiles, SayWhichNameTheyDoNotKnow) {
    for (const auto* name : {"Europe/Atlantis", "Europe", "", "localtime", "europe/berlin"}) {
        const auto found = system_zones().find(name);
        ASSERT_FALSE(found) << name;
        EXPECT_EQ(found.error().code, "ATT4003");
        EXPECT_EQ(found.error().reason, "unknown_zone");
    }
}

TEST(ZoneFiles, GiveTheSamePointerAgain) { EXPECT_EQ(zone("Asia/Tokyo"), zone("Asia/Tokyo")); }

class ZoneReload : public testing::Test {
protected:
    ZoneReload() : directory(std::filesystem::path(testing::TempDir()) / "zone_reload") {
        std::filesystem::remove_all(directory);
        std::filesystem::create_directories(directory);
        put("Berlin", "Europe/Berlin");
        put("Tokyo", "Asia/Tokyo");
    }
    ~ZoneReload() override { std::filesystem::remove_all(directory); }

    void put(const std::string& as, const std::string& name) const {
        std::filesystem::copy_file("/usr/share/zoneinfo/" + name, directory / as,
                                   std::filesystem::copy_options::overwrite_existing);
    }

    const std::filesystem::path directory;
};

TEST_F(ZoneReload, ReplacesOnlyZonesWhoseRulesChanged) {
    ZoneFiles files(directory.string());
    const auto berlin = files.find("Berlin").value();
    const auto tokyo = files.find("Tokyo").value();
    put("Berlin", "Europe/London");
    const auto reload = files.reload();
    EXPECT_THAT(reload.changed, ElementsAre("Berlin"));
    EXPECT_THAT(reload.kept, IsEmpty());
    EXPECT_NE(files.find("Berlin").value(), berlin);
    EXPECT_EQ(files.find("Tokyo").value(), tokyo);
}

TEST_F(ZoneReload, CountsTheTimesThatRulesChanged) {
    ZoneFiles files(directory.string());
    EXPECT_TRUE(files.find("Berlin"));
    EXPECT_EQ(files.revision(), 0U);
    put("Berlin", "Europe/Berlin");  // another file, the same rules
    files.reload();
    EXPECT_EQ(files.revision(), 0U);
    put("Berlin", "Europe/London");
    files.reload();
    files.reload();
    EXPECT_EQ(files.revision(), 1U);
}

TEST_F(ZoneReload, SaysOnceThatAZoneIsDamagedAndTakesItsNextFile) {
    ZoneFiles files(directory.string());
    const auto berlin = files.find("Berlin").value();
    std::ofstream(directory / "Berlin") << "TZif, but not really";
    EXPECT_THAT(files.reload().kept, ElementsAre("Berlin"));
    EXPECT_THAT(files.reload().kept, IsEmpty());
    EXPECT_EQ(files.find("Berlin").value(), berlin);
    put("Berlin", "Europe/London");
    EXPECT_THAT(files.reload().changed, ElementsAre("Berlin"));
}

TEST_F(ZoneReload, KeepsTheLastRulesOfAZoneThatVanished) {
    ZoneFiles files(directory.string());
    const auto berlin = files.find("Berlin").value();
    std::filesystem::remove(directory / "Berlin");
    EXPECT_THAT(files.reload().kept, ElementsAre("Berlin"));
    EXPECT_EQ(files.find("Berlin").value(), berlin);
}

TEST_F(ZoneReload, VersionIsThatOfTheDirectory) {
    const ZoneFiles files(directory.string());
    EXPECT_EQ(files.version(), "unknown");
    std::ofstream(directory / "tzdata.zi") << "# version 2031c\n# comment\n";
    EXPECT_EQ(files.version(), "2031c");
}

TEST(PosixRule, ReadsEveryFormOfRfc8536) {
    for (const auto* text : {"UTC0", "<-03>3", "CET-1CEST,M3.5.0,M10.5.0/3",
                             "EST5EDT,M3.2.0,M11.1.0", "IST-1GMT0,M10.5.0,M3.5.0/1",
                             "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "XXX3YYY2,J60/0,J300/25:30:15",
                             "XXX3YYY,0/0,365/167", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"}) {
        EXPECT_TRUE(PosixRule::parse(text)) << text;
    }
    for (const auto* text :
         {"", "UT0", "UTC", "UTC25", "CET-1CEST", "CET-1CEST,M3.5.0",
          "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
          "CET-1CEST,J0,J365", "<>0", "<+01-1", "CET-1CEST,M3.5.0,M10.5.0/168", "UTC0 "}) {
        EXPECT_FALSE(PosixRule::parse(text)) << text;
    }
}

TEST(PosixRule, CountsDaysInThreeWays) {
    const auto begin = [](const std::string& day, int year) {
        const auto rule = PosixRule::parse("AAA0BBB," + day + "/0,J365/0");
        return format_rfc3339(rule->changes_of(std::chrono::year(year)).first.at).substr(5, 5);
    };
    EXPECT_EQ(begin("J60", 2027), "03-01");
    EXPECT_EQ(begin("J60", 2028), "03-01");  // February 29 is never counted
    EXPECT_EQ(begin("59", 2027), "03-01");
    EXPECT_EQ(begin("59", 2028), "02-29");
    EXPECT_EQ(begin("M3.5.0", 2027), "03-28");
    EXPECT_EQ(begin("M3.1.1", 2027), "03-01");
}

}  // namespace
}  // namespace attune
