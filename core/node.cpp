#include "core/node.h"

#include <charconv>

namespace attune {
namespace {

const Node* item_of(const Node& sequence, std::string_view segment) {
    std::size_t index = 0;
    const auto* end = segment.data() + segment.size();
    const auto [last, error] = std::from_chars(segment.data(), end, index);
    if (error != std::errc() || last != end || index >= sequence.items.size()) return nullptr;
    return &sequence.items[index];
}

}  // namespace

const Member* Node::member(std::string_view key) const {
    for (const auto& member : members) {
        if (member.key == key) return &member;
    }
    return nullptr;
}

const Node* Node::find(std::string_view key) const {
    const auto* found = member(key);
    return found == nullptr ? nullptr : &found->value;
}

Json to_json(const Node& node) {
    switch (node.kind) {
        case Node::Kind::kNull:
            return nullptr;
        case Node::Kind::kBoolean:
            return node.boolean;
        case Node::Kind::kInteger:
            return node.integer;
        case Node::Kind::kReal:
            return node.real;
        case Node::Kind::kString:
            return node.text;
        case Node::Kind::kSequence: {
            Json::array_t items;
            items.reserve(node.items.size());
            for (const auto& item : node.items) items.push_back(to_json(item));
            return items;
        }
        case Node::Kind::kMapping: {
            Json::object_t members;
            for (const auto& member : node.members) {
                members.emplace(member.key, to_json(member.value));
            }
            return members;
        }
    }
    return nullptr;
}

Found find(const Node& document, std::string_view pointer) {
    Found found{&document, nullptr, &document};
    while (!pointer.empty() && found.node != nullptr) {
        pointer.remove_prefix(1);
        const auto segment = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(segment.size());
        found.parent = found.node;
        found.member = nullptr;
        if (found.parent->kind == Node::Kind::kMapping) {
            found.member = found.parent->member(unescaped_segment(segment));
            found.node = found.member == nullptr ? nullptr : &found.member->value;
        } else {
            found.node = item_of(*found.parent, segment);
        }
    }
    return found;
}

std::string pointer_segment(std::string_view key) {
    std::string segment;
    segment.reserve(key.size());
    for (const char c : key) {
        if (c == '~') {
            segment += "~0";
        } else if (c == '/') {
            segment += "~1";
        } else {
            segment += c;
        }
    }
    return segment;
}

// "~1" is "/" and "~0" is "~".
std::string unescaped_segment(std::string_view segment) {
    std::string key;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] == '~' && i + 1 < segment.size()) {
            key += segment[++i] == '1' ? '/' : '~';
        } else {
            key += segment[i];
        }
    }
    return key;
}

}  // namespace attune
