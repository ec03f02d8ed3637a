#include "core/suggest.h"

#include <algorithm>
#include <vector>

#include "core/limits.h"

namespace attune {
namespace {

// Words are compared as if `Timer-Zone`, `timer_zone` and `timerZone` were one.
std::string folded(std::string_view word) {
    std::string text;
    for (const char c : word) {
        if (c == '-' || c == '_') continue;
        text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> two_ago(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({replaced, previous[j] + 1, current[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], two_ago[j - 2] + 1);
            }
        }
        std::swap(two_ago, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

std::optional<std::string> suggest(std::string_view word,
                                   std::span<const std::string> candidates) {
    if (word.size() > limits::kSuggestedBytes) return std::nullopt;
    const auto wanted = folded(word);
    const std::size_t most = std::max<std::size_t>(1, wanted.size() / 3);
    const std::string* best = nullptr;
    std::size_t least = most + 1;
    bool unique = true;
    for (const auto& candidate : candidates) {
        const auto text = folded(candidate);
        const auto shorter = std::min(text.size(), wanted.size());
        if (std::max(text.size(), wanted.size()) - shorter > most) continue;
        const auto distance = edit_distance(wanted, text);
        if (distance > most) continue;
        if (distance == least) unique = false;
        if (distance >= least) continue;
        best = &candidate;
        least = distance;
        unique = true;
    }
    if (best == nullptr || !unique) return std::nullopt;
    return *best;
}

}  // namespace attune
