#include "daemon/sensor/unit_watch.h"

#include <utility>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

// Of a dictionary of variants; null when it is not there.
Json property(const Json& properties, const char* name) {
    const auto found = properties.find(name);
    return found == properties.end() ? Json() : found->at("data");
}

template <class T>
void take(const Json& properties, const char* name, T& value) {
    auto found = property(properties, name);
    if (!found.is_null()) value = found.get<T>();
}

std::string hex(const Json& bytes) {
    std::string text;
    for (const auto& byte : bytes) text += fmt::format("{:02x}", byte.get<unsigned>());
    return text.find_first_not_of('0') == std::string::npos ? std::string() : text;
}

// The object or what it is of has gone, or never was.
bool is_gone(const BusError& error) {
    return error.name() == "org.freedesktop.DBus.Error.UnknownObject" ||
           error.name() == "org.freedesktop.DBus.Error.UnknownInterface" ||
           error.name() == "org.freedesktop.DBus.Error.UnknownMethod" ||
           error.name() == "org.freedesktop.systemd1.NoSuchUnit";
}

}  // namespace

UnitWatch::UnitWatch(const std::string& address) : bus_(address) {
    const auto watch = [&](const std::string& rest) {
        slots_.push_back(bus_.watch(fmt::format("type='signal',sender='{}',{}", kSystemd, rest),
                                    [this](const BusSignal& signal) { heard(signal); }));
    };
    watch(fmt::format("interface='{}',member='PropertiesChanged',path_namespace='{}/unit'",
                      kProperties, kManagerPath));
    for (const char* member : {"JobRemoved", "UnitNew", "UnitRemoved"}) {
        watch(fmt::format("interface='{}',member='{}',path='{}'", kManager, member,
                          kManagerPath));
    }
    // Without it systemd tells of jobs only.
    bus_.call({.destination = kSystemd,
               .path = kManagerPath,
               .interface = kManager,
               .member = "Subscribe"});
}

void UnitWatch::heard(const BusSignal& signal) {
    if (signal.interface == kProperties) {
        if (auto unit = unit_of_path(signal.path)) changed_.insert(*std::move(unit));
        return;
    }
    // JobRemoved(id, job, unit, result); UnitNew and UnitRemoved(unit, path).
    const std::size_t place = signal.member == "JobRemoved" ? 2 : 0;
    if (signal.body.values.size() <= place) return;
    if (const auto& unit = signal.body.values.at(place); unit.is_string()) {
        changed_.insert(unit.get<std::string>());
    }
}

std::map<std::string, UnitState> UnitWatch::list(const std::vector<std::string>& patterns) {
    const auto listed = bus_.call({.destination = kSystemd,
                                   .path = kManagerPath,
                                   .interface = kManager,
                                   .member = "ListUnitsByPatterns",
                                   .body = {"asas", {Json::array(), patterns}}});
    // Each is (name, description, load state, active state, sub state, ...).
    std::map<std::string, UnitState> units;
    for (const auto& unit : listed.values.at(0)) {
        UnitState state;
        state.active = unit.at(3);
        state.sub = unit.at(4);
        units.emplace(unit.at(0), std::move(state));
    }
    return units;
}

// All interfaces at once, so that what is read is of one moment.
UnitState UnitWatch::read(const std::string& unit) {
    UnitState state;
    try {
        const auto body = bus_.call({.destination = kSystemd,
                                     .path = path_of_unit(unit),
                                     .interface = kProperties,
                                     .member = "GetAll",
                                     .body = {"s", {""}}});
        const auto& properties = body.values.at(0);
        take(properties, "ActiveState", state.active);
        take(properties, "SubState", state.sub);
        take(properties, "Description", state.description);
        take(properties, "Result", state.result);
        take(properties, "NRestarts", state.restarts);
        take(properties, "ExecMainCode", state.exit_code);
        take(properties, "ExecMainStatus", state.exit_status);
        state.invocation = hex(property(properties, "InvocationID"));
        std::int64_t since = 0;
        take(properties, "StateChangeTimestamp", since);
        if (since > 0) state.since = TimePoint(Duration(since));
        return state;
    } catch (const BusError& error) {
        if (is_gone(error)) return {};
        throw;
    }
}

std::set<std::string> UnitWatch::take_changed() {
    while (bus_.process()) {
    }
    return std::exchange(changed_, {});
}

}  // namespace attune
