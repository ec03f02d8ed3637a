// attune cancel: what it asks of the daemon, and what it makes of the answer.
#include <mutex>
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

// What a daemon says of three executions, and what it was last asked.
struct Asked {
    std::mutex mutex;
    std::string method;
    std::string body;
};

class Executions final : public ControlHandler {
public:
    explicit Executions(Asked& asked) : asked_(asked) {}

    ControlResponse handle(const ControlRequest& request) override {
        {
            const std::scoped_lock lock(asked_.mutex);
            asked_.method = request.method;
            asked_.body = request.body;
        }
        if (request.path == "/v1/executions/17/cancel") {
            return json_response({{"execution", 17}, {"state", "cancelled"}});
        }
        if (request.path == "/v1/executions/18/cancel") {
            return json_response({{"execution", 18}, {"state", "cancelling"}});
        }
        if (request.path == "/v1/executions/19/cancel") {
            return error_response(409, "ended",
                                  "execution 19 has ended already: it is succeeded",
                                  "`attune trace 19` shows how");
        }
        return error_response(404, "not_found", "there is no such execution");
    }

private:
    Asked& asked_;
};

class CancelCommand : public testing::Test {
protected:
    struct Ran {
        int exit;
        std::string out;
        std::string err;
    };

    Ran cancel(std::vector<const char*> words) {
        const std::string socket = path();
        words.insert(words.begin(), {"attune", "cancel"});
        words.insert(words.end(), {"--socket", socket.c_str()});
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        Terminal terminal{in, out, err};
        const int exit =
            run_command_line(static_cast<int>(words.size()), words.data(), terminal);
        return {exit, out.str(), err.str()};
    }
    Json body() {
        const std::scoped_lock lock(asked.mutex);
        EXPECT_EQ(asked.method, "POST");
        return Json::parse(asked.body);
    }
    std::string path() const { return (directory.path() / "control.sock").string(); }

    TempDirectory directory;
    Asked asked;
    ControlServer server{{.socket_path = path(), .group = {}, .listening_fd = {}},
                         [this](int) { return std::make_unique<Executions>(asked); }};
};

TEST_F(CancelCommand, SaysWhetherItHasEndedOrIsBeingStopped) {
    const auto ended = cancel({"17"});
    EXPECT_EQ(ended.exit, kExitOk) << ended.err;
    EXPECT_EQ(ended.out, "execution 17 is cancelled\n");
    EXPECT_EQ(body(), Json::object());
    EXPECT_EQ(cancel({"18"}).out, "execution 18 is being stopped\n");
}

TEST_F(CancelCommand, HandsOnTheReason) {
    cancel({"17", "--reason", "the disk is full"});
    EXPECT_EQ(body(), (Json{{"reason", "the disk is full"}}));
}

TEST_F(CancelCommand, ForProgramsItPrintsTheAnswer) {
    const auto ran = cancel({"18", "-o", "json"});
    EXPECT_EQ(Json::parse(ran.out), (Json{{"execution", 18}, {"state", "cancelling"}}));
}

TEST_F(CancelCommand, FailsForWhatHasEndedOrIsNotThere) {
    const auto ended = cancel({"19"});
    EXPECT_EQ(ended.exit, kExitFailed);
    EXPECT_THAT(ended.err, HasSubstr("it is succeeded"));
    EXPECT_THAT(ended.err, HasSubstr("attune trace 19"));
    EXPECT_EQ(cancel({"20"}).exit, kExitFailed);
    EXPECT_EQ(cancel({}).exit, kExitUsage);
}

TEST_F(CancelCommand, SaysThatNobodyAnswers) {
    server.stop();
    EXPECT_EQ(cancel({"17"}).exit, kExitUnreachable);
}

}  // namespace
}  // namespace attune
