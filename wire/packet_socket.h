// One end of a SOCK_SEQPACKET connection that carries whole messages (wire/messages.h): what
// attuned and attune-runner speak through. The kernel says who the other end is (wire/peer.h).
//
// A message of up to limits::kMessageBytes goes as several packets when it has to: the kernel
// takes no packet that is larger than the socket's send buffer (net.core.wmem_default, 208 KiB
// where nobody changed it). The first byte of a packet says whether more of its message follow.
#pragma once

#include <poll.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "os/unique_fd.h"

namespace attune {

class PacketSocket {
public:
    // What one packet carries at most.
    static constexpr std::size_t kPieceBytes = 32 * 1024;

    // Takes a connected, non-blocking socket.
    explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    // Sends it as far as there is room and keeps the rest for flush(). Never waits. Requires:
    // at most limits::kMessageBytes. Throws SystemError when the connection is over.
    void send(std::string_view message);
    void flush();
    std::size_t unsent() const { return unsent_.size(); }  // packets

    // The next message that is there in full. Throws SystemError when the connection is over
    // (ECONNRESET) or brings what is no message (EPROTO): then it is of no use any more.
    std::optional<std::string> receive();

    // What to poll: for room as long as something is unsent, for news when `reads`.
    pollfd descriptor(bool reads = true) const;

private:
    UniqueFd fd_;
    std::deque<std::string> unsent_;  // packets
    std::string part_;                // of a message whose last packet has not come
};

}  // namespace attune
