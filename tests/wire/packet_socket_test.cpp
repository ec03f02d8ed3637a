#include "wire/packet_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>

#include <gmock/gmock.h>

#include "core/limits.h"
#include "os/system_error.h"

namespace attune {
namespace {

using testing::Optional;

struct Ends {
    UniqueFd ours;
    UniqueFd theirs;
};

Ends connected() {
    std::array<int, 2> ends{};
    EXPECT_EQ(
        ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()),
        0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

class PacketSocketTest : public testing::Test {
protected:
    PacketSocketTest() {
        auto ends = connected();
        ours.emplace(std::move(ends.ours));
        raw = ends.theirs.get();
        theirs.emplace(std::move(ends.theirs));
    }

    int error_of_receiving() {
        try {
            while (ours->receive()) {
            }
        } catch (const SystemError& error) {
            return error.error();
        }
        return 0;
    }

    std::optional<PacketSocket> ours;
    std::optional<PacketSocket> theirs;
    int raw = -1;  // beneath `theirs`
};

TEST_F(PacketSocketTest, CarriesMessagesInTheirOrder) {
    theirs->send("one");
    theirs->send("");
    theirs->send("three");
    EXPECT_THAT(ours->receive(), Optional(std::string("one")));
    EXPECT_THAT(ours->receive(), Optional(std::string()));
    EXPECT_THAT(ours->receive(), Optional(std::string("three")));
    EXPECT_EQ(ours->receive(), std::nullopt);
}

// Larger than the kernel's buffers: what does not fit waits, and comes in one piece.
TEST_F(PacketSocketTest, CarriesTheLargestMessageThereMayBe) {
    std::string largest(limits::kMessageBytes, 'x');
    largest.front() = 'a';
    largest.back() = 'z';
    theirs->send(largest);
    EXPECT_GT(theirs->unsent(), 0U);
    EXPECT_EQ(theirs->descriptor().events, POLLIN | POLLOUT);
    std::optional<std::string> got;
    for (int turn = 0; turn < 1000 && !got; ++turn) {
        got = ours->receive();
        theirs->flush();
    }
    EXPECT_TRUE(got && *got == largest);
    EXPECT_EQ(theirs->unsent(), 0U);
}

TEST_F(PacketSocketTest, RefusesAMessageThatIsTooLong) {
    const std::string packet = "\1" + std::string(PacketSocket::kPieceBytes, 'x');
    int error = 0;
    for (std::size_t sent = 0; error == 0 && sent <= 2 * limits::kMessageBytes;
         sent += packet.size()) {
        ASSERT_EQ(::send(raw, packet.data(), packet.size(), 0),
                  static_cast<ssize_t>(packet.size()));
        error = error_of_receiving();
    }
    EXPECT_EQ(error, EPROTO);
}

TEST_F(PacketSocketTest, RefusesAPacketThatIsNoneOfOurs) {
    ASSERT_EQ(::send(raw, "\2x", 2, 0), 2);
    EXPECT_EQ(error_of_receiving(), EPROTO);
}

TEST_F(PacketSocketTest, RefusesAPacketThatIsTooLong) {
    const std::string packet(PacketSocket::kPieceBytes + 2, '\0');
    ASSERT_EQ(::send(raw, packet.data(), packet.size(), 0),
              static_cast<ssize_t>(packet.size()));
    EXPECT_EQ(error_of_receiving(), EPROTO);
}

TEST_F(PacketSocketTest, TellsWhenTheOtherEndHasGone) {
    theirs->send("last words");
    theirs.reset();
    EXPECT_THAT(ours->receive(), Optional(std::string("last words")));
    EXPECT_EQ(error_of_receiving(), ECONNRESET);
    EXPECT_THROW(ours->send("hello?"), SystemError);
}

TEST_F(PacketSocketTest, KeepsNoDescriptorThatIsSentAlong) {
    char packet[] = "\0x";
    iovec bytes{packet, 2};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int before = ::fcntl(raw, F_DUPFD_CLOEXEC, 0);
    *reinterpret_cast<int*>(CMSG_DATA(header)) = raw;
    ASSERT_EQ(::sendmsg(raw, &message, 0), 2);
    EXPECT_THAT(ours->receive(), Optional(std::string("x")));
    const int after = ::fcntl(raw, F_DUPFD_CLOEXEC, 0);
    EXPECT_EQ(after, before + 1);  // the next number after `before`, which is still open
    ::close(before);
    ::close(after);
}

}  // namespace
}  // namespace attune
