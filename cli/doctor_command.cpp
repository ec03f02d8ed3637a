// attune doctor.
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/doctor/check.h"
#include "cli/doctor/gather.h"
#include "cli/output.h"
#include "cli/table.h"
#include "core/printable.h"

namespace attune {
namespace {

using doctor::Check;
using doctor::Finding;
using doctor::Verdict;

struct Result {
    const Check* check = nullptr;
    Finding finding;
};

using Counts = std::map<Verdict, int>;

constexpr Verdict kVerdicts[] = {Verdict::kOk, Verdict::kWarning, Verdict::kProblem,
                                 Verdict::kSkipped};

Json to_json(const std::vector<Result>& results, Counts& counts, const std::string& version) {
    auto checks = Json::array();
    for (const auto& [check, finding] : results) {
        const auto remedy = doctor::remedy_of(*check, finding);
        checks.push_back({{"check", check->id},
                          {"state", to_string(finding.verdict)},
                          {"looks_at", check->looks_at},
                          {"seen", finding.seen},
                          {"remedy", remedy.empty() ? Json() : Json(remedy)}});
    }
    Json summary = Json::object();
    for (const auto verdict : kVerdicts) summary[to_string(verdict)] = counts[verdict];
    return {
        {"version", version}, {"checks", std::move(checks)}, {"summary", std::move(summary)}};
}

const char* color_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kOk:
            return "\033[32m";
        case Verdict::kWarning:
            return "\033[33m";
        case Verdict::kProblem:
            return "\033[1;31m";
        case Verdict::kSkipped:
            return "\033[2m";
    }
    return "";
}

void print(const std::vector<Result>& results, Counts& counts, bool all, Terminal& terminal) {
    std::size_t widest = 0;
    for (const auto& result : results) widest = std::max(widest, result.check->id.size());
    const std::string indent(widest + 11, ' ');
    for (const auto& [check, finding] : results) {
        if (!all && finding.verdict == Verdict::kOk) continue;
        const auto word = padded(to_string(finding.verdict), 7);
        const auto shown = terminal.color ? color_of(finding.verdict) + word + "\033[0m" : word;
        terminal.out << fmt::format("{}  {}  {}\n", shown, padded(check->id, widest),
                                    printable(finding.seen));
        const auto remedy = doctor::remedy_of(*check, finding);
        if (!remedy.empty()) terminal.out << indent << "= do: " << printable(remedy) << '\n';
    }
    terminal.out << fmt::format("{} checks: {} ok, {} warnings, {} problems, {} skipped\n",
                                results.size(), counts[Verdict::kOk], counts[Verdict::kWarning],
                                counts[Verdict::kProblem], counts[Verdict::kSkipped]);
}

int run_doctor(const Given& given, Terminal& terminal) {
    const auto facts = doctor::gather(given);
    std::vector<Result> results;
    Counts counts;
    for (const auto& check : doctor::checks()) {
        results.push_back({&check, check.judge(facts)});
        ++counts[results.back().finding.verdict];
    }
    show(given, terminal, to_json(results, counts, facts.version),
         [&] { print(results, counts, !given.has("--quiet"), terminal); });
    if (counts[Verdict::kProblem] > 0) return kExitFailed;
    const bool warned = counts[Verdict::kWarning] > 0 && given.has("--fail-on-warning");
    return warned ? kExitWarnings : kExitOk;
}

}  // namespace

void add_doctor_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "doctor",
         .summary = "look for what is wrong with this installation",
         .text = "Checks the host, the settings, the service, the daemon, the source, the "
                 "database and "
                 "the work in it, changes nothing, and says for each what it saw and what to "
                 "type to "
                 "make it good. Run as root it sees most; what it cannot look at is skipped, "
                 "and says "
                 "why. The settings are those that attuned.service gives the daemon, or, with "
                 "--config "
                 "or --set or without that unit, those attuned would have when started so. "
                 "Exit codes: "
                 "0, 1 with problems, 3 with warnings under --fail-on-warning.",
         .examples = {"attune doctor", "attune doctor --quiet",
                      "attune doctor -o json --fail-on-warning"},
         .options = {output_option({"text", "json", "yaml"}),
                     {Option::Kind::kFlag, "--quiet", "", "leave out what is well"},
                     {Option::Kind::kFlag, "--fail-on-warning", "",
                      "exit 3 when there are warnings"},
                     {Option::Kind::kText, "--config", "FILE", "the settings' file"},
                     {Option::Kind::kText, "--set", "KEY=VALUE",
                      "a setting, as attuned takes it; may be given several times"},
                     socket_option()},
         .run = run_doctor});
}

}  // namespace attune
