#include "os/loop.h"

#include <signal.h>
#include <sys/wait.h>

#include <gmock/gmock.h>

#include "os/pipe.h"
#include "os/signals.h"
#include "os/system_clock.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using Woken = Waiter::Woken;

class WaiterTest : public testing::Test {
protected:
    Waiter waiter;
    SystemClock clock;
};

TEST_F(WaiterTest, WakesAtItsMomentAndNotBefore) {
    const TimePoint moment = clock.now() + 30ms;
    EXPECT_EQ(waiter.wait(moment), Woken::kTime);
    EXPECT_GE(clock.now(), moment);
}

TEST_F(WaiterTest, ReturnsAtOnceForAMomentThatHasPassed) {
    EXPECT_EQ(waiter.wait(clock.now() - 1h), Woken::kTime);
    EXPECT_EQ(waiter.wait(TimePoint{}), Woken::kTime);
    EXPECT_EQ(waiter.wait(TimePoint{} - 1s), Woken::kTime);
}

TEST_F(WaiterTest, WakesAtTheSameMomentAgainWhenAsked) {
    const TimePoint moment = clock.now() + 5ms;
    EXPECT_EQ(waiter.wait(moment), Woken::kTime);
    EXPECT_EQ(waiter.wait(moment), Woken::kTime);
}

TEST_F(WaiterTest, TellsWhichDescriptorIsReady) {
    Pipe silent = make_pipe();
    Pipe talking = make_pipe();
    ASSERT_EQ(write_some(talking.write.get(), "x"), 1);
    pollfd fds[] = {
        {silent.read.get(), POLLIN, 0}, {-1, POLLIN, 0}, {talking.read.get(), POLLIN, 0}};
    EXPECT_EQ(waiter.wait(std::nullopt, fds), Woken::kReady);
    EXPECT_EQ(fds[0].revents, 0);
    EXPECT_EQ(fds[1].revents, 0);
    EXPECT_EQ(fds[2].revents, POLLIN);
}

TEST(SignalFd, HandsSignalsOverInsteadOfDying) {
    SignalFd signals{SIGUSR1, SIGUSR2};
    EXPECT_FALSE(signals.next());
    ::kill(::getpid(), SIGUSR2);
    Waiter waiter;
    pollfd ready[] = {{signals.fd(), POLLIN, 0}};
    EXPECT_EQ(waiter.wait(std::nullopt, ready), Woken::kReady);
    EXPECT_EQ(signals.next(), SIGUSR2);
    EXPECT_FALSE(signals.next());
}

TEST(WriteSome, TellsThatTheReaderHasGoneWithoutASignal) {
    Pipe pipe = make_pipe();
    pipe.read.reset();
    EXPECT_EQ(write_some(pipe.write.get(), "x"), -EPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
}

TEST(WriteSome, WritesWhatFits) {
    Pipe pipe = make_pipe();
    set_nonblocking(pipe.write.get());
    const std::string much(1024 * 1024, 'x');
    EXPECT_EQ(write_some(pipe.write.get(), much), 65536);
    EXPECT_EQ(write_some(pipe.write.get(), much), 0);
}

}  // namespace
}  // namespace attune
