// YAML bytes to JSON values that remember where they were written.
//
// YAML 1.2 with its core schema, as far as it has a JSON meaning: string keys, no tags of
// one's own, no merge keys. What YAML 1.2 calls invalid is refused even where a parser lets
// it pass; everything is bounded by core/limits.h, so any input ends quickly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/node.h"

namespace attune {

struct YamlDocuments {
    std::vector<Node> documents;  // empty ones left out; none at all when there is an error
    Diagnostics diagnostics;      // ATT1xxx, in the order of the text; `file` is set
};

// `file` names the text in diagnostics, nothing is opened.
YamlDocuments parse_yaml(std::string_view bytes, std::string_view file);

}  // namespace attune
