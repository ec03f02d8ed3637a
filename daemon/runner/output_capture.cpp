#include "daemon/runner/output_capture.h"

#include <algorithm>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr int kLongestCharacter = 4;

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Takes off what may be the first bytes of a character whose rest was cut off.
void trim_end(std::string& text) {
    for (int back = 1; back < kLongestCharacter; ++back) {
        const auto length = text.size();
        if (length < static_cast<std::size_t>(back)) return;
        const auto at = length - static_cast<std::size_t>(back);
        if (continues_character(text[at])) continue;
        const auto lead = static_cast<unsigned char>(text[at]);
        const int needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        if (needs > back) text.resize(at);
        return;
    }
}

void trim_start(std::string& text) {
    std::size_t at = 0;
    while (at < text.size() && at < kLongestCharacter - 1 && continues_character(text[at]))
        ++at;
    text.erase(0, at);
}

std::string without_nul(std::string text) {
    for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
        text.replace(at, 1, "\uFFFD");
    }
    return text;
}

}  // namespace

void OutputCapture::add(std::string_view bytes) {
    size_ += bytes.size();
    const auto to_head = std::min(bytes.size(), head_limit_ - head_.size());
    head_ += bytes.substr(0, to_head);
    bytes.remove_prefix(to_head);
    if (bytes.size() > tail_limit_) bytes.remove_prefix(bytes.size() - tail_limit_);

    const auto to_grow = std::min(bytes.size(), tail_limit_ - ring_.size());
    ring_ += bytes.substr(0, to_grow);
    bytes.remove_prefix(to_grow);
    while (!bytes.empty()) {
        const auto count = std::min(bytes.size(), ring_.size() - ring_start_);
        bytes.copy(ring_.data() + ring_start_, count);
        ring_start_ = (ring_start_ + count) % ring_.size();
        bytes.remove_prefix(count);
    }
}

// The last `count` bytes that were written, of those that are kept.
std::string OutputCapture::last(std::size_t count) const {
    const std::string tail = ring_.substr(ring_start_) + ring_.substr(0, ring_start_);
    if (count <= tail.size()) return tail.substr(tail.size() - count);
    // Head and tail touch as long as nothing was dropped between them.
    const auto of_head = is_whole() ? std::min(count - tail.size(), head_.size()) : 0;
    return head_.substr(head_.size() - of_head) + tail;
}

OutputCapture::Text OutputCapture::text(std::size_t most) const {
    if (is_whole() && size_ <= most) {
        return {without_nul(last(static_cast<std::size_t>(size_))), 0};
    }
    std::string start = head_.substr(0, most / 2);
    std::string end = last(std::min(most / 2, tail_limit_));
    trim_end(start);
    trim_start(end);
    const std::uint64_t dropped = size_ - start.size() - end.size();
    return {without_nul(fmt::format("{}\n[... {} bytes dropped ...]\n{}", start, dropped, end)),
            dropped};
}

}  // namespace attune
