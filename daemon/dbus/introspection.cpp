#include "daemon/dbus/introspection.h"

#include <vector>

#include <fmt/format.h>

#include "core/bus_path.h"
#include "core/kinds.h"
#include "core/limits.h"
#include "daemon/dbus/interfaces.h"

namespace attune {
namespace {

constexpr std::string_view kHead =
    "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
    "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n";

constexpr std::string_view kStandard =
    " <interface name=\"org.freedesktop.DBus.Peer\">\n"
    "  <method name=\"Ping\"/>\n"
    "  <method name=\"GetMachineId\">\n"
    "   <arg type=\"s\" name=\"machine_uuid\" direction=\"out\"/>\n"
    "  </method>\n"
    " </interface>\n"
    " <interface name=\"org.freedesktop.DBus.Introspectable\">\n"
    "  <method name=\"Introspect\">\n"
    "   <arg name=\"data\" type=\"s\" direction=\"out\"/>\n"
    "  </method>\n"
    " </interface>\n"
    " <interface name=\"org.freedesktop.DBus.Properties\">\n"
    "  <method name=\"Get\">\n"
    "   <arg name=\"interface\" direction=\"in\" type=\"s\"/>\n"
    "   <arg name=\"property\" direction=\"in\" type=\"s\"/>\n"
    "   <arg name=\"value\" direction=\"out\" type=\"v\"/>\n"
    "  </method>\n"
    "  <method name=\"GetAll\">\n"
    "   <arg name=\"interface\" direction=\"in\" type=\"s\"/>\n"
    "   <arg name=\"properties\" direction=\"out\" type=\"a{sv}\"/>\n"
    "  </method>\n"
    " </interface>\n";

template <class Values>
std::string arguments(const Values& values, std::string_view direction) {
    std::string text;
    for (const auto& value : values) {
        text += fmt::format(
            "   <arg type=\"{}\" name=\"{}\"{}/>\n", value.type, value.name,
            direction.empty() ? std::string() : fmt::format(" direction=\"{}\"", direction));
    }
    return text;
}

std::string described(const BusInterface& interface) {
    auto text = fmt::format(" <interface name=\"{}\">\n", interface.name);
    for (const auto& method : interface.methods) {
        text += fmt::format("  <method name=\"{}\">\n{}{}  </method>\n", method.name,
                            arguments(method.in, "in"), arguments(method.out, "out"));
    }
    for (const auto& property : interface.properties) {
        text += fmt::format(
            "  <property name=\"{}\" type=\"{}\" access=\"read\">\n"
            "   <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" "
            "value=\"false\"/>\n  </property>\n",
            property.name, property.type);
    }
    for (const auto& signal : interface.signals) {
        text += fmt::format("  <signal name=\"{}\">\n{}  </signal>\n", signal.name,
                            arguments(signal.arguments, ""));
    }
    return text + " </interface>\n";
}

std::string node(std::string_view content, const std::vector<std::string>& below = {}) {
    auto text = fmt::format("{}<node>\n{}", kHead, content);
    for (const auto& name : below) text += fmt::format(" <node name=\"{}\"/>\n", name);
    return text + "</node>\n";
}

template <class Table>
std::vector<std::string> names_in(const Table& table) {
    std::vector<std::string> names;
    table.for_each([&](const auto& row) {
        if (names.size() < limits::kIntrospectedObjects) {
            names.push_back(bus_path_element(row->ref.text()));
        }
    });
    return names;
}

std::vector<std::string> names_of(Kind kind, const Catalog& catalog) {
    switch (kind) {
        case Kind::kPack:
            return names_in(catalog.packs());
        case Kind::kTrigger:
            return names_in(catalog.triggers());
        case Kind::kAction:
            return names_in(catalog.actions());
        case Kind::kSensor:
            return names_in(catalog.sensors());
        case Kind::kRule:
            return names_in(catalog.rules());
    }
    return {};
}

bool has(const BusObject& object, const Catalog& catalog) {
    switch (object.kind) {
        case Kind::kPack:
            return catalog.packs().find(object.ref) != nullptr;
        case Kind::kTrigger:
            return catalog.triggers().find(object.ref) != nullptr;
        case Kind::kAction:
            return catalog.actions().find(object.ref) != nullptr;
        case Kind::kSensor:
            return catalog.sensors().find(object.ref) != nullptr;
        case Kind::kRule:
            return catalog.rules().find(object.ref) != nullptr;
    }
    return false;
}

std::string manager() {
    std::vector<std::string> folders;
    for (const auto& kind : kinds()) folders.emplace_back(kind.singular);
    return node(std::string(kStandard) + described(manager_interface()), folders);
}

std::string object(Kind kind) {
    std::string text(kStandard);
    for (const auto& interface : object_interfaces(kind)) text += described(interface);
    return node(text);
}

}  // namespace

std::optional<std::string> introspect(std::string_view path, const Catalog& catalog) {
    if (path == kBusRoot) return manager();
    for (const auto& kind : kinds()) {
        if (path == fmt::format("{}/{}", kBusRoot, kind.singular)) {
            return node({}, names_of(kind.kind, catalog));
        }
    }
    if (const auto found = object_of(path); found && has(*found, catalog)) {
        return object(found->kind);
    }
    // A way to the root.
    const std::string root(kBusRoot);
    const auto prefix = path == "/" ? std::string("/") : std::string(path) + "/";
    if (!root.starts_with(prefix)) return std::nullopt;
    const auto rest = root.substr(prefix.size());
    return node({}, {rest.substr(0, rest.find('/'))});
}

}  // namespace attune
