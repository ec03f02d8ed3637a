#include "tests/support/fake_systemd.h"

#include <fnmatch.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "core/unit_state.h"

namespace attune {
namespace {

constexpr const char* kName = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

Json variant(const char* type, Json data) {
    return {{"type", type}, {"data", std::move(data)}};
}

}  // namespace

FakeSystemd::FakeSystemd(const std::string& address)
    : woken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      bus_(std::make_unique<SystemBus>(address)) {
    slot_ =
        bus_->serve(kManagerPath, [this](BusRequest request) { answer(std::move(request)); });
    bus_->call({.destination = "org.freedesktop.DBus",
                .path = "/org/freedesktop/DBus",
                .interface = "org.freedesktop.DBus",
                .member = "RequestName",
                .body = {"su", {kName, 0}}});
    thread_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) run(*bus_);
    });
}

FakeSystemd::~FakeSystemd() {
    thread_.request_stop();
    wake();
    thread_.join();
}

void FakeSystemd::set(const std::string& name, const Unit& unit) {
    {
        const std::lock_guard lock(mutex_);
        units_[name] = unit;
        changed_.insert(name);
    }
    wake();
}

void FakeSystemd::set_silently(const std::string& name, const Unit& unit) {
    const std::lock_guard lock(mutex_);
    units_[name] = unit;
}

void FakeSystemd::drop(const std::string& name) {
    {
        const std::lock_guard lock(mutex_);
        units_.erase(name);
        changed_.insert(name);
    }
    wake();
}

void FakeSystemd::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(woken_.get(), &one, sizeof(one));
}

void FakeSystemd::run(SystemBus& bus) {
    emit(bus);
    if (bus.process()) return;
    std::array<pollfd, 2> polled = {pollfd{bus.fd(), bus.events(), 0},
                                    pollfd{woken_.get(), POLLIN, 0}};
    ::poll(polled.data(), polled.size(), -1);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(woken_.get(), &count, sizeof(count));
}

void FakeSystemd::emit(SystemBus& bus) {
    const std::lock_guard lock(mutex_);
    for (const auto& name : std::exchange(changed_, {})) {
        if (!subscribed_) continue;
        if (units_.contains(name)) {
            bus.emit(path_of_unit(name), kProperties, "PropertiesChanged",
                     {"sa{sv}as",
                      {"org.freedesktop.systemd1.Unit", Json::object(), Json{"ActiveState"}}});
        } else {
            bus.emit(kManagerPath, "org.freedesktop.systemd1.Manager", "UnitRemoved",
                     {"so", {name, path_of_unit(name)}});
        }
    }
}

void FakeSystemd::answer(BusRequest request) {
    const std::lock_guard lock(mutex_);
    const auto member = request.member();
    if (member == "Subscribe") {
        subscribed_ = true;
        return request.reply({});
    }
    if (member == "ListUnitsByPatterns") {
        return request.reply({"a(ssssssouso)", {listed(request.values().at(1))}});
    }
    if (member == "GetAll") {
        const auto name = unit_of_path(request.path());
        const auto unit = units_.find(name.value_or(""));
        if (unit != units_.end()) {
            return request.reply({"a{sv}", {properties(unit->second)}});
        }
    }
    request.refuse(BusError("org.freedesktop.DBus.Error.UnknownObject", "no " + member));
}

Json FakeSystemd::properties(const Unit& unit) const {
    Json invocation = Json::array();
    for (int n = 0; n < 16; ++n) invocation.push_back(n == 15 ? unit.invocation : 0);
    return {{"ActiveState", variant("s", unit.active)},
            {"SubState", variant("s", unit.sub)},
            {"Description", variant("s", "A unit")},
            {"InvocationID", variant("ay", std::move(invocation))},
            {"StateChangeTimestamp", variant("t", unit.since)},
            {"Result", variant("s", unit.result)},
            {"NRestarts", variant("u", unit.restarts)},
            {"ExecMainCode", variant("i", unit.exit_code)},
            {"ExecMainStatus", variant("i", unit.exit_status)}};
}

Json FakeSystemd::listed(const Json& patterns) const {
    Json list = Json::array();
    for (const auto& [name, unit] : units_) {
        for (const auto& pattern : patterns) {
            if (::fnmatch(pattern.get<std::string>().c_str(), name.c_str(), FNM_NOESCAPE) !=
                0) {
                continue;
            }
            list.push_back({name, "A unit", "loaded", unit.active, unit.sub, "",
                            path_of_unit(name), 0, "", "/"});
            break;
        }
    }
    return list;
}

}  // namespace attune
