// From what is configured to what the service is made with.
#pragma once

#include <string>

#include "daemon/service.h"
#include "reconciler/config.h"

namespace attune {

ServiceOptions service_options(const DaemonConfig& config, const std::string& version);

}  // namespace attune
