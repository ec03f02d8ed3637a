#include "core/yaml_bytes.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text_places.h"

namespace attune {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

// The length of the UTF-8 sequence at `at`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const unsigned lead = byte_at(text, at);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return 0;
    const unsigned second = byte_at(text, at + 1);
    const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, at + i) & 0xC0U) != 0x80U) return 0;
    }
    return length;
}

// Whether eight bytes are all printable ASCII, tested at once: this runs over every byte of
// every manifest.
bool all_plain(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    constexpr std::uint64_t kHigh = 0x8080808080808080U;
    const std::uint64_t below_space = (word - 0x2020202020202020U) & ~word & kHigh;
    const std::uint64_t is_delete = (word ^ 0x7F7F7F7F7F7F7F7FU);
    const std::uint64_t has_delete = (is_delete - 0x0101010101010101U) & ~is_delete & kHigh;
    return ((word & kHigh) | below_space | has_delete) == 0;
}

class Checks {
public:
    Checks(std::string_view text, std::string_view file) : text_(text), file_(file) {}

    Diagnostics run() {
        for (std::size_t at = 0; at < text_.size();) {
            if (at + 8 <= text_.size() && all_plain(text_.data() + at)) {
                at += 8;
                continue;
            }
            const auto length = sequence_length(text_, at);
            if (length == 0) {
                report("ATT1002", at, 1,
                       fmt::format("byte 0x{:02X} at offset {} is not UTF-8",
                                   byte_at(text_, at), at),
                       "save the file as UTF-8");
                break;
            }
            examine(at, length);
            at += length;
        }
        return std::move(found_);
    }

private:
    void examine(std::size_t at, std::size_t length) {
        const unsigned byte = byte_at(text_, at);
        if (length == 1) {
            if (byte == '\r' && text_.substr(at, 2) != "\r\n") {
                report("ATT1022", at, 1, "a carriage return stands alone",
                       "end lines with LF or CRLF");
            } else if (byte == 0x7F ||
                       (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')) {
                report("ATT1003", at, 1, fmt::format("control character U+{:04X}", byte),
                       "remove it; in a quoted string write it as an escape such as \"\\t\"");
            }
        } else if (text_.substr(at, 3) == kByteOrderMark) {
            report("ATT1023", at, 3, "a byte order mark inside the text", "remove it");
        } else if (length == 2 && byte == 0xC2 && byte_at(text_, at + 1) < 0xA0 &&
                   byte_at(text_, at + 1) != 0x85) {
            report("ATT1003", at, 2,
                   fmt::format("control character U+{:04X}", byte_at(text_, at + 1)),
                   "remove it");
        }
    }

    void report(std::string_view code, std::size_t at, std::size_t length, std::string message,
                std::string help) {
        if (std::any_of(found_.begin(), found_.end(),
                        [&](const auto& known) { return known.code == code; })) {
            return;
        }
        Diagnostic diagnostic;
        diagnostic.code = code;
        diagnostic.message = std::move(message);
        diagnostic.file = file_;
        diagnostic.range = TextPlaces(text_).range(at, at + length);
        diagnostic.help = std::move(help);
        found_.push_back(std::move(diagnostic));
    }

    std::string_view text_;
    std::string_view file_;
    Diagnostics found_;
};

Diagnostic whole_file(std::string_view code, std::string message, std::string help,
                      std::string_view file) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.file = file;
    diagnostic.help = std::move(help);
    return diagnostic;
}

bool looks_like_utf16(std::string_view bytes) {
    return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") ||
           (bytes.size() >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0'));
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (at + 8 <= text.size() && all_plain(text.data() + at)) {
            at += 8;
            continue;
        }
        const auto length = sequence_length(text, at);
        if (length == 0) return at;
        at += length;
    }
    return std::string_view::npos;
}

CheckedBytes check_bytes(std::string_view bytes, std::string_view file) {
    CheckedBytes result{bytes, {}};
    if (bytes.size() > limits::kFileBytes) {
        result.diagnostics.push_back(
            whole_file("ATT1001",
                       fmt::format("the file has {} bytes; at most {} are read", bytes.size(),
                                   limits::kFileBytes),
                       "split it: each document may be a file of its own", file));
        return result;
    }
    if (looks_like_utf16(bytes)) {
        result.diagnostics.push_back(
            whole_file("ATT1002", "the file is UTF-16, not UTF-8", "save it as UTF-8", file));
        return result;
    }
    if (bytes.starts_with(kByteOrderMark)) result.text.remove_prefix(kByteOrderMark.size());
    result.diagnostics = Checks(result.text, file).run();
    return result;
}

}  // namespace attune
