#include "reconciler/differences.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace attune {
namespace {

void collect(const Json& before, const Json& after,  // NOLINT(misc-no-recursion)
             const std::string& path, std::vector<Difference>& found) {
    if (before == after) return;
    if (!before.is_object() || !after.is_object()) {
        found.push_back({path, before, after});
        return;
    }
    std::set<std::string> keys;
    for (const auto& [key, value] : before.items()) keys.insert(key);
    for (const auto& [key, value] : after.items()) keys.insert(key);
    for (const std::string& key : keys) {
        collect(before.value(key, Json()), after.value(key, Json()),
                path.empty() ? key : fmt::format("{}.{}", path, key), found);
    }
}

}  // namespace

std::vector<Difference> differences(const Json& before, const Json& after) {
    std::vector<Difference> found;
    for (const char* part : {"metadata", "spec"}) {
        const bool spec = std::string_view(part) == "spec";
        collect(before.value(part, Json::object()), after.value(part, Json::object()),
                spec ? "" : part, found);
    }
    std::sort(found.begin(), found.end(),
              [](const Difference& a, const Difference& b) { return a.path < b.path; });
    return found;
}

}  // namespace attune
