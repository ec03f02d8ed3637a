#include "core/ref.h"

#include <algorithm>

namespace attune {
namespace {

constexpr std::size_t kLongest = 63;

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool valid_pack(std::string_view text) {
    return text.size() >= 2 && text.size() <= kLongest && lower(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return lower(c) || digit(c) || c == '_' || c == '-'; });
}

bool valid_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongest && lower(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return lower(c) || digit(c) || c == '_'; });
}

}  // namespace

std::optional<Ref> Ref::parse(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    if (!valid_pack(text.substr(0, dot)) || !valid_name(text.substr(dot + 1)))
        return std::nullopt;
    return Ref(std::string(text), dot);
}

std::optional<Ref> Ref::parse_pack(std::string_view text) {
    if (!valid_pack(text)) return std::nullopt;
    return Ref(std::string(text), text.size());
}

std::string_view Ref::name() const {
    if (dot_ == text_.size()) return {};
    return std::string_view(text_).substr(dot_ + 1);
}

}  // namespace attune
