#include "tests/support/fake_systemd.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include <fmt/format.h>

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

void FakeSystemd::run_units(std::string program, std::string directory) {
    const std::lock_guard lock(mutex_);
    program_ = std::move(program);
    directory_ = std::move(directory);
}

// As PID 1 does: opens the pipes, and runs the program in a group that stands for its cgroup.
void FakeSystemd::start_unit(BusRequest request) {
    const std::string name = request.values().at(0);
    if (program_.empty()) {
        return request.refuse(BusError("org.freedesktop.DBus.Error.AccessDenied", "denied"));
    }
    const auto at = name.find('@') + 1;
    const auto folder = directory_ + "/" + name.substr(at, name.find('.') - at);
    const UniqueFd in(::open((folder + "/stdin").c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd out(::open((folder + "/stdout").c_str(), O_WRONLY | O_CLOEXEC));
    const UniqueFd err(::open((folder + "/stderr").c_str(), O_WRONLY | O_CLOEXEC));
    Unit unit{.invocation = ++count_};
    units_[name] = unit;
    started_.insert_or_assign(name, Started{spawn({.argv = {program_, "--inside"},
                                                   .env = {},
                                                   .stdin_fd = in.get(),
                                                   .stdout_fd = out.get(),
                                                   .stderr_fd = err.get(),
                                                   .own_group = true}),
                                            unit});
    changed_.insert(name);
    reply_with_job(std::move(request), name);
}

void FakeSystemd::stop_unit(BusRequest request) {
    const std::string name = request.values().at(0);
    if (const auto found = started_.find(name); found != started_.end()) {
        found->second.main.signal_group(SIGTERM);
    }
    reply_with_job(std::move(request), name);
}

void FakeSystemd::reply_with_job(BusRequest request, const std::string& unit) {
    const auto job = fmt::format("{}/job/{}", kManagerPath, ++count_);
    request.reply({"o", {job}});
    jobs_.push_back({count_, job, unit, "done"});
}

// What is left of a unit whose main process has ended is killed.
void FakeSystemd::end_units() {
    const std::lock_guard lock(mutex_);
    for (auto each = started_.begin(); each != started_.end();) {
        auto& [name, started] = *each;
        if (!started.main.has_ended()) {
            ++each;
            continue;
        }
        started.main.signal_group(SIGKILL);
        const auto status = started.main.wait();
        auto& unit = units_[name];
        unit = started.unit;
        unit.active = status.succeeded() ? "inactive" : "failed";
        unit.sub = status.succeeded() ? "dead" : "failed";
        unit.result = status.succeeded() ? "success" : "exit-code";
        unit.exit_code = status.signal != 0 ? 2 : 1;
        unit.exit_status = status.signal != 0 ? status.signal : status.code;
        changed_.insert(name);
        each = started_.erase(each);
    }
}

void FakeSystemd::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(woken_.get(), &one, sizeof(one));
}

void FakeSystemd::run(SystemBus& bus) {
    end_units();
    emit(bus);
    if (bus.process()) return;
    std::vector<pollfd> polled = {pollfd{bus.fd(), bus.events(), 0},
                                  pollfd{woken_.get(), POLLIN, 0}};
    for (const auto& [name, started] : started_) {
        polled.push_back({started.main.pidfd(), POLLIN, 0});
    }
    ::poll(polled.data(), polled.size(), -1);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(woken_.get(), &count, sizeof(count));
}

void FakeSystemd::emit(SystemBus& bus) {
    const std::lock_guard lock(mutex_);
    for (auto& job : std::exchange(jobs_, {})) {
        bus.emit(kManagerPath, "org.freedesktop.systemd1.Manager", "JobRemoved",
                 {"uoss", std::move(job)});
    }
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
    if (member == "StartUnit") return start_unit(std::move(request));
    if (member == "StopUnit") return stop_unit(std::move(request));
    if (member == "RefUnit") return request.reply({});
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
