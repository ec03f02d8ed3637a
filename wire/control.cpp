#include "wire/control.h"

#include <optional>
#include <utility>

#include "core/yaml_bytes.h"

namespace attune {
namespace {

Refused bad_target(std::string message) {
    return refuse("ATT7103", std::move(message),
                  "see docs/control.md for the form of requests");
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

// RFC 3986, 2.3: what never needs an escape.
bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

ControlResponse json_response(const Json& body, int status) {
    return {.status = status, .body = compact(body) + "\n"};
}

ControlResponse error_response(int status, std::string_view code, std::string_view message,
                               std::string_view help) {
    return json_response({{"error", {{"code", code}, {"message", message}, {"help", help}}}},
                         status);
}

Result<Target> parse_target(std::string_view target) {
    if (!target.starts_with('/')) return bad_target("the target does not begin with `/`");
    const auto mark = target.find('?');
    Target parsed{std::string(target.substr(0, mark)), {}};
    if (auto path = percent_decode(parsed.path, false); !path) {
        return tl::unexpected(path.error());
    }
    auto rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto key = percent_decode(pair.substr(0, equals), true);
        if (!key) return tl::unexpected(key.error());
        auto value = percent_decode(
            equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
        if (!value) return tl::unexpected(value.error());
        if (!parsed.query.emplace(*key, *std::move(value)).second) {
            return bad_target("`" + *key + "` is given twice in the query");
        }
    }
    return parsed;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
            if (!low) return bad_target("`%` is not followed by two hexadecimal digits");
            decoded += static_cast<char>(*high * 16 + *low);
            i += 2;
        } else {
            decoded += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    // Neither the database nor JSON has a place for these.
    if (decoded.find('\0') != std::string::npos ||
        find_invalid_utf8(decoded) != std::string::npos) {
        return bad_target("the target holds U+0000 or bytes that are not UTF-8");
    }
    return decoded;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kDigits[byte / 16];
        encoded += kDigits[byte % 16];
    }
    return encoded;
}

}  // namespace attune
