#include "store/errors.h"

namespace attune {

StoreFailure classify(std::string_view sqlstate) {
    if (sqlstate.empty()) return StoreFailure::kUnavailable;
    const auto family = sqlstate.substr(0, 2);
    if (family == "40" || sqlstate == "55P03") return StoreFailure::kConflict;
    // 25P03: the server closed a session that kept a transaction idle.
    if (sqlstate == "25P03" || family == "08" || family == "53" || family == "57" ||
        family == "58") {
        return StoreFailure::kUnavailable;
    }
    return StoreFailure::kRefused;
}

}  // namespace attune
