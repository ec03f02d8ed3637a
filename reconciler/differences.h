// In what two versions of an object differ.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace attune {

// One value of a spec that differs. Absent sides are null.
struct Difference {
    std::string path;  // "config.interval"
    Json before;
    Json after;
};

// The leaves in which two documents' specs and metadata differ, by path.
std::vector<Difference> differences(const Json& before, const Json& after);

}  // namespace attune
