// A JSON value that remembers where it was written: what the YAML reader makes, what checks
// point at. Typed by the YAML 1.2 core schema; integers exact in int64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/json.h"

namespace attune {

struct Member;

struct Node {
    enum class Kind { kNull, kBoolean, kInteger, kReal, kString, kSequence, kMapping };

    Kind kind = Kind::kNull;
    bool quoted = false;  // a string written with quotes or as a block
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;             // a string's value; the source text of any other scalar
    std::vector<Node> items;      // of a sequence
    std::vector<Member> members;  // of a mapping, in the order written, keys unique
    Range range;                  // of the value; a collection's ends where its last part does

    // The member's value, or nullptr. Mappings only.
    const Node* find(std::string_view key) const;
    const Member* member(std::string_view key) const;
};

struct Member {
    std::string key;
    Range key_range;
    Node value;
};

// The value without its places.
Json to_json(const Node& node);

// What a pointer leads to: the value, and the key it stands under (nullptr for items and the
// document). `node` is nullptr when the pointer leads nowhere; then `parent` is the deepest
// mapping or sequence that was reached, which is where a missing property is reported.
struct Found {
    const Node* node = nullptr;
    const Member* member = nullptr;
    const Node* parent = nullptr;
};
Found find(const Node& document, std::string_view pointer);

// RFC 6901: "~" and "/" of one segment escaped.
std::string pointer_segment(std::string_view key);
std::string unescaped_segment(std::string_view segment);

}  // namespace attune
