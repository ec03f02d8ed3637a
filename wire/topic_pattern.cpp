#include "wire/topic_pattern.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace attune {
namespace {

constexpr std::size_t kPatternTextBytes = 256;
constexpr std::size_t kPatternWords = 32;
constexpr std::string_view kOneWord = "*";
constexpr std::string_view kAnyWords = "#";

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (true) {
        const auto dot = text.find('.');
        words.emplace_back(text.substr(0, dot));
        if (dot == std::string_view::npos) return words;
        text.remove_prefix(dot + 1);
    }
}

bool is_wildcard(std::string_view word) { return word == kOneWord || word == kAnyWords; }

bool is_plain(std::string_view word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

Refused bad_pattern(std::string message) {
    return refuse("ATT7102", std::move(message),
                  "words of a-z, 0-9, _ and - joined by dots; `*` is one word, `#` any number");
}

}  // namespace

TopicPattern::TopicPattern(std::string text) : text_(std::move(text)), words_(split(text_)) {}

Result<TopicPattern> TopicPattern::parse(std::string_view text) {
    if (text.size() > kPatternTextBytes) return bad_pattern("the pattern is too long");
    TopicPattern pattern{std::string(text)};
    if (pattern.words_.size() > kPatternWords) {
        return bad_pattern("the pattern has too many words");
    }
    for (const auto& word : pattern.words_) {
        if (is_wildcard(word) || is_plain(word)) continue;
        return bad_pattern(word.empty() ? "the pattern has an empty word"
                                        : "`" + word + "` is no word of a pattern");
    }
    return pattern;
}

// The words of the topic are taken one by one; `#` first stands for nothing and takes one
// more word each time what follows it does not fit. Only the newest `#` needs to be widened.
bool TopicPattern::matches(std::string_view topic) const {
    const auto words = split(topic);
    std::size_t at = 0;
    std::size_t in_pattern = 0;
    std::optional<std::size_t> widest;  // the newest `#`, in the pattern
    std::size_t widened_to = 0;         // the words of the topic it reaches to
    while (at < words.size()) {
        if (in_pattern < words_.size() && words_[in_pattern] == kAnyWords) {
            widest = in_pattern++;
            widened_to = at;
        } else if (in_pattern < words_.size() &&
                   (words_[in_pattern] == kOneWord || words_[in_pattern] == words[at])) {
            ++in_pattern;
            ++at;
        } else if (widest) {
            in_pattern = *widest + 1;
            at = ++widened_to;
        } else {
            return false;
        }
    }
    return std::all_of(words_.begin() + static_cast<std::ptrdiff_t>(in_pattern), words_.end(),
                       [](const auto& word) { return word == kAnyWords; });
}

std::string TopicPattern::literal_prefix() const {
    std::string prefix;
    for (const auto& word : words_) {
        if (word == kAnyWords) return prefix;
        if (&word != &words_.front()) prefix += '.';
        if (word == kOneWord) return prefix;
        prefix += word;
    }
    return prefix;
}

}  // namespace attune
