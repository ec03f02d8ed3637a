// SHA-256, by OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace attune {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);

// The digest of `bytes` as 64 lower case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace attune
