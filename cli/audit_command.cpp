// attune audit ledger: proves that every instant of every schedule is recorded once.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/database_access.h"
#include "cli/output.h"
#include "cli/table.h"
#include "core/printable.h"
#include "core/time.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "reconciler/ledger_audit.h"

namespace attune {
namespace {

constexpr Duration kUsualTime = std::chrono::hours(24);
constexpr Duration kPiece = std::chrono::hours(1);

TimePoint moment(const Given& given, const std::string& option, TimePoint otherwise) {
    if (!given.has(option)) return otherwise;
    const auto at = parse_rfc3339(given.text(option));
    if (at) return *at;
    throw CommandFailed{kExitUsage, option + ": " + at.error().message, at.error().help};
}

// Findings of one piece: asked of the daemon, or found on a connection of our own.
using Look = std::function<Json(const AuditWindow&)>;

Look look_through_daemon(const Given& given) {
    return [daemon = DaemonClient(given)](const AuditWindow& window) {
        return daemon
            .get("/v1/audit/ledger" +
                 query_text({{"from", format_rfc3339_micros(window.after)},
                             {"through", format_rfc3339_micros(window.through)}}))
            .at("findings");
    };
}

Look look_at_database(const Given& given) {
    return [audit = std::make_shared<Audit>(open_database(given, "attune audit")),
            zones = std::make_shared<ZoneFiles>()](const AuditWindow& window) {
        auto findings = Json::array();
        with_database([&] {
            for (const auto& finding : audit_ledger(*audit, window, *zones).findings) {
                findings.push_back(to_json(finding));
            }
        });
        return findings;
    };
}

// Some faults concern no instant of the window (a cursor ahead): every piece finds them again.
Json collect(const Look& look, AuditWindow whole) {
    auto findings = Json::array();
    std::set<std::string> seen;
    for (auto after = whole.after; after < whole.through; after += kPiece) {
        auto piece = whole;
        piece.after = after;
        piece.through = std::min(after + kPiece, whole.through);
        for (auto& finding : look(piece)) {
            if (seen.insert(compact(finding)).second) findings.push_back(std::move(finding));
        }
    }
    return findings;
}

std::string summary(const Json& findings) {
    // In the order people ask for them; kinds without a finding are told, too.
    std::vector<std::pair<std::string, std::string>> words = {
        {"gap", "gaps"},
        {"duplicate", "duplicates"},
        {"stray", "strays"},
        {"overlapping_skip", "overlapping skips"},
        {"cursor_ahead", "cursors ahead"},
        {"stuck_execution", "stuck executions"},
        {"unanswered", "unanswered"}};
    std::map<std::string, std::int64_t> counts;
    for (const auto& finding : findings) {
        counts[cell(finding, "fault")] += finding.value("count", std::int64_t{1});
    }
    std::string text;
    for (const auto& [fault, plural] : words) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[fault], plural);
    }
    return text;
}

int run_audit(const Given& given, Terminal& terminal) {
    const SystemClock clock;
    const auto now = clock.now();
    AuditWindow window{.after = {}, .through = moment(given, "--through", now), .now = now};
    window.after = moment(given, "--from", window.through - kUsualTime);
    if (window.after >= window.through) {
        throw CommandFailed{kExitUsage, "--from is not before --through"};
    }
    const auto look =
        given.has("--database") ? look_at_database(given) : look_through_daemon(given);
    const auto findings = collect(look, window);
    const Json result = {{"from", format_rfc3339(window.after)},
                         {"through", format_rfc3339(window.through)},
                         {"clean", findings.empty()},
                         {"findings", findings}};
    show(given, terminal, result, [&] {
        for (const auto& finding : findings) {
            terminal.out << printable(fmt::format("{}: {} at {}: {}", cell(finding, "fault"),
                                                  cell(finding, "subject"), cell(finding, "at"),
                                                  cell(finding, "text")))
                         << '\n';
        }
        terminal.out << summary(findings) << '\n';
    });
    return findings.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void add_audit_commands(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "audit ledger",
         .summary = "prove that every instant of every timer is recorded exactly once",
         .text =
             "For every span in which a schedule was armed, its instants must be the events "
             "and the skipped ranges, each once; every enforcement has its execution, and "
             "none is stuck. Cron timers are computed second by second, apart from the code "
             "that fires them. Findings are printed one a line; with any the exit code is "
             "1.",
         .examples = {"attune audit ledger",
                      "attune audit ledger --from 2026-11-01T00:00:00Z "
                      "--through 2026-11-02T00:00:00Z"},
         .options = {{Option::Kind::kText, "--from", "TIME",
                      "after this RFC 3339 moment (a day before --through)"},
                     {Option::Kind::kText, "--through", "TIME", "up to this moment (now)"},
                     database_option("ask this database and no daemon"),
                     output_option({"text", "json", "yaml"}),
                     socket_option()},
         .run = run_audit});
}

}  // namespace attune
