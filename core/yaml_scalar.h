// What a plain scalar of YAML 1.2's core schema means.
#pragma once

#include <string>
#include <string_view>

#include "core/node.h"
#include "core/result.h"

namespace attune {

struct ScalarNotes {
    bool leading_zero = false;  // 010: ten here, eight to a YAML 1.1 reader
    bool beyond_2_53 = false;   // exact here, rounded by readers that have doubles only
};

// Gives `node` the kind and value of the plain text `text`: null, true, 12, 0x1F, 1.5, or the
// string itself. Fault ATT1020 for an integer outside int64, ATT1021 for what JSON has no
// number for.
Result<ScalarNotes> type_plain_scalar(std::string_view text, Node& node);

// The same for a scalar of any style and tag. `tag` is what the parser says: "?" of a plain
// scalar without one, "!" of a quoted one, else the tag in full. Faults also ATT1017 for a tag
// that is not of the core schema, ATT1025 for a value that is not what its tag says.
Result<ScalarNotes> type_scalar(std::string_view tag, bool plain, std::string_view text,
                                Node& node);

// Whether `tag` says nothing, or that its node is a `kind` ("seq", "map").
bool tag_allows(std::string_view tag, std::string_view kind);

// The fault of a tag that attune does not know.
Fault unknown_tag(std::string_view tag);

}  // namespace attune
