#include "core/decision.h"

namespace attune {

std::string_view to_string(SkipReason reason) {
    switch (reason) {
        case SkipReason::kNone:
            return "";
        case SkipReason::kMisfire:
            return "misfire";
        case SkipReason::kWindow:
            return "window";
        case SkipReason::kPastOneShot:
            return "past_one_shot";
    }
    return "";
}

}  // namespace attune
