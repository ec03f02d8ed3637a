#include "core/digest.h"

#include <openssl/evp.h>

namespace attune {
namespace {

// Looked up once: SHA256() and EVP_sha256() look it up for every text, which for a short one
// takes as long as its digest.
const EVP_MD* algorithm() {
    static const EVP_MD* const kFetched = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return kFetched;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
    Sha256 digest{};
    ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm(), nullptr);
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const auto digest = sha256(bytes);
    std::string text;
    text.reserve(2 * digest.size());
    for (const auto byte : digest) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

}  // namespace attune
