#include <fmt/format.h>

#include "core/text_places.h"
#include "core/yaml.h"
#include "core/yaml_bytes.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"

namespace attune {
namespace {

// Of longer texts the JSON may exceed what one line may hold.
constexpr std::size_t kSmall = 16 * 1024;

std::size_t byte_of(const TextPlaces& places, int line, int column) {
    return places.offset_of(line, column);
}

// Children lie inside their parents, unless an alias brought them from elsewhere.
void promise_nested(const Node& node, const TextPlaces& places, bool aliases) {
    const auto begin = byte_of(places, node.range.line, node.range.column);
    const auto end = byte_of(places, node.range.end_line, node.range.end_column);
    promise(begin <= end, "a value that ends before it begins");
    const auto hold = [&](const Node& child) {
        const auto at = byte_of(places, child.range.line, child.range.column);
        promise(aliases || (begin <= at && at <= end),
                fmt::format("a value at {}:{} outside of its parent", child.range.line,
                            child.range.column));
        promise_nested(child, places, aliases);
    };
    for (const auto& item : node.items) hold(item);
    for (const auto& member : node.members) hold(member.value);
}

void promise_same_as_json(const Node& document) {
    const auto value = to_json(document);
    const auto text = value.dump();
    if (text.size() > kSmall || !check_bytes(text, "").diagnostics.empty()) return;
    const auto again = parse_yaml(text, "a.json");
    promise(again.documents.size() == 1, "written as JSON it is refused: " + text);
    promise(to_json(again.documents.front()) == value, "written as JSON it differs: " + text);
}

}  // namespace

void fuzz_yaml(std::string_view bytes) {
    const auto read = parse_yaml(bytes, "a.yaml");
    promise(read.documents.empty() || !has_errors(read.diagnostics),
            "documents of a text that is refused");
    promise(!read.documents.empty() || !read.diagnostics.empty(), "no document and no word");
    promise_places(read.diagnostics, "a.yaml", bytes);
    const auto checked = check_bytes(bytes, "a.yaml");
    const TextPlaces places(checked.text);
    const bool aliases = bytes.find('*') != std::string_view::npos;
    for (const auto& document : read.documents) {
        promise_nested(document, places, aliases);
        promise_same_as_json(document);
    }
}

}  // namespace attune
