#include "store/errors.h"

namespace attune {

StoreFailure classify(std::string_view sqlstate) {
    if (sqlstate.empty()) return StoreFailure::kUnavailable;
    const auto family = sqlstate.substr(0, 2);
    if (family == "40" || sqlstate == "55P03") return StoreFailure::kConflict;
    // 25P03: the server closed a session that kept a transaction idle. 25006: it is a standby,
    // after a failover; the next connection may find the primary.
    if (sqlstate == "25P03" || sqlstate == "25006" || family == "08" || family == "53" ||
        family == "57" || family == "58") {
        return StoreFailure::kUnavailable;
    }
    return StoreFailure::kRefused;
}

bool StoreRefused::is_about_data() const {
    const auto family = std::string_view(sqlstate_).substr(0, 2);
    return family == "22" || family == "23" || family == "54" || family == "AT";
}

}  // namespace attune
