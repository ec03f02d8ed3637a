// What attune offers on the system's message bus, io.attune.Attune1, as one table: of which
// calls are checked, answered, described to those who introspect, and documented
// (docs/dbus.md).
//
// A call is a request of the control protocol (docs/control.md) by another door: the table says
// which, and where in its answer the values are. So both doors do and refuse the same.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/manifest.h"
#include "core/result.h"
#include "wire/control.h"

namespace attune {

inline constexpr const char* kBusName = "io.attune.Attune1";
inline constexpr const char* kBusRoot = "/io/attune/Attune1";
inline constexpr const char* kBusManager = "io.attune.Attune1.Manager";

// What a caller must be allowed: an action of polkit, io.attune.Attune1.<word>.
enum class BusPermission { kRead, kTrigger, kRun, kControl, kAdmin };
std::string polkit_action(BusPermission permission);  // "io.attune.Attune1.read"

struct BusArgument {
    std::string_view name;
    std::string_view type;  // a complete type of D-Bus
};

// A value of a method's answer, of a property or of a signal.
struct BusValue {
    std::string_view name;
    std::string_view type;
    std::string_view from;  // JSON pointer into the answer or the item of the feed
};

struct BusMethod {
    std::string_view name;
    BusPermission permission;
    std::vector<BusArgument> in;
    std::vector<BusValue> out;
    // What is asked of the control endpoints, of values that fit `in`. nullptr: the connection
    // itself answers (Subscribe, Unsubscribe).
    Result<ControlRequest> (*request)(const Json& values);
};

struct BusSignalForm {
    std::string_view name;
    std::string_view topic;  // of the feed, docs/feed.md; empty: none
    std::vector<BusValue> arguments;
};

struct BusInterface {
    std::string_view name;
    std::vector<BusMethod> methods;
    std::vector<BusValue> properties;
    std::vector<BusSignalForm> signals;
};

// Of the object at kBusRoot.
const BusInterface& manager_interface();
// Of the objects of a kind: what all have, and what the kind adds, if anything.
std::span<const BusInterface> object_interfaces(Kind kind);

// "ss": the types of `in` or `out` put together.
template <class Values>
std::string signature_of(const Values& values) {
    std::string signature;
    for (const auto& value : values) signature += value.type;
    return signature;
}

// The value of `type` for what a JSON answer has: moments become microseconds since 1970, an
// object of the catalog its path, what is absent or null the type's empty value (0, "", false).
Json bus_value(std::string_view type, const Json& found);
// All of `values`, taken out of `answer`.
Json bus_values(std::span<const BusValue> values, const Json& answer);

// "/io/attune/Attune1/sensor/ops_2etick".
std::string object_path(Kind kind, std::string_view ref);

struct BusObject {
    Kind kind;
    std::string ref;
};
// nullopt: the path of no object; whether there is one is another question.
std::optional<BusObject> object_of(std::string_view path);

// "/v1/objects/sensors/ops.tick".
ControlRequest object_request(const BusObject& object);

}  // namespace attune
