#include "core/version.h"

namespace attune {

std::string_view version() { return ATTUNE_VERSION; }

}  // namespace attune
