// attune next --running: timers as the daemon has them.
#include <sstream>

#include <gmock/gmock.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "core/json.h"
#include "tests/support/temp_directory.h"
#include "wire/control_server.h"

namespace attune {
namespace {

using testing::HasSubstr;

// What a daemon says of three sensors.
class Sensors final : public ControlHandler {
public:
    ControlResponse handle(const ControlRequest& request) override {
        Json sensor = {
            {"kind", "Sensor"},
            {"trigger", "core.intervaltimer"},
            {"document",
             {{"spec",
               {{"trigger", "core.intervaltimer"},
                {"config", {{"unit", "minutes"}, {"interval", 10}, {"max_fires", 5}}}}}}},
            {"timer",
             {{"state", "armed"},
              {"anchor_at", "2026-11-23T12:03:00Z"},
              {"cursor_at", "2026-11-23T12:33:00Z"},
              {"fires", 3}}}};
        if (request.path == "/v1/objects/sensors/ops.tick") return json_response(sensor);
        if (request.path == "/v1/objects/sensors/ops.paused") {
            sensor["timer"]["state"] = "paused";
            return json_response(sensor);
        }
        if (request.path == "/v1/objects/sensors/ops.deploys") {
            sensor["trigger"] = "ops.deployed";
            sensor["timer"] = nullptr;
            return json_response(sensor);
        }
        return error_response(404, "not_found", "there is no sensor of that name");
    }
};

class NextRunning : public testing::Test {
protected:
    struct Ran {
        int exit;
        std::string out;
        std::string err;
    };

    Ran next(const std::string& ref) {
        const std::string socket = path();
        const std::vector<const char*> words{
            "attune",   "next",         "--running", ref.c_str(),
            "--socket", socket.c_str(), "--after",   "2026-11-23T12:20:00Z",
            "-o",       "json"};
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        Terminal terminal{in, out, err};
        const int exit =
            run_command_line(static_cast<int>(words.size()), words.data(), terminal);
        return {exit, out.str(), err.str()};
    }
    std::string path() const { return (directory.path() / "control.sock").string(); }

    TempDirectory directory;
    ControlServer server{{.socket_path = path(), .group = {}, .listening_fd = {}},
                         [](int) { return std::make_unique<Sensors>(); }};
};

TEST_F(NextRunning, CountsFromTheAnchorTheCursorAndTheFiresOfTheRow) {
    const auto ran = next("ops.tick");
    ASSERT_EQ(ran.exit, kExitOk) << ran.err;
    const auto answer = Json::parse(ran.out).at(0);
    EXPECT_EQ(answer.at("sensor"), "ops.tick");
    // 12:23 and 12:33 are decided; two of five fires are left.
    EXPECT_EQ(answer.at("next"), (Json{"2026-11-23T12:43:00Z", "2026-11-23T12:53:00Z"}));
}

TEST_F(NextRunning, APausedTimerHasNothingComing) {
    const auto ran = next("ops.paused");
    ASSERT_EQ(ran.exit, kExitOk) << ran.err;
    EXPECT_EQ(Json::parse(ran.out).at(0).at("next"), Json::array());
}

TEST_F(NextRunning, SaysThatASensorIsNoTimerOrNotThere) {
    EXPECT_THAT(next("ops.deploys").err, HasSubstr("ops.deploys is not fired by a timer"));
    EXPECT_EQ(next("ops.deploys").exit, kExitFailed);
    EXPECT_EQ(next("ops.nobody").exit, kExitFailed);
}

TEST_F(NextRunning, SaysThatNobodyAnswers) {
    server.stop();
    EXPECT_EQ(next("ops.tick").exit, kExitUnreachable);
}

}  // namespace
}  // namespace attune
