// SHA-256, by OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace attune {

// The digest of `bytes` as 64 lower case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace attune
