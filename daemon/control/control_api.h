// Answers the requests of the control protocol, docs/control.md: what runs, what is recorded,
// and what people ask for by hand.
//
// One for each handler thread. It reads the ledger through connections of its own, opened by
// the first request that needs them, and writes nothing itself: fires and runs go to the
// executors, reconciling to its thread, each answered when it is committed.
#pragma once

#include <memory>
#include <string>

#include "daemon/control/context.h"
#include "wire/control_server.h"

namespace attune {

class ControlApi final : public ControlHandler {
public:
    // `name`: the handler thread's, of its inbox (control_inbox(), message_bus_inbox()) and its
    // connections. Throws BusClosed, std::runtime_error when that inbox is taken.
    ControlApi(ControlContext context, const std::string& name);
    ~ControlApi() override;

    // Never throws: a database that is away is a 503, anything unforeseen a 500.
    ControlResponse handle(const ControlRequest& request) override;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace attune
