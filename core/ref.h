// The name of a thing: lower case `pack.name`, or a bare `pack` for a pack itself.
//
// A Ref is valid by construction. pack: [a-z][a-z0-9_-]{1,62}; name: [a-z][a-z0-9_]{0,62}.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace attune {

class Ref {
public:
    // `pack.name`; nullopt when `text` is anything else.
    static std::optional<Ref> parse(std::string_view text);
    // A pack's own ref, one segment.
    static std::optional<Ref> parse_pack(std::string_view text);

    const std::string& text() const { return text_; }
    std::string_view pack() const { return std::string_view(text_).substr(0, dot_); }
    // Empty for a pack.
    std::string_view name() const;

    friend bool operator==(const Ref& a, const Ref& b) { return a.text_ == b.text_; }
    friend auto operator<=>(const Ref& a, const Ref& b) { return a.text_ <=> b.text_; }

private:
    Ref(std::string text, std::size_t dot) : text_(std::move(text)), dot_(dot) {}

    std::string text_;
    std::size_t dot_;  // where the dot stands; the length of the text for a pack
};

}  // namespace attune

template <>
struct std::hash<attune::Ref> {
    std::size_t operator()(const attune::Ref& ref) const noexcept {
        return std::hash<std::string>{}(ref.text());
    }
};
