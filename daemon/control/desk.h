// What the endpoints of one handler thread share: the store read back, and a way to ask the
// daemon's other threads.
#pragma once

#include "daemon/control/asker.h"
#include "daemon/control/context.h"
#include "store/audit.h"
#include "store/catalog_pages.h"
#include "store/catalog_store.h"
#include "store/queries.h"
#include "wire/router.h"

namespace attune {

struct ControlDesk {
    // `name`: of its inbox and its connections.
    ControlDesk(ControlContext given, const std::string& name);

    const ControlContext context;
    Queries queries;
    CatalogStore catalog_rows;
    CatalogPages objects;
    Audit audit;
    Asker asker;
};

// Each adds its endpoints; `desk` must outlive the router.
void add_status_routes(Router& router, ControlDesk& desk);
void add_object_routes(Router& router, ControlDesk& desk);
void add_ledger_routes(Router& router, ControlDesk& desk);
void add_request_routes(Router& router, ControlDesk& desk);
void add_cancel_routes(Router& router, ControlDesk& desk);
void add_reconcile_routes(Router& router, ControlDesk& desk);
void add_pause_routes(Router& router, ControlDesk& desk);
void add_next_routes(Router& router, ControlDesk& desk);
void add_audit_routes(Router& router, ControlDesk& desk);

}  // namespace attune
