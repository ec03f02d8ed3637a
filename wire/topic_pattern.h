// Which topics of the feed somebody wants: words joined by dots, where `*` stands for exactly
// one word and `#` for any number of them, none included (the rules of AMQP topics).
//
//     event.*            event.created, not event nor event.created.late
//     enforcement.#      enforcement, enforcement.created
//     #                  everything
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace attune {

class TopicPattern {
public:
    // Words are [a-z0-9_-]+, `*` or `#`; at most 256 bytes and 32 words. Fault ATT7102.
    static Result<TopicPattern> parse(std::string_view text);

    const std::string& text() const { return text_; }

    bool matches(std::string_view topic) const;

    // What every matching topic begins with: the words before the first wildcard. With `#`
    // next, the dot before it is not part of it, because `a.#` matches `a`.
    std::string literal_prefix() const;

private:
    explicit TopicPattern(std::string text);

    std::string text_;
    std::vector<std::string> words_;
};

}  // namespace attune
