// attune plan, apply, reconcile: making the database say what the source says.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/database_access.h"
#include "cli/database_reconciler.h"
#include "cli/output.h"
#include "cli/report.h"
#include "os/loop.h"
#include "os/system_clock.h"

namespace attune {
namespace {

// Longer than the daemon waits for its reconcile thread.
constexpr Duration kPatience = std::chrono::seconds(310);

constexpr int kPasses = 3;
// A little longer than Reconciler::kAbsenceProof.
constexpr Duration kAbsence = std::chrono::milliseconds(2100);

std::filesystem::path canonical(const std::string& path) {
    std::error_code failed;
    auto real = std::filesystem::canonical(path, failed);
    if (failed) {
        throw CommandFailed{kExitFailed, "cannot read " + path + ": " + failed.message()};
    }
    return real;
}

// The daemon applies its own source only: two trees that take turns would undo each other.
void require_source_of_daemon(const DaemonClient& daemon, const std::string& directory) {
    if (directory.empty()) return;
    const auto source = cell(daemon.get("/v1/status"), "source/path");
    std::error_code ignored;
    if (std::filesystem::equivalent(canonical(directory), source, ignored)) return;
    throw CommandFailed{kExitFailed, "the daemon's source is " + source + ", not " + directory,
                        "leave the directory out, or start a daemon with `attuned --source " +
                            directory + "`; `attune validate " + directory +
                            "` checks it without a daemon"};
}

int show_report(const Given& given, Terminal& terminal, const Json& report) {
    show(given, terminal, report, [&] { print_report(report, terminal); });
    return exit_of(report);
}

// What was done by an earlier pass belongs to the answer, too. What that one held back as not
// certain and is held no more was retired by this one, or by one that the daemon made by itself
// meanwhile.
void add_earlier(Json& report, const Json& earlier) {
    auto counts = report.value("counts", Json::object());
    const auto settled = held_objects(earlier) - held_objects(report);
    const auto retired = std::max(counts.value("retire", std::int64_t{0}), settled);
    if (retired > 0) counts["retire"] = retired;
    const auto before = earlier.value("counts", Json::object());
    for (const auto& [change, count] : before.items()) {
        counts[change] = counts.value(change, 0) + count.get<int>();
    }
    if (cell(report, "outcome") == "unchanged" && !counts.empty())
        report["outcome"] = "applied";
    report["counts"] = std::move(counts);
}

// Passes until every absence is certain: what has left the tree is retired only when a second
// look, a little later, does not find it either.
Json pass_until_certain(const std::function<Json()>& pass) {
    const SystemClock clock;
    Waiter waiter;
    auto report = pass();
    for (int i = 1; i < kPasses && is_held(report, "not_certain"); ++i) {
        waiter.wait(clock.now() + kAbsence);
        const auto earlier = std::exchange(report, pass());
        add_earlier(report, earlier);
    }
    return report;
}

// Where a plan and a pass come from: the daemon, or the database itself.
struct Passes {
    std::function<Json()> plan;
    std::function<Json()> apply;
};

Passes passes_of_daemon(const Given& given) {
    const DaemonClient daemon(given);
    require_source_of_daemon(daemon, given.text("DIR"));
    const Json body = {{"wait", true},
                       {"allow_retire", given.number("--allow-retire").value_or(0)}};
    return {[daemon] { return daemon.post("/v1/plan", Json::object(), kPatience); },
            [daemon, body] { return daemon.post("/v1/reconcile", body, kPatience); }};
}

Passes passes_of_database(const Given& given) {
    const auto directory = given.text("DIR");
    if (directory.empty()) {
        throw CommandFailed{kExitUsage, "with --database the directory of the source is needed",
                            "for example: attune plan /etc/attune/config --database URL"};
    }
    const auto root = canonical(directory).string();
    const auto reconciler =
        std::make_shared<DatabaseReconciler>(root, open_database(given, "attune"));
    // More than all there can be is all of them.
    const auto most = std::int64_t{std::numeric_limits<int>::max()};
    const auto allowed = std::min(given.number("--allow-retire").value_or(0), most);
    return {[reconciler] { return reconciler->plan(); },
            [reconciler, allowed] { return reconciler->apply(static_cast<int>(allowed)); }};
}

Passes passes_of(const Given& given) {
    return given.has("--database") ? passes_of_database(given) : passes_of_daemon(given);
}

int run_plan(const Given& given, Terminal& terminal) {
    const auto report = passes_of(given).plan();
    const auto exit = show_report(given, terminal, report);
    const bool changes = cell(report, "outcome") == "planned";
    if (exit == kExitOk && changes && given.has("--detailed-exitcode")) return kExitChanges;
    return exit;
}

int run_apply(const Given& given, Terminal& terminal) {
    return show_report(given, terminal, pass_until_certain(passes_of(given).apply));
}

int run_reconcile(const Given& given, Terminal& terminal) {
    const DaemonClient daemon(given);
    const bool wait = !given.has("--no-wait");
    const auto report = daemon.post("/v1/reconcile", {{"wait", wait}}, kPatience);
    if (wait) return show_report(given, terminal, report);
    show(given, terminal, report, [&] { terminal.out << "asked for; see `attune status`\n"; });
    return kExitOk;
}

}  // namespace

void add_reconcile_commands(std::vector<Command>& commands) {
    const Option directory{Option::Kind::kOperand, "DIR", "",
                           "the source: the daemon's, the only one it applies, or with "
                           "--database any"};
    const Option retire{Option::Kind::kNumber, "--allow-retire", "N",
                        "retire up to N objects, whatever the prune brake says"};
    commands.push_back(
        {.words = "plan",
         .summary = "show what applying the source would change",
         .text = "The daemon compares its source with the database and writes nothing; with "
                 "--database that is done here, for any source, whether a daemon runs or not. "
                 "Exit codes: 0, 1 when the source is refused, 4 when a brake would refuse it, "
                 "and with --detailed-exitcode 2 when there are changes.",
         .examples = {"attune plan", "attune plan --detailed-exitcode -o json",
                      "attune plan /etc/attune/config --database 'host=db1 dbname=attune'"},
         .options = {directory,
                     {Option::Kind::kFlag, "--detailed-exitcode", "",
                      "exit 2 when there are changes"},
                     database_option("compare with this database and ask no daemon"),
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_plan});
    commands.push_back(
        {.words = "apply",
         .summary = "apply the source now and show what changed",
         .text =
             "Done by the daemon, in one transaction. With --database it is done here, "
             "which is refused while a daemon lives on that database; the next one to start "
             "goes on from there. Exit codes: 0, 1 when the source is refused or a part of it "
             "is, though the rest is applied, 4 when a brake refuses it.",
         .examples = {"attune apply",
                      "attune apply /etc/attune/config --database 'host=db1 dbname=attune'"},
         .options = {directory, retire,
                     database_option("apply to this database, when no daemon runs"),
                     output_option({"text", "json", "yaml"}), socket_option()},
         .run = run_apply});
    commands.push_back(
        {.words = "reconcile",
         .summary = "have the daemon look at its source now",
         .text = "What it also does by itself, on every change it notices and once a minute. "
                 "The exit codes are those of apply.",
         .examples = {"attune reconcile", "attune reconcile --no-wait"},
         .options = {{Option::Kind::kFlag, "--no-wait", "", "do not wait for the outcome"},
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_reconcile});
}

}  // namespace attune
