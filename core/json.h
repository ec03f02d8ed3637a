// The JSON value used everywhere, from nlohmann. Object keys are sorted, so dump() of equal
// values is equal text: that is the canonical form that digests are made of.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace attune {

using Json = nlohmann::json;

// Compact text without a newline; bytes that are not UTF-8 become U+FFFD instead of an
// exception, so a hostile result can always be stored.
inline std::string compact(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace attune
