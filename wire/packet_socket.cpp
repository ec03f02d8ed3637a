#include "wire/packet_socket.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include "core/limits.h"
#include "os/system_error.h"

namespace attune {
namespace {

constexpr char kLast = 0;
constexpr char kMoreFollow = 1;

}  // namespace

void PacketSocket::send(std::string_view message) {
    assert(message.size() <= limits::kMessageBytes);
    do {
        const auto piece = message.substr(0, kPieceBytes);
        message.remove_prefix(piece.size());
        unsent_.emplace_back(1, message.empty() ? kLast : kMoreFollow).append(piece);
    } while (!message.empty());
    flush();
}

void PacketSocket::flush() {
    while (!unsent_.empty()) {
        const auto& packet = unsent_.front();
        const auto sent =
            ::send(fd_.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            unsent_.pop_front();
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            return;
        } else if (errno != EINTR) {
            throw_errno("cannot send");
        }
    }
}

std::optional<std::string> PacketSocket::receive() {
    std::array<char, kPieceBytes + 1> packet;
    while (true) {
        // MSG_TRUNC: the length as it was sent. Descriptors that came along are closed by the
        // kernel, as no room for them is given.
        const auto got =
            ::recv(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return std::nullopt;
        if (got < 0) throw_errno("cannot receive");
        if (got == 0) throw SystemError(ECONNRESET, "the other end has closed the connection");
        const auto size = static_cast<std::size_t>(got);
        if (size > packet.size() || packet[0] > kMoreFollow || packet[0] < kLast) {
            throw SystemError(EPROTO, "the other end sends what is no packet of ours");
        }
        part_.append(packet.data() + 1, size - 1);
        if (part_.size() > limits::kMessageBytes) {
            throw SystemError(EPROTO, "the other end sends a message that is too long");
        }
        if (packet[0] == kLast) return std::exchange(part_, {});
    }
}

pollfd PacketSocket::descriptor(bool reads) const {
    short events = 0;
    if (reads) events |= POLLIN;
    if (!unsent_.empty()) events |= POLLOUT;
    return {fd_.get(), events, 0};
}

}  // namespace attune
