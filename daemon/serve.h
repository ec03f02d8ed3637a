// From "the service is up" to "it has stopped": what main() does meanwhile.
#pragma once

#include "daemon/database_home.h"
#include "daemon/log.h"
#include "daemon/service.h"
#include "daemon/watch.h"
#include "daemon/zone_watch.h"

namespace attune {

// Watches the service and its database, tells the service manager and the log how they are,
// looks after tzdata, reloads at SIGHUP, and drains and stops at SIGTERM (at once at a second
// one). Returns when everything is stopped.
void serve(Service& service, DatabaseHome& home, ZoneWatch& zones, Watch& watch, Log& log);

}  // namespace attune
