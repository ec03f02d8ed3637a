// What is kept of one stream of an action's output: its head and its tail, however long it
// gets. Memory is flat; what lies between is counted and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/limits.h"

namespace attune {

class OutputCapture {
public:
    explicit OutputCapture(std::size_t head = limits::kOutputHeadBytes,
                           std::size_t tail = limits::kOutputTailBytes)
        : head_limit_(head), tail_limit_(tail) {}

    void add(std::string_view bytes);

    std::uint64_t size() const { return size_; }  // of all that was written
    bool is_whole() const { return size_ <= head_limit_ + tail_limit_; }

    struct Text {
        std::string text;
        std::uint64_t dropped = 0;  // bytes that are not in it
    };

    // At most `most` bytes of the output (and of what is kept): all of it, or its beginning and
    // its end with "[... 123 bytes dropped ...]" on a line of its own between them. No
    // character of UTF-8 is cut in two. NUL, which PostgreSQL cannot store, becomes U+FFFD.
    Text text(std::size_t most) const;

private:
    std::string last(std::size_t count) const;

    std::size_t head_limit_;
    std::size_t tail_limit_;
    std::uint64_t size_ = 0;
    std::string head_;
    std::string ring_;  // the tail; once full, its oldest byte is at ring_start_
    std::size_t ring_start_ = 0;
};

}  // namespace attune
