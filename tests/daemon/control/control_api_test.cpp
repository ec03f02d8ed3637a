#include "daemon/control/control_api.h"

#include <functional>
#include <future>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "os/account.h"
#include "os/system_clock.h"
#include "reconciler/reconcile.h"
#include "store/catalog_store.h"
#include "store/ledger.h"
#include "tests/support/database.h"
#include "tests/support/temp_directory.h"
#include "tests/support/zones.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kNow = TimePoint(std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}) + 12h;

// What the handlers see of the rest of the daemon: a catalog, and threads that answer.
class ControlApiTest : public testing::Test {
protected:
    ControlApiTest() {
        tree.write("attune.yaml",
                   "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\nspec: {}\n");
        tree.write("packs/ops/pack.yaml",
                   "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\nspec: {}\n");
        tree.write("packs/ops/all.yaml", R"(apiVersion: attune/v1
kind: Trigger
metadata: {ref: ops.deploy}
spec:
  out_schema: {type: object, required: [service], properties: {service: {type: string}}}
---
apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.deploys}
spec: {trigger: ops.deploy}
---
apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.tick, label: Tick}
spec: {trigger: core.intervaltimer, config: {unit: seconds, interval: 10}}
---
apiVersion: attune/v1
kind: Rule
metadata: {ref: ops.hello}
spec: {trigger: core.intervaltimer, action: {ref: core.echo}}
)");
        build_catalog();
    }
    ~ControlApiTest() override {
        api.reset();
        bus.shutdown();
    }

    // As the daemon would hold it; ids need not be those of the rows.
    void build_catalog() {
        CatalogBuilder builder;
        builder.put(TriggerId{1}, *Ref::parse("ops.deploy"),
                    TriggerSpec{.param_schema = std::nullopt,
                                .option_schema = std::nullopt,
                                .out_schema =
                                    Json{{"type", "object"},
                                         {"required", {"service"}},
                                         {"properties", {{"service", {{"type", "string"}}}}}}});
        const auto sensor = [&](int id, const char* ref, SensorRuntime runtime, bool enabled) {
            builder.put(CatalogSensor{.id = SensorId{id},
                                      .trigger = TriggerId{1},
                                      .runtime = runtime,
                                      .enabled = enabled,
                                      .ref = *Ref::parse(ref),
                                      .label = {},
                                      .labels = {},
                                      .config = "{}"});
        };
        sensor(1, "ops.deploys", SensorRuntime::kExternal, true);
        sensor(2, "ops.tick", SensorRuntime::kBuiltin, true);
        sensor(3, "ops.off", SensorRuntime::kExternal, false);
        ActionSpec echo;
        echo.param_schema = Json{
            {"type", "object"},
            {"properties", {{"message", {{"type", "string"}, {"default", "Hello World"}}}}}};
        builder.put(ActionId{1}, *Ref::parse("core.echo"), echo);
        catalog = builder.build(Generation{7});
    }

    void reconcile() {
        Reconciler(tree.path().string(), db.database(), system_zones()).reconcile(kNow, 0s);
    }

    // An execution of ops.sweep that waits.
    ExecutionKey record_a_run(const std::string& key) {
        reconcile();
        Ledger ledger(db.database());
        const attune::Run run{.execution = {.id = ExecutionId{ledger.draw_ids().first},
                                            .action = ActionId{1},
                                            .action_ref = "ops.sweep",
                                            .params = "{}",
                                            .idempotency_key = "run:" + key,
                                            .claimed = false,
                                            .token = {},
                                            .run_at = kNow},
                              .accepted_at = kNow,
                              .key = key};
        const auto generation = CatalogStore(db.database()).generation();
        ledger.record_runs(generation, {IncarnationId{3}, 0}, {&run, 1});
        return {run.execution.id, kNow};
    }
    static std::string cancel_path(const ExecutionKey& execution) {
        return "/v1/executions/" + std::to_string(execution.id.value) + "/cancel";
    }

    // An executor (or the reconcile thread) that answers with what `answer` makes.
    void answering(const std::string& inbox, std::function<Message(const Message&)> answer) {
        auto own = std::make_unique<Inbox>(bus, inbox);
        threads.emplace_back(
            [this, own = std::move(own), answer = std::move(answer)]() mutable {
                const auto mine = std::move(own);
                Outbox outbox(bus, {"control.0"});
                while (!mine->wait(std::nullopt).closed) {
                    while (const auto bytes = mine->receive()) {
                        outbox.send(encode(answer(*decode(*bytes))));
                    }
                }
            });
    }

    ControlContext context(const Database& database) {
        return {.bus = bus,
                .clock = clock,
                .zones = system_zones(),
                .database = database,
                .catalog = [this] { return catalog; },
                .executors = 1,
                .version = "9.9.9",
                .node = "node-a",
                .incarnation = IncarnationId{3},
                .started_at = kNow,
                .source_name = [this] { return source_name; },
                .source_path = "/somewhere",
                .embedded_database = false,
                .request_patience = patience,
                .reconcile_patience = patience};
    }

    ControlResponse ask(const std::string& method, const std::string& target,
                        const std::string& body = "") {
        if (!api) {
            api = std::make_unique<ControlApi>(context(db.database()), control_inbox(0));
        }
        const auto parsed = parse_target(target);
        return api->handle({method, parsed->path, parsed->query, body, {}});
    }
    Json get(const std::string& target) {
        const auto response = ask("GET", target);
        EXPECT_EQ(response.status, 200) << response.body;
        return Json::parse(response.body);
    }
    static std::string code(const ControlResponse& response) {
        return Json::parse(response.body).at("error").at("code");
    }
    static std::string help(const ControlResponse& response) {
        return Json::parse(response.body).at("error").at("help");
    }

    TempDirectory tree;
    TestDatabase db;
    SystemClock clock;
    Bus bus;
    std::shared_ptr<const Catalog> catalog;
    std::string source_name = "main";
    Duration patience = 10s;
    std::vector<std::jthread> threads;
    std::unique_ptr<ControlApi> api;
};

TEST_F(ControlApiTest, StatusTellsWhoRunsWhat) {
    reconcile();
    const auto status = get("/v1/status");
    EXPECT_EQ(status.at("version"), "9.9.9");
    EXPECT_EQ(status.at("node"), "node-a");
    EXPECT_EQ(status.at("generation"), 7);
    EXPECT_EQ(status.at("objects").at("sensors"), 3);
    EXPECT_EQ(status.at("database").at("state"), "ok");
    EXPECT_EQ(status.at("clock").at("state"), "ok");
    EXPECT_EQ(status.at("runner").at("state"), "ok");
    EXPECT_TRUE(status.at("runner").at("socket").is_null());
    EXPECT_EQ(status.at("source").at("last_revision").at("outcome"), "applied");
    EXPECT_EQ(status.at("timers").at("armed"), 1);
    EXPECT_EQ(status.at("since_start").at("events"), 0);
}

TEST_F(ControlApiTest, ARefusalThatCouldNotNameItsSourceIsInTheStatus) {
    reconcile();
    tree.write("attune.yaml", "kind: Sauce\n");
    reconcile();
    EXPECT_EQ(get("/v1/status").at("source").at("last_revision").at("outcome"), "refused");
    EXPECT_EQ(get("/v1/revisions").at("items").size(), 2U);
}

TEST_F(ControlApiTest, ASourceThatIsRenamedIsTheOneOfTheStatus) {
    reconcile();
    EXPECT_EQ(get("/v1/status").at("source").at("name"), "main");
    tree.write("attune.yaml",
               "apiVersion: attune/v1\nkind: Source\nmetadata: {name: other}\nspec: {}\n");
    source_name = "other";
    reconcile();
    const auto source = get("/v1/status").at("source");
    EXPECT_EQ(source.at("name"), "other");
    EXPECT_EQ(source.at("last_revision").at("source"), "other");
    EXPECT_EQ(get("/v1/revisions").at("items").size(), 2U);
}

TEST_F(ControlApiTest, ObjectsAreListedByPagesAndDescribed) {
    reconcile();
    const auto first = get("/v1/objects/sensors?limit=1");
    EXPECT_EQ(first.at("items")[0].at("ref"), "ops.deploys");
    EXPECT_EQ(first.at("items")[0].at("runtime"), "core.sensor.external");
    const auto rest =
        get("/v1/objects/sensors?limit=5&after=" + first.at("next").get<std::string>());
    ASSERT_EQ(rest.at("items").size(), 1U);
    EXPECT_EQ(rest.at("items")[0].at("runtime"), "core.sensor.builtin");
    EXPECT_EQ(rest.at("next"), nullptr);

    const auto tick = get("/v1/objects/sensor/ops.tick");
    EXPECT_EQ(tick.at("label"), "Tick");
    EXPECT_EQ(tick.at("file"), "packs/ops/all.yaml");
    EXPECT_EQ(tick.at("line"), 12);
    EXPECT_EQ(tick.at("timer").at("state"), "armed");
    EXPECT_EQ(tick.at("document").at("spec").at("config").at("interval"), 10);
    EXPECT_EQ(get("/v1/objects/rules/ops.hello").at("figures").at("matched"), 0);
}

TEST_F(ControlApiTest, WhatIsNotThereIsAnsweredWithTheNearest) {
    const auto response = ask("GET", "/v1/objects/sensors/ops.tik");
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(help(response), HasSubstr("`ops.tick`"));
    EXPECT_EQ(ask("GET", "/v1/objects/sensrs").status, 404);
    EXPECT_EQ(ask("GET", "/v1/executions/1").status, 404);
    EXPECT_EQ(ask("GET", "/v1/executions/x/trace").status, 404);
    EXPECT_EQ(ask("GET", "/v1/events?limit=0").status, 400);
}

TEST_F(ControlApiTest, AnEmptyLedgerIsAnEmptyPage) {
    for (const auto* list : {"events", "enforcements", "executions", "revisions"}) {
        EXPECT_EQ(get(std::string("/v1/") + list),
                  (Json{{"items", Json::array()}, {"next", nullptr}}))
            << list;
    }
    EXPECT_EQ(get("/v1/audit/ledger").at("findings"), Json::array());
}

TEST_F(ControlApiTest, AFireIsHandedToAnExecutorAndAnsweredWhenItIsRecorded) {
    std::promise<FireRequest> asked;
    answering("executor.0", [&](const Message& message) {
        const auto& request = std::get<FireRequest>(message);
        asked.set_value(request);
        return FireReply{request.request, RequestOutcome::kRecorded, EventId{42},
                         request.scheduled_at, ""};
    });
    const auto response = ask("POST", "/v1/sensors/ops.deploys/fire",
                              R"({"payload": {"service": "web"}, "key": "build-1"})");
    EXPECT_EQ(response.status, 200) << response.body;
    const auto fired = Json::parse(response.body);
    EXPECT_EQ(fired.at("event"), 42);
    EXPECT_EQ(fired.at("key"), "build-1");
    EXPECT_EQ(fired.at("duplicate"), false);
    const auto heard = asked.get_future().get();
    EXPECT_EQ(heard.sensor, SensorId{1});
    EXPECT_EQ(heard.payload, R"({"service":"web"})");
}

TEST_F(ControlApiTest, AFireThatCannotBeIsRefusedWithTheRemedy) {
    const auto fire = [&](const std::string& ref, const std::string& body) {
        return ask("POST", "/v1/sensors/" + ref + "/fire", body);
    };
    EXPECT_EQ(code(fire("ops.tick", "{}")), "not_external");
    EXPECT_EQ(code(fire("ops.off", "{}")), "disabled");
    EXPECT_EQ(fire("ops.nobody", "{}").status, 404);
    EXPECT_THAT(help(fire("ops.deplois", "{}")), HasSubstr("`ops.deploys`"));
    const auto invalid = fire("ops.deploys", R"({"payload": {"service": 1}})");
    EXPECT_EQ(invalid.status, 422);
    EXPECT_THAT(invalid.body, HasSubstr("/service"));
    EXPECT_EQ(fire("ops.deploys", R"({"payload": )").status, 400);
    EXPECT_EQ(fire("ops.deploys", R"({"paylod": {}})").status, 400);
    EXPECT_EQ(fire("ops.deploys", Json{{"key", std::string(300, 'k')}}.dump()).status, 400);
    const auto large = Json{{"payload", {{"service", std::string(300'000, 'x')}}}}.dump();
    EXPECT_EQ(fire("ops.deploys", large).status, 422);
}

TEST_F(ControlApiTest, WithoutAnAnswerTheKeyToRepeatWithIsTold) {
    patience = 20ms;
    const auto response = ask("POST", "/v1/sensors/ops.deploys/fire",
                              R"({"payload": {"service": "web"}, "key": "build-1"})");
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(help(response), HasSubstr("`build-1`"));
}

TEST_F(ControlApiTest, ARunIsCompletedWithDefaults) {
    std::promise<RunRequest> asked;
    answering("executor.0", [&](const Message& message) {
        const auto& request = std::get<RunRequest>(message);
        asked.set_value(request);
        return RunReply{request.request, RequestOutcome::kDuplicate,
                        ExecutionKey{ExecutionId{9}, request.scheduled_at}, ""};
    });
    const auto response = ask("POST", "/v1/actions/core.echo/run", "{}");
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(Json::parse(response.body).at("execution"), 9);
    EXPECT_EQ(Json::parse(response.body).at("duplicate"), true);
    const auto heard = asked.get_future().get();
    EXPECT_EQ(heard.params, R"({"message":"Hello World"})");
    EXPECT_FALSE(heard.key.empty());
    EXPECT_EQ(ask("POST", "/v1/actions/core.echo/run", R"({"params": {"message": 1}})").status,
              422);
}

TEST_F(ControlApiTest, AKeyIsOfTheActionThatWasRunByIt) {
    const auto earlier = record_a_run("nightly");
    answering("executor.0", [&](const Message& message) {
        return RunReply{std::get<RunRequest>(message).request, RequestOutcome::kDuplicate,
                        earlier, ""};
    });
    const auto response = ask("POST", "/v1/actions/core.echo/run", R"({"key": "nightly"})");
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(code(response), "key_used");
    EXPECT_THAT(response.body, HasSubstr("of action `ops.sweep`"));
}

TEST_F(ControlApiTest, ACancellationIsHandedToAnExecutorWithTheDayOfItsExecution) {
    const auto execution = record_a_run("nightly");
    std::promise<CancelRequest> asked;
    answering("executor.0", [&](const Message& message) {
        const auto& request = std::get<CancelRequest>(message);
        asked.set_value(request);
        return CancelReply{request.request, CancelOutcome::kCancelled,
                           ExecutionState::kCancelling, ""};
    });
    const auto response =
        ask("POST", cancel_path(execution), R"({"reason": "the disk is full"})");
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(Json::parse(response.body),
              (Json{{"execution", execution.id.value}, {"state", "cancelling"}}));
    const auto heard = asked.get_future().get();
    EXPECT_EQ(heard.execution, execution);
    EXPECT_EQ(heard.reason, "the disk is full");
    EXPECT_EQ(heard.by, user_name(Peer{}.uid));
    EXPECT_GT(heard.at, kNow);
}

TEST_F(ControlApiTest, ACancellationThatCannotBeIsRefusedWithTheRemedy) {
    const auto execution = record_a_run("nightly");
    CancelOutcome outcome = CancelOutcome::kEnded;
    answering("executor.0", [&](const Message& message) {
        return CancelReply{std::get<CancelRequest>(message).request, outcome,
                           ExecutionState::kSucceeded, "it is poison"};
    });
    const auto ended = ask("POST", cancel_path(execution));
    EXPECT_EQ(ended.status, 409);
    EXPECT_EQ(code(ended), "ended");
    EXPECT_THAT(ended.body, HasSubstr("it is succeeded"));
    outcome = CancelOutcome::kUnknown;
    EXPECT_EQ(ask("POST", cancel_path(execution)).status, 404);
    outcome = CancelOutcome::kRefused;
    const auto refused = ask("POST", cancel_path(execution));
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("it is poison"));

    EXPECT_EQ(ask("POST", "/v1/executions/987654321/cancel").status, 404);
    EXPECT_EQ(ask("POST", "/v1/executions/x/cancel").status, 404);
    EXPECT_EQ(ask("GET", cancel_path(execution)).status, 405);
    for (const auto& body :
         {Json{{"why", "x"}}, Json{{"reason", 7}}, Json{{"reason", std::string(2000, 'x')}},
          Json{{"reason", std::string("a\0b", 3)}}}) {
        EXPECT_EQ(ask("POST", cancel_path(execution), body.dump()).status, 400);
    }
}

TEST_F(ControlApiTest, ACancellationNobodyAnswersMayBeRepeated) {
    const auto execution = record_a_run("nightly");
    patience = 20ms;
    const auto response = ask("POST", cancel_path(execution));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(code(response), "no_answer");
    EXPECT_THAT(help(response), HasSubstr("repeat it"));
}

TEST_F(ControlApiTest, APauseIsHandedToWhoeverChangesTheCatalog) {
    std::promise<PauseRequest> asked;
    answering(kReconcileInbox, [&](const Message& message) {
        const auto& request = std::get<PauseRequest>(message);
        asked.set_value(request);
        return PauseReply{request.request, PauseOutcome::kChanged, Generation{8}, ""};
    });
    const auto response = ask("POST", "/v1/sensors/ops.tick/pause",
                              R"({"reason": "moving the disks", "for": "2h"})");
    EXPECT_EQ(response.status, 200) << response.body;
    const auto paused = Json::parse(response.body);
    EXPECT_EQ(paused.at("kind"), "Sensor");
    EXPECT_EQ(paused.at("paused"), true);
    EXPECT_EQ(paused.at("changed"), true);
    EXPECT_EQ(paused.at("generation"), 8);
    const auto heard = asked.get_future().get();
    EXPECT_EQ(heard.kind, Kind::kSensor);
    EXPECT_EQ(heard.ref, "ops.tick");
    EXPECT_EQ(heard.reason, "moving the disks");
    EXPECT_FALSE(heard.by.empty());
    EXPECT_TRUE(heard.ends);
    EXPECT_EQ(paused.at("until"), format_rfc3339(heard.until));
}

TEST_F(ControlApiTest, APauseThatCannotBeIsRefusedWithTheRemedy) {
    PauseOutcome outcome = PauseOutcome::kUnknown;
    answering(kReconcileInbox, [&](const Message& message) {
        return PauseReply{std::get<PauseRequest>(message).request, outcome, Generation{},
                          "the zone has gone"};
    });
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/pause", R"({"for": "soon"})").status, 400);
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/pause", R"({"for": "0s"})").status, 400);
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/pause", R"({"why": "x"})").status, 400);
    EXPECT_EQ(ask("POST", "/v1/rules/ops.helo/resume").status, 404);
    EXPECT_EQ(ask("POST", "/v1/actions/core.echo/pause").status, 404);
    outcome = PauseOutcome::kRefused;
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/resume").status, 422);
    outcome = PauseOutcome::kUnavailable;
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/resume").status, 503);
}

TEST_F(ControlApiTest, TheReportOfAPassIsHandedOn) {
    answering("reconcile", [](const Message& message) {
        const auto& asked = std::get<ReconcileRequest>(message);
        return ReconcileReply{asked.request,
                              compact({{"outcome", asked.plan_only ? "planned" : "applied"},
                                       {"allowed", asked.allow_retire}})};
    });
    EXPECT_EQ(Json::parse(ask("POST", "/v1/plan").body).at("outcome"), "planned");
    const auto applied = ask("POST", "/v1/reconcile", R"({"wait": true, "allow_retire": 7})");
    EXPECT_EQ(Json::parse(applied.body), (Json{{"outcome", "applied"}, {"allowed", 7}}));
    EXPECT_EQ(ask("POST", "/v1/reconcile", "{}").status, 202);
}

TEST_F(ControlApiTest, WithoutItsDatabaseItSaysSo) {
    auto gone = db.database();
    gone.url = "host=/nowhere dbname=nothing";
    ControlApi alone(context(gone), control_inbox(1));
    const auto events = alone.handle({"GET", "/v1/events", {}, "", {}});
    EXPECT_EQ(events.status, 503);
    EXPECT_EQ(code(events), "database_unavailable");
    const auto cancelled = alone.handle({"POST", "/v1/executions/1/cancel", {}, "", {}});
    EXPECT_EQ(cancelled.status, 503);
    EXPECT_EQ(code(cancelled), "database_unavailable");
    const auto status = alone.handle({"GET", "/v1/status", {}, "", {}});
    EXPECT_EQ(status.status, 200);
    EXPECT_EQ(Json::parse(status.body).at("database").at("state"), "unavailable");
}

}  // namespace
}  // namespace attune
