#include "daemon/dbus/interfaces.h"

#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "core/bus_path.h"
#include "core/kinds.h"
#include "core/params.h"
#include "core/time.h"
#include "wire/topics.h"

namespace attune {
namespace {

std::string text(const Json& value) { return value.get<std::string>(); }

ControlRequest get(std::string path, std::map<std::string, std::string> query = {}) {
    return {.method = "GET",
            .path = std::move(path),
            .query = std::move(query),
            .body = {},
            .peer = {}};
}

ControlRequest post(std::string path, const Json& body = Json::object()) {
    return {.method = "POST",
            .path = std::move(path),
            .query = {},
            .body = compact(body),
            .peer = {}};
}

Refused no_kind(const std::string& word) {
    return refuse("ATT7104", fmt::format("`{}` is no kind of object", word),
                  "kinds are: pack, trigger, action, sensor, rule");
}

// Fires and runs: `member` is JSON text, absent when it is empty.
Result<ControlRequest> asking(std::string path, const char* member, const Json& values) {
    auto body = Json::object();
    if (const auto content = text(values.at(1)); !content.empty()) {
        auto read = parse_untrusted(content);
        if (!read) return Refused(read.error());
        body[member] = *std::move(read);
    }
    if (const auto key = text(values.at(2)); !key.empty()) body["key"] = key;
    return post(std::move(path), body);
}

Result<ControlRequest> pausing(const Json& values, const char* verb, const Json& body) {
    const auto kind = find_kind(text(values.at(0)));
    if (kind != Kind::kSensor && kind != Kind::kRule) {
        return refuse("ATT7104", fmt::format("a `{}` cannot rest", text(values.at(0))),
                      "pause a sensor or a rule");
    }
    return post(fmt::format("/v1/{}/{}/{}", info(*kind).plural,
                            percent_encode(text(values.at(1))), verb),
                body);
}

Result<ControlRequest> reload(const Json&) { return post("/v1/reconcile"); }

Result<ControlRequest> reconcile(const Json&) {
    return post("/v1/reconcile", {{"wait", true}});
}

Result<ControlRequest> pause(const Json& values) {
    Json body = {{"reason", text(values.at(3))}};
    if (const auto seconds = values.at(2).get<std::uint64_t>(); seconds > 0) {
        body["for"] = fmt::format("{}s", seconds);
    }
    return pausing(values, "pause", body);
}

Result<ControlRequest> resume(const Json& values) {
    return pausing(values, "resume", Json::object());
}

Result<ControlRequest> cancel(const Json& values) {
    return post(fmt::format("/v1/executions/{}/cancel", values.at(0).get<std::uint64_t>()),
                {{"reason", text(values.at(1))}});
}

Result<ControlRequest> drain(const Json&) { return post("/v1/drain"); }

Result<ControlRequest> fire(const Json& values) {
    const auto path = fmt::format("/v1/sensors/{}/fire", percent_encode(text(values.at(0))));
    return asking(path, "payload", values);
}

Result<ControlRequest> run(const Json& values) {
    const auto path = fmt::format("/v1/actions/{}/run", percent_encode(text(values.at(0))));
    return asking(path, "params", values);
}

Result<ControlRequest> next_fires(const Json& values) {
    return get(fmt::format("/v1/sensors/{}/next", percent_encode(text(values.at(0)))),
               {{"limit", std::to_string(values.at(1).get<std::uint64_t>())}});
}

Result<ControlRequest> find_object(const Json& values) {
    const auto kind = find_kind(text(values.at(0)));
    if (!kind) return no_kind(text(values.at(0)));
    return object_request({*kind, text(values.at(1))});
}

Result<ControlRequest> list_objects(const Json& values) {
    const auto kind = find_kind(text(values.at(0)));
    if (!kind) return no_kind(text(values.at(0)));
    std::map<std::string, std::string> query = {
        {"limit", std::to_string(values.at(2).get<std::uint64_t>())}};
    if (const auto after = text(values.at(1)); !after.empty()) query["after"] = after;
    return get(fmt::format("/v1/objects/{}", info(*kind).plural), std::move(query));
}

constexpr std::string_view kWhole;  // the answer itself

std::vector<BusMethod> manager_methods() {
    using P = BusPermission;
    return {
        {"Reload", P::kControl, {}, {}, reload},
        {"Reconcile",
         P::kControl,
         {},
         {{"revision", "t", "/revision"},
          {"generation", "t", "/generation"},
          {"outcome", "s", "/outcome"},
          {"report", "s", kWhole}},
         reconcile},
        {"Pause",
         P::kControl,
         {{"kind", "s"}, {"ref", "s"}, {"seconds", "t"}, {"reason", "s"}},
         {{"changed", "b", "/changed"}, {"generation", "t", "/generation"}},
         pause},
        {"Resume",
         P::kControl,
         {{"kind", "s"}, {"ref", "s"}},
         {{"changed", "b", "/changed"}, {"generation", "t", "/generation"}},
         resume},
        {"Cancel",
         P::kControl,
         {{"execution", "t"}, {"reason", "s"}},
         {{"state", "s", "/state"}},
         cancel},
        {"Drain", P::kAdmin, {}, {}, drain},
        {"Fire",
         P::kTrigger,
         {{"sensor", "s"}, {"payload", "s"}, {"key", "s"}},
         {{"event", "t", "/event"}, {"key", "s", "/key"}, {"duplicate", "b", "/duplicate"}},
         fire},
        {"Run",
         P::kRun,
         {{"action", "s"}, {"params", "s"}, {"key", "s"}},
         {{"execution", "t", "/execution"},
          {"key", "s", "/key"},
          {"duplicate", "b", "/duplicate"}},
         run},
        {"GetNextFires",
         P::kRead,
         {{"sensor", "s"}, {"limit", "u"}},
         {{"instants", "at", "/next"}},
         next_fires},
        {"GetObject",
         P::kRead,
         {{"kind", "s"}, {"ref", "s"}},
         {{"object", "o", kWhole}},
         find_object},
        {"ListObjects",
         P::kRead,
         {{"kind", "s"}, {"after", "s"}, {"limit", "u"}},
         {{"objects", "a(so)", "/items"}, {"next", "s", "/next"}},
         list_objects},
        {"Subscribe", P::kRead, {}, {}, nullptr},
        {"Unsubscribe", P::kRead, {}, {}, nullptr},
    };
}

std::vector<BusSignalForm> manager_signals() {
    return {
        {"EventCreated",
         topic::kEventCreated,
         {{"event", "t", "/id"},
          {"sensor", "s", "/sensor"},
          {"origin", "s", "/origin"},
          {"scheduled_at", "t", "/scheduled_at"}}},
        {"EnforcementCreated",
         topic::kEnforcementCreated,
         {{"enforcement", "t", "/id"},
          {"rule", "s", "/rule"},
          {"event", "t", "/event"},
          {"state", "s", "/state"},
          {"reason", "s", "/reason"}}},
        {"ExecutionRequested",
         topic::kExecutionRequested,
         {{"execution", "t", "/id"}, {"action", "s", "/action"}, {"rule", "s", "/rule"}}},
        {"ExecutionStarted",
         topic::kExecutionStarted,
         {{"execution", "t", "/id"}, {"action", "s", "/action"}, {"rule", "s", "/rule"}}},
        {"ExecutionCompleted",
         topic::kExecutionCompleted,
         {{"execution", "t", "/id"},
          {"action", "s", "/action"},
          {"rule", "s", "/rule"},
          {"state", "s", "/state"}}},
        {"CatalogChanged", topic::kCatalogChanged, {{"generation", "t", "/generation"}}},
        {"SignalsMissed", {}, {{"count", "t", "/count"}}},
    };
}

std::vector<BusValue> manager_properties() {
    return {{"Version", "s", "/version"},
            {"Node", "s", "/node"},
            {"StartedAt", "t", "/started_at"},
            {"Generation", "t", "/generation"},
            {"Source", "s", "/source/name"},
            {"SourcePath", "s", "/source/path"},
            {"LastOutcome", "s", "/source/last_revision/outcome"},
            {"DatabaseState", "s", "/database/state"},
            {"ClockState", "s", "/clock/state"},
            {"RunnerState", "s", "/runner/state"},
            {"Sensors", "t", "/objects/sensors"},
            {"Rules", "t", "/objects/rules"},
            {"Ready", "t", "/ready"},
            {"Claimed", "t", "/claimed"},
            {"ArmedTimers", "t", "/timers/armed"}};
}

BusInterface interface_of_all() {
    return {.name = "io.attune.Attune1.Object",
            .methods = {},
            .properties = {{"Kind", "s", "/kind"},
                           {"Ref", "s", "/ref"},
                           {"Label", "s", "/label"},
                           {"Id", "t", "/id"},
                           {"Origin", "s", "/origin"},
                           {"Source", "s", "/source"},
                           {"File", "s", "/file"},
                           {"Line", "u", "/line"},
                           {"Generation", "t", "/generation"},
                           {"CreatedAt", "t", "/created_at"}},
            .signals = {}};
}

// Of sensors and rules.
void add_pause(std::vector<BusValue>& properties) {
    constexpr std::array kPause = {BusValue{"Enabled", "b", "/enabled"},
                                   BusValue{"EnabledInFile", "b", "/enabled_in_file"},
                                   BusValue{"Paused", "b", "/pause"},
                                   BusValue{"PausedBy", "s", "/pause/by"},
                                   BusValue{"PauseReason", "s", "/pause/reason"},
                                   BusValue{"PausedUntil", "t", "/pause/until"}};
    properties.insert(properties.end(), kPause.begin(), kPause.end());
}

BusInterface interface_of_sensors() {
    BusInterface sensor{.name = "io.attune.Attune1.Sensor",
                        .methods = {},
                        .properties = {{"Trigger", "s", "/trigger"},
                                       {"Runtime", "s", "/runtime"},
                                       {"Rules", "as", "/rules"},
                                       {"TimerState", "s", "/timer/state"},
                                       {"TimerFault", "s", "/timer/fault"},
                                       {"NextFire", "t", "/timer/next_at"},
                                       {"Fires", "t", "/timer/fires"}},
                        .signals = {}};
    add_pause(sensor.properties);
    return sensor;
}

BusInterface interface_of_rules() {
    BusInterface rule{.name = "io.attune.Attune1.Rule",
                      .methods = {},
                      .properties = {{"Trigger", "s", "/trigger"},
                                     {"Sensors", "as", "/sensors"},
                                     {"Action", "s", "/action"},
                                     {"Matched", "t", "/figures/matched"},
                                     {"Unmatched", "t", "/figures/unmatched"},
                                     {"Errored", "t", "/figures/errored"},
                                     {"Broken", "s", "/broken"}},
                      .signals = {}};
    add_pause(rule.properties);
    return rule;
}

BusInterface interface_of_actions() {
    return {.name = "io.attune.Attune1.Action",
            .methods = {},
            .properties = {{"Runner", "s", "/runner"}},
            .signals = {}};
}

std::uint64_t number(const Json& found) {
    if (found.is_number_unsigned()) return found.get<std::uint64_t>();
    if (!found.is_string()) return 0;
    const auto at = parse_rfc3339(found.get_ref<const std::string&>());
    if (!at || at->time_since_epoch().count() < 0) return 0;
    return static_cast<std::uint64_t>(at->time_since_epoch().count());
}

Json path_of(const Json& object) {
    const auto kind = find_kind(object.value("kind", std::string()));
    return object_path(kind.value_or(Kind::kPack), object.value("ref", std::string()));
}

Json listed(const Json& found, Json (*each)(const Json&)) {
    auto list = Json::array();
    if (!found.is_array()) return list;
    for (const auto& item : found) list.push_back(each(item));
    return list;
}

}  // namespace

std::string polkit_action(BusPermission permission) {
    switch (permission) {
        case BusPermission::kRead:
            return "io.attune.Attune1.read";
        case BusPermission::kTrigger:
            return "io.attune.Attune1.trigger";
        case BusPermission::kRun:
            return "io.attune.Attune1.run";
        case BusPermission::kControl:
            return "io.attune.Attune1.control";
        case BusPermission::kAdmin:
            return "io.attune.Attune1.admin";
    }
    return {};
}

const BusInterface& manager_interface() {
    static const BusInterface kInterface{kBusManager, manager_methods(), manager_properties(),
                                         manager_signals()};
    return kInterface;
}

std::span<const BusInterface> object_interfaces(Kind kind) {
    static const std::array kPlain = {interface_of_all()};
    static const std::array kSensor = {interface_of_all(), interface_of_sensors()};
    static const std::array kRule = {interface_of_all(), interface_of_rules()};
    static const std::array kAction = {interface_of_all(), interface_of_actions()};
    switch (kind) {
        case Kind::kPack:
        case Kind::kTrigger:
            return kPlain;
        case Kind::kSensor:
            return kSensor;
        case Kind::kRule:
            return kRule;
        case Kind::kAction:
            return kAction;
    }
    return {};
}

Json bus_value(std::string_view type, const Json& found) {
    if (type == "b") return found.is_boolean() ? found.get<bool>() : !found.is_null();
    if (type == "t" || type == "u") return number(found);
    if (type == "o") return path_of(found);
    if (type == "as") return found.is_array() ? found : Json::array();
    if (type == "at") {
        return listed(found, [](const Json& item) { return Json(number(item)); });
    }
    if (type == "a(so)") {
        return listed(found, [](const Json& item) {
            return Json::array({item.value("ref", std::string()), path_of(item)});
        });
    }
    if (found.is_null()) return "";
    return found.is_string() ? found : Json(compact(found));
}

Json bus_values(std::span<const BusValue> values, const Json& answer) {
    auto taken = Json::array();
    for (const auto& value : values) {
        const Json::json_pointer pointer{std::string(value.from)};
        taken.push_back(
            bus_value(value.type, answer.contains(pointer) ? answer.at(pointer) : Json()));
    }
    return taken;
}

std::string object_path(Kind kind, std::string_view ref) {
    return fmt::format("{}/{}/{}", kBusRoot, info(kind).singular, bus_path_element(ref));
}

std::optional<BusObject> object_of(std::string_view path) {
    for (const auto& kind : kinds()) {
        const auto folder = fmt::format("{}/{}/", kBusRoot, kind.singular);
        if (!path.starts_with(folder)) continue;
        auto ref = name_of_element(path.substr(folder.size()));
        if (!ref) return std::nullopt;
        return BusObject{kind.kind, *std::move(ref)};
    }
    return std::nullopt;
}

ControlRequest object_request(const BusObject& object) {
    return get(
        fmt::format("/v1/objects/{}/{}", info(object.kind).plural, percent_encode(object.ref)));
}

}  // namespace attune
