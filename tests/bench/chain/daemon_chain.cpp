#include "tests/bench/chain/daemon_chain.h"

#include <fmt/format.h>

#include "daemon/service.h"
#include "os/loop.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "tests/support/manifest_tree.h"

namespace attune {
namespace {

constexpr const char* kEvents = "SELECT count(*) FROM event";
constexpr const char* kSucceeded = "SELECT count(*) FROM execution WHERE state = 'succeeded'";

// Sensors of one second, each instant of which may still fire a day later, and one rule.
void write_tree(ManifestTree& tree, int sensors) {
    constexpr int kPerFile = 500;
    std::string text;
    for (int i = 0; i < sensors; ++i) {
        text += fmt::format(
            "---\napiVersion: attune/v1\nkind: Sensor\nmetadata: {{ref: ops.s{}}}\nspec:\n"
            "  trigger: core.intervaltimer\n"
            "  config: {{unit: seconds, interval: 1, misfire: {{grace: 1d}}}}\n",
            i);
        if (i % kPerFile != kPerFile - 1 && i != sensors - 1) continue;
        tree.write(fmt::format("packs/ops/sensors/some{}.yaml", i / kPerFile), text);
        text.clear();
    }
    tree.write("packs/ops/rules/echo.yaml",
               "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.echo}\nspec:\n"
               "  trigger: core.intervaltimer\n  action:\n    ref: core.echo\n    params:\n"
               "      message: \"a message of some length, as people write them into their"
               " rules: {{ sensor.ref }} at {{ event.payload.scheduled_at }}, seen on db1\"\n");
}

void wait(Duration duration) {
    Waiter waiter;
    waiter.wait(SystemClock().now() + duration);
}

}  // namespace

// The timers are put twenty hours behind, so there is always more due than can be recorded and
// nothing but the daemon and the database sets the pace.
Speed measure_daemon(BenchCluster& cluster, const BenchOptions& options) {
    const SystemClock clock;
    const ZoneFiles zones;
    const auto log = make_log("warn");

    ManifestTree tree;
    write_tree(tree, options.sensors);
    const auto database = cluster.fresh_database("daemon");
    Reconciler(tree.path().string(), database, zones)
        .reconcile(clock.now(), clock.elapsed(), {.in_full = true});
    BenchCluster::run(database,
                      "UPDATE timer SET cursor_at = cursor_at - interval '20 hours',"
                      " anchor_at = anchor_at - interval '20 hours'");

    const TempDirectory runtime;
    ServiceOptions service_options;
    service_options.version = "bench";
    service_options.node = "bench";
    service_options.source_path = tree.path().string();
    service_options.runtime_dir = runtime.path().string();
    service_options.control_socket = runtime.path().string() + "/control.sock";
    service_options.feed_socket = runtime.path().string() + "/feed.sock";
    service_options.recorders = options.connections;
    const auto count = [&](const char* sql) {
        return std::stod(BenchCluster::run(database, sql));
    };
    Service service(service_options, database, clock, zones, *log);
    while (count(kEvents) < 2.0 * options.sensors) {
        wait(std::chrono::milliseconds(50));
    }

    const auto done_before = count(kSucceeded);
    const auto cpu_before = cluster.cpu_seconds();
    const auto start = clock.elapsed();
    wait(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.seconds)));
    const auto done = count(kSucceeded) - done_before;
    const auto took = std::chrono::duration<double>(clock.elapsed() - start).count();
    const auto cpu = cluster.cpu_seconds() - cpu_before;
    service.begin_stop();
    service.stop();
    return {.chains = done / took, .server_micros = cpu * 1e6 / done};
}

}  // namespace attune
