// Which other objects a manifest names.
#pragma once

#include <string>
#include <vector>

#include "core/manifest.h"

namespace attune {

struct Reference {
    Kind kind;
    Ref ref;
    std::string pointer;  // where in the document it is named; the pack: "/metadata/ref"
};

// The pack first, then in the order of the spec. A pack names nothing.
std::vector<Reference> references_of(const Manifest& manifest);

}  // namespace attune
