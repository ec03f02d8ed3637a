// Server and client of the control protocol against each other and against rude strangers.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>

#include "core/json.h"
#include "tests/support/as_user.h"
#include "tests/support/temp_directory.h"
#include "wire/control_client.h"
#include "wire/control_server.h"
#include "wire/unix_socket.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Why = ControlUnreachable::Why;

// Long enough for any machine; reached only by a test that fails.
constexpr Duration kPatience = 60s;

// Answers with the request, and does what the test wants at some paths.
class TestHandler : public ControlHandler {
public:
    using Answer = std::function<ControlResponse(const ControlRequest&)>;
    explicit TestHandler(Answer answer) : answer_(std::move(answer)) {}
    ControlResponse handle(const ControlRequest& request) override { return answer_(request); }

private:
    Answer answer_;
};

ControlResponse echo(const ControlRequest& request) {
    return json_response({{"method", request.method},
                          {"path", request.path},
                          {"query", request.query},
                          {"body", request.body},
                          {"uid", request.peer.uid}});
}

// A client without manners: it sends and reads what it likes.
class RawClient {
public:
    explicit RawClient(const std::string& path) : fd_(connect_unix(path, kPatience)) {
        ::fcntl(fd_.get(), F_SETFL, 0);
    }

    // False when the server has closed already.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Everything until the server closes.
    std::string read_all() {
        std::string all;
        char piece[65536];
        for (ssize_t got = 0; (got = ::recv(fd_.get(), piece, sizeof piece, 0)) > 0;) {
            all.append(piece, static_cast<std::size_t>(got));
        }
        return all;
    }

    // Until `text` has come, or the server closes.
    std::string read_until(std::string_view text) {
        std::string all;
        char c = 0;
        while (!all.ends_with(text) && ::recv(fd_.get(), &c, 1, 0) > 0) all += c;
        return all;
    }

    // Waits for the server to close, reading nothing.
    bool closes_within(std::chrono::milliseconds patience) {
        pollfd end{.fd = fd_.get(), .events = 0, .revents = 0};
        return ::poll(&end, 1, static_cast<int>(patience.count())) == 1;
    }

private:
    UniqueFd fd_;
};

class ControlHttpTest : public testing::Test {
protected:
    void start(TestHandler::Answer answer = echo) {
        server.emplace(options,
                       [answer](int) { return std::make_unique<TestHandler>(answer); });
    }
    ControlResponse ask(const std::string& method, const std::string& target,
                        const std::string& body = {}) const {
        return ControlClient(options.socket_path).request(method, target, body, kPatience);
    }
    Why why_not(Duration deadline = kPatience) const {
        try {
            ControlClient(options.socket_path).request("GET", "/", "", deadline);
        } catch (const ControlUnreachable& unreachable) {
            EXPECT_THAT(unreachable.what(), HasSubstr(options.socket_path));
            return unreachable.why;
        }
        ADD_FAILURE() << "it was answered";
        return {};
    }
    RawClient stranger() const { return RawClient(options.socket_path); }

    TempDirectory directory;
    ControlServerOptions options{
        .socket_path = directory / "control.sock", .group = {}, .listening_fd = {}};
    std::optional<ControlServer> server;
};

TEST_F(ControlHttpTest, ARequestReachesTheHandlerAndItsResponseTheClient) {
    start();
    const auto response = ask("POST", "/v1/sensors/ops.tick/fire?dry=1", R"({"a":1})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(Json::parse(response.body), (Json{{"method", "POST"},
                                                {"path", "/v1/sensors/ops.tick/fire"},
                                                {"query", {{"dry", "1"}}},
                                                {"body", R"({"a":1})"},
                                                {"uid", ::geteuid()}}));
}

TEST_F(ControlHttpTest, AnErrorIsAResponseLikeAnyOther) {
    start([](const auto&) { return error_response(409, "ATT6001", "too many", "less"); });
    const auto response = ask("GET", "/");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(Json::parse(response.body)["error"]["code"], "ATT6001");
}

TEST_F(ControlHttpTest, BodiesOfAnyBytesAndOfNoneTravel) {
    start([](const auto& request) { return ControlResponse{.body = request.body}; });
    EXPECT_EQ(ask("POST", "/").body, "");
    std::string every;
    for (int i = 0; i < 1'000'000; ++i) every += static_cast<char>(i);
    EXPECT_EQ(ask("POST", "/", every).body, every);
}

TEST_F(ControlHttpTest, AHandlerThatThrowsIsAnInternalErrorAndReported) {
    std::mutex mutex;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) {
        const std::lock_guard lock(mutex);
        reports.push_back(text);
    };
    start([](const auto&) -> ControlResponse { throw std::runtime_error("the disk is gone"); });
    const auto response = ask("GET", "/v1/status");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(Json::parse(response.body)["error"]["message"], "the disk is gone");
    const std::lock_guard lock(mutex);
    EXPECT_THAT(reports, ElementsAre("GET /v1/status failed: the disk is gone"));
}

TEST_F(ControlHttpTest, ConnectionsMayBeUsedAgain) {
    start([](const auto& request) { return ControlResponse{.body = request.path}; });
    auto client = stranger();
    client.send("GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("/one"), HasSubstr("200 OK"));
    client.send("GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), EndsWith("/two"));
}

TEST_F(ControlHttpTest, AnAnswerToHeadTellsOnlyHowLongItIs) {
    start([](const auto& request) { return ControlResponse{.body = request.path}; });
    auto client = stranger();
    client.send("HEAD /one HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 4\r\n"));
    client.send("GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("/two")));
}

TEST_F(ControlHttpTest, AClientThatAsksFirstIsToldToGoOn) {
    start();
    auto client = stranger();
    client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
    client.send("ab");
    EXPECT_THAT(client.read_all(),
                AllOf(StartsWith("HTTP/1.1 200"), HasSubstr(R"("body":"ab")")));
}

TEST_F(ControlHttpTest, OneSlowAnswerDoesNotHoldTheNext) {
    std::latch asked(1);
    std::latch answered(1);
    start([&](const ControlRequest& request) {
        if (request.path == "/slow") {
            asked.count_down();
            answered.wait();
        }
        return echo(request);
    });
    std::jthread slow([&] { EXPECT_EQ(ask("GET", "/slow").status, 200); });
    asked.wait();
    EXPECT_EQ(ask("GET", "/v1/status").status, 200);
    answered.count_down();
}

TEST_F(ControlHttpTest, WhatWaitsHoldsNobodyWhoOnlyLooks) {
    std::latch asked(options.handler_threads - 1);
    std::latch answered(1);
    start([&](const ControlRequest& request) {
        if (request.method == "POST") {
            asked.count_down();
            answered.wait();
        }
        return echo(request);
    });
    std::vector<std::jthread> waiting;
    for (int n = 0; n < options.handler_threads - 1; ++n) {
        waiting.emplace_back([&] { EXPECT_EQ(ask("POST", "/wait").status, 200); });
    }
    asked.wait();
    waiting.emplace_back([&] { EXPECT_EQ(ask("GET", "/v1/status").status, 200); });
    EXPECT_EQ(ask("GET", "/v1/status").status, 200);
    answered.count_down();
}

TEST_F(ControlHttpTest, EachThreadHasAHandlerOfItsOwn) {
    std::mutex mutex;
    std::vector<int> numbers;
    std::set<std::thread::id> threads;
    server.emplace(options, [&](int number) {
        const std::lock_guard lock(mutex);
        numbers.push_back(number);
        threads.insert(std::this_thread::get_id());
        return std::make_unique<TestHandler>(echo);
    });
    EXPECT_THAT(numbers, testing::UnorderedElementsAre(0, 1, 2, 3));
    EXPECT_EQ(threads.size(), 4U);
    EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(ControlHttpTest, AHandlerThatCannotBeMadeStopsTheStart) {
    EXPECT_THROW(server.emplace(options,
                                [](int number) -> std::unique_ptr<ControlHandler> {
                                    if (number == 1) throw std::runtime_error("no inbox");
                                    return std::make_unique<TestHandler>(echo);
                                }),
                 std::runtime_error);
    EXPECT_EQ(::access(options.socket_path.c_str(), F_OK), -1);
}

TEST_F(ControlHttpTest, ManyClientsAtOnceAreAllAnswered) {
    start();
    std::atomic<int> answered = 0;
    std::vector<std::jthread> clients;
    for (int client = 0; client < 16; ++client) {
        clients.emplace_back([&, client] {
            for (int i = 0; i < 25; ++i) {
                const auto path = "/" + std::to_string(client * 100 + i);
                if (Json::parse(ask("GET", path).body)["path"] == path) ++answered;
            }
        });
    }
    clients.clear();
    EXPECT_EQ(answered, 16 * 25);
}

// Bad manners.

TEST_F(ControlHttpTest, WhatIsNoHttpIsRefused) {
    start();
    for (const auto* bytes :
         {"rubbish\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n",
          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        auto client = stranger();
        client.send(bytes);
        EXPECT_THAT(client.read_all(),
                    AllOf(StartsWith("HTTP/1.1 400"), HasSubstr(R"("code":"malformed")")))
            << bytes;
    }
}

TEST_F(ControlHttpTest, ATargetThatIsNoneIsRefused) {
    start();
    EXPECT_THAT(ask("GET", "/?a=%zz").body, HasSubstr("ATT7103"));
    EXPECT_EQ(ask("GET", "*").status, 400);
    EXPECT_EQ(ask("GET", "/?a=1&a=2").status, 400);
}

TEST_F(ControlHttpTest, ABodyThatIsTooLargeIsRefusedBeforeItIsRead) {
    start();
    const auto response = ask("POST", "/", std::string(limits::kControlBodyBytes + 1, 'x'));
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(ask("POST", "/", std::string(limits::kControlBodyBytes, 'x')).status, 200);

    auto client = stranger();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST_F(ControlHttpTest, ABodyOfUntoldLengthIsBoundedToo) {
    options.body_bytes = 1000;
    start();
    auto client = stranger();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'x') + "\r\n");
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413"));
}

TEST_F(ControlHttpTest, AHeadThatNeverEndsIsRefused) {
    start();
    auto client = stranger();
    client.send("GET / HTTP/1.1\r\n");
    while (client.send("X-More: " + std::string(1000, 'x') + "\r\n")) {
        // Until the server, having answered, hangs up.
    }
    EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431"));
}

TEST_F(ControlHttpTest, AClientThatDripsItsRequestIsCutOffAndHoldsNobody) {
    options.deadline = 200ms;
    start();
    auto client = stranger();
    client.send("GET / HTTP/1.1\r\nX-Slow: ");
    EXPECT_EQ(ask("GET", "/").status, 200);
    int drops = 0;
    while (!client.closes_within(10ms) && ++drops < 1000) client.send("x");
    EXPECT_LT(drops, 1000);
}

TEST_F(ControlHttpTest, AClientThatSaysNothingIsCutOff) {
    options.deadline = 50ms;
    start();
    auto silent = stranger();
    auto half = stranger();
    half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(silent.read_all(), "");
    EXPECT_EQ(half.read_all(), "");
}

TEST_F(ControlHttpTest, AClientThatDoesNotReadIsCutOffAndHoldsNobody) {
    options.deadline = 100ms;
    start([](const ControlRequest& request) {
        return ControlResponse{.body =
                                   std::string(request.path == "/big" ? 20'000'000 : 1, 'x')};
    });
    auto client = stranger();
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(ask("GET", "/small").body, "x");
    EXPECT_TRUE(client.closes_within(60s));
}

TEST_F(ControlHttpTest, OneClientTooManyIsToldAtOnce) {
    start();
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < limits::kControlClients; ++i) clients.push_back(stranger());
    const auto response = ask("GET", "/");
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr(R"("code":"busy")"));

    // The others are served as before, and when one leaves there is room again.
    clients.back().send("GET /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(clients.back().read_all(), StartsWith("HTTP/1.1 200"));
    clients.pop_back();
    int status = 503;
    while (status == 503) status = ask("GET", "/").status;
    EXPECT_EQ(status, 200);
}

// Who may.

TEST_F(ControlHttpTest, TheSocketIsForItsOwnerAndItsGroup) {
    start();
    struct stat file {};
    ASSERT_EQ(::stat(options.socket_path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode, S_IFSOCK | 0660U);
}

TEST_F(ControlHttpTest, AStrangerIsForbiddenWhateverTheModeOfTheSocket) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    options.group = 4242;
    start();
    ::chmod(directory.path().c_str(), 0755);
    as_user(kNobody, kNobody, {}, [&] { EXPECT_EQ(why_not(), Why::kNoPermission); });

    ::chmod(options.socket_path.c_str(), 0666);
    as_user(kNobody, kNobody, {}, [&] {
        const auto response = ask("POST", "/v1/x", std::string(100'000, 'x'));
        EXPECT_EQ(response.status, 403);
        EXPECT_THAT(response.body, HasSubstr("uid 65534 may not control attuned"));
    });
}

TEST_F(ControlHttpTest, TheGroupMayByItsFirstOrAnyOtherMembership) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    options.group = 4242;
    start();
    ::chmod(directory.path().c_str(), 0755);
    as_user(kNobody, 4242, {}, [&] { EXPECT_EQ(ask("GET", "/").status, 200); });
    as_user(kNobody, kNobody, {7, 4242},
            [&] { EXPECT_EQ(Json::parse(ask("GET", "/").body)["uid"], kNobody); });
}

// Living and dying.

TEST_F(ControlHttpTest, NobodyThereIsSaidSo) {
    EXPECT_EQ(why_not(), Why::kNotRunning);
    start();
    server.reset();
    EXPECT_EQ(why_not(), Why::kNotRunning);
}

TEST_F(ControlHttpTest, ASecondServerIsRefusedWhileTheFirstLives) {
    start();
    EXPECT_THROW(
        ControlServer(options, [](int) { return std::make_unique<TestHandler>(echo); }),
        SocketTaken);
    EXPECT_EQ(ask("GET", "/").status, 200);
}

TEST_F(ControlHttpTest, AListeningDescriptorIsAdopted) {
    auto activated = UnixListener::bind(options.socket_path, std::nullopt);
    options.listening_fd = activated.release();
    start();
    EXPECT_EQ(ask("GET", "/").status, 200);
}

TEST_F(ControlHttpTest, NoAnswerInTimeIsSaidSo) {
    std::latch tested(1);
    start([&](const auto& request) {
        tested.wait();
        return echo(request);
    });
    EXPECT_EQ(why_not(50ms), Why::kDeadline);
    tested.count_down();
    server.reset();  // before the latch that its handler waits for
}

TEST_F(ControlHttpTest, AServerThatHangsUpOrSpeaksNoHttpIsSaidSo) {
    for (const auto* answer :
         {"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "hello\r\n"}) {
        const auto listener = UnixListener::bind(options.socket_path, std::nullopt);
        std::jthread peer([&] {
            pollfd ready{.fd = listener.fd(), .events = POLLIN, .revents = 0};
            ::poll(&ready, 1, 60'000);
            const UniqueFd client(::accept(listener.fd(), nullptr, nullptr));
            char request[1024];
            ASSERT_GT(::recv(client.get(), request, sizeof request, 0), 0);
            ASSERT_GE(::send(client.get(), answer, std::string_view(answer).size(), 0), 0);
        });
        EXPECT_EQ(why_not(), Why::kBroken) << answer;
    }
}

TEST_F(ControlHttpTest, StoppingLetsARunningHandlerAnswerAndSendsTheOthersHome) {
    options.handler_threads = 1;
    std::latch running(1);
    std::latch stopping(1);
    start([&](const ControlRequest& request) {
        running.count_down();
        stopping.wait();
        return echo(request);
    });
    auto first = stranger();
    first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
    running.wait();
    auto idle = stranger();
    std::jthread stop([&] { server->stop(); });
    EXPECT_EQ(idle.read_all(), "");  // by now the server is stopping
    stopping.count_down();
    EXPECT_THAT(first.read_all(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("/first")));
}

TEST_F(ControlHttpTest, StoppingDoesNotWaitForAClientThatDoesNotRead) {
    start([](const auto&) { return ControlResponse{.body = std::string(20'000'000, 'x')}; });
    auto client = stranger();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    server->stop();
    EXPECT_TRUE(client.closes_within(60s));
}

}  // namespace
}  // namespace attune
