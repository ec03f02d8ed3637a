// What a call to one of our D-Bus objects wants: pure, from the call's names to a request of
// the control protocol and the way its answer is told.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "daemon/dbus/interfaces.h"
#include "wire/control.h"
#include "wire/system_bus.h"

namespace attune {

struct CalledObject {
    std::string path;
    std::string interface;  // may be empty
    std::string member;
    std::string signature;
};

struct BusWish {
    BusPermission permission = BusPermission::kRead;
    // nullopt: the connection itself is meant, see BusMethod::request.
    std::optional<ControlRequest> request;
    std::string member;
    // From the JSON of an answer to the values of the reply.
    std::function<BusBody(const Json&)> answer;
};

// Of a method of ours or of org.freedesktop.DBus.Properties. `values` is called once the
// signature is known to be the method's. Refused by an error of D-Bus: unknown objects,
// interfaces, methods and properties, what can only be read, values that make no request.
tl::expected<BusWish, BusError> wish_of(const CalledObject& called,
                                        const std::function<Json()>& values);

// How a response of status 400 or more is told: "io.attune.Attune1.Error.NotFound" for the code
// `not_found`, with the message and the remedy.
BusError error_of(const ControlResponse& response);

}  // namespace attune
