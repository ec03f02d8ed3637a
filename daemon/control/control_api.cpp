#include "daemon/control/control_api.h"

#include <string>
#include <utility>

#include "daemon/control/desk.h"
#include "store/errors.h"

namespace attune {
namespace {

Database named(Database database, const std::string& name) {
    database.application = "attuned " + name;
    return database;
}

}  // namespace

ControlDesk::ControlDesk(ControlContext given, const std::string& name)
    : context(std::move(given)),
      queries(named(context.database, name)),
      catalog_rows(named(context.database, name)),
      objects(named(context.database, name)),
      audit(named(context.database, name)),
      asker(context.bus, context.clock, name, context.executors) {}

struct ControlApi::Parts {
    Parts(ControlContext context, const std::string& name) : desk(std::move(context), name) {
        add_status_routes(router, desk);
        add_object_routes(router, desk);
        add_ledger_routes(router, desk);
        add_request_routes(router, desk);
        add_cancel_routes(router, desk);
        add_reconcile_routes(router, desk);
        add_pause_routes(router, desk);
        add_next_routes(router, desk);
        add_audit_routes(router, desk);
    }

    ControlDesk desk;
    Router router;
};

ControlApi::ControlApi(ControlContext context, const std::string& name)
    : parts_(std::make_unique<Parts>(std::move(context), name)) {}
ControlApi::~ControlApi() = default;

ControlResponse ControlApi::handle(const ControlRequest& request) {
    try {
        return parts_->router.route(request);
    } catch (const StoreUnavailable& error) {
        return error_response(503, "database_unavailable", error.what(),
                              "the daemon goes on by itself once the database is back");
    } catch (const StoreConflict& error) {
        return error_response(503, "database_busy", error.what(), "repeat the request");
    } catch (const std::exception& error) {
        return error_response(500, "internal", error.what(), "see the daemon's log");
    }
}

}  // namespace attune
