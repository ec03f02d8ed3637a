#include "os/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "os/system_error.h"

namespace attune {

void fill_random(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
        if (got < 0 && errno != EINTR) throw_errno("cannot get random bytes");
        if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

ClaimToken random_claim_token() {
    ClaimToken token;
    fill_random(token.bytes);
    return token;
}

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    fill_random(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 4122
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

}  // namespace attune
