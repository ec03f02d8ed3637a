#include "daemon/dbus/bus_request.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/limits.h"

namespace attune {
namespace {

constexpr std::string_view kProperties = "org.freedesktop.DBus.Properties";

using Wish = tl::expected<BusWish, BusError>;

tl::unexpected<BusError> refused(std::string_view word, const std::string& message) {
    return tl::make_unexpected(
        BusError(fmt::format("org.freedesktop.DBus.Error.{}", word), message));
}

// The object's interfaces and the request that tells what its properties are made of.
struct Served {
    std::span<const BusInterface> interfaces;
    ControlRequest look;
};

std::optional<Served> served_at(const std::string& path) {
    if (path == kBusRoot) {
        return Served{
            {&manager_interface(), 1},
            {.method = "GET", .path = "/v1/status", .query = {}, .body = {}, .peer = {}}};
    }
    const auto object = object_of(path);
    if (!object) return std::nullopt;
    return Served{object_interfaces(object->kind), object_request(*object)};
}

Json variant(const BusValue& value, const Json& answer) {
    return {{"type", value.type}, {"data", bus_values({&value, 1}, answer).at(0)}};
}

const BusInterface* find_interface(const Served& served, const std::string& name) {
    for (const auto& interface : served.interfaces) {
        if (interface.name == name) return &interface;
    }
    return nullptr;
}

Wish get_property(const Served& served, const std::string& interface, const std::string& name) {
    for (const auto& each : served.interfaces) {
        if (!interface.empty() && each.name != interface) continue;
        for (const auto& property : each.properties) {
            if (property.name != name) continue;
            return BusWish{BusPermission::kRead, served.look, "Get",
                           [&property](const Json& answer) {
                               return BusBody{"v", {variant(property, answer)}};
                           }};
        }
    }
    return refused("UnknownProperty",
                   fmt::format("there is no property {} of {}", name, interface));
}

Wish get_all(const Served& served, const std::string& interface) {
    std::vector<const BusInterface*> wanted;
    for (const auto& each : served.interfaces) {
        if (interface.empty() || each.name == interface) wanted.push_back(&each);
    }
    if (wanted.empty()) {
        return refused("UnknownInterface", fmt::format("there is no interface {}", interface));
    }
    return BusWish{BusPermission::kRead, served.look, "GetAll",
                   [wanted = std::move(wanted)](const Json& answer) {
                       auto all = Json::object();
                       for (const auto* each : wanted) {
                           for (const auto& property : each->properties) {
                               all[std::string(property.name)] = variant(property, answer);
                           }
                       }
                       return BusBody{"a{sv}", {std::move(all)}};
                   }};
}

Wish of_properties(const Served& served, const CalledObject& called,
                   const std::function<Json()>& values) {
    if (called.member == "Get" && called.signature == "ss") {
        const auto given = values();
        return get_property(served, given.at(0), given.at(1));
    }
    if (called.member == "GetAll" && called.signature == "s") {
        return get_all(served, values().at(0));
    }
    if (called.member == "Set" && called.signature == "ssv") {
        return refused("PropertyReadOnly", "attune changes by commits to its source");
    }
    return refused("UnknownMethod",
                   fmt::format("there is no {}({})", called.member, called.signature));
}

std::size_t text_bytes(const Json& values) {
    std::size_t bytes = 0;
    for (const auto& value : values) {
        if (value.is_string()) bytes += value.get_ref<const std::string&>().size();
    }
    return bytes;
}

Wish of_method(const BusMethod& method, const CalledObject& called,
               const std::function<Json()>& values) {
    if (const auto in = signature_of(method.in); called.signature != in) {
        return refused("InvalidArgs", fmt::format("{} takes ({}), not ({})", method.name, in,
                                                  called.signature));
    }
    BusWish wish{method.permission, std::nullopt, std::string(method.name),
                 [&method](const Json& answer) {
                     return BusBody{signature_of(method.out), bus_values(method.out, answer)};
                 }};
    if (method.request == nullptr) return wish;
    const auto given = values();
    if (text_bytes(given) > limits::kControlBodyBytes) {
        return refused("LimitsExceeded",
                       fmt::format("the arguments of {} are larger than {} bytes", method.name,
                                   limits::kControlBodyBytes));
    }
    auto request = method.request(given);
    if (!request) return refused("InvalidArgs", request.error().message);
    wish.request = *std::move(request);
    return wish;
}

Wish of_interface(const Served& served, const CalledObject& called,
                  const std::function<Json()>& values) {
    for (const auto& interface : served.interfaces) {
        if (!called.interface.empty() && interface.name != called.interface) continue;
        for (const auto& method : interface.methods) {
            if (method.name == called.member) return of_method(method, called, values);
        }
    }
    if (!called.interface.empty() && find_interface(served, called.interface) == nullptr) {
        return refused("UnknownInterface",
                       fmt::format("there is no interface {} here", called.interface));
    }
    return refused("UnknownMethod", fmt::format("there is no method {} here", called.member));
}

// "NotFound" of "not_found"; the code of a diagnostic stays as it is.
std::string error_word(std::string_view code) {
    std::string word;
    bool begins = true;
    for (const char c : code) {
        if (c == '_') {
            begins = true;
            continue;
        }
        word += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        begins = false;
    }
    return word;
}

}  // namespace

tl::expected<BusWish, BusError> wish_of(const CalledObject& called,
                                        const std::function<Json()>& values) {
    const auto served = served_at(called.path);
    if (!served) {
        return refused("UnknownObject", fmt::format("there is no object {}", called.path));
    }
    return called.interface == kProperties ? of_properties(*served, called, values)
                                           : of_interface(*served, called, values);
}

BusError error_of(const ControlResponse& response) {
    const auto body = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
    const auto error = body.is_object() ? body.value("error", Json::object()) : Json::object();
    const auto code = error.value("code", std::string("internal"));
    auto message = error.value("message", response.body);
    if (const auto help = error.value("help", std::string()); !help.empty()) {
        message += "; " + help;
    }
    return BusError("io.attune.Attune1.Error." + error_word(code), message);
}

}  // namespace attune
