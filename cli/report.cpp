#include "cli/report.h"

#include <fmt/format.h>

#include "cli/output.h"
#include "cli/table.h"

namespace attune {
namespace {

// What a change looks like at the beginning of its line.
std::string sign(const std::string& change) {
    if (change == "create" || change == "restore") return "+";
    return change == "retire" ? "-" : "~";
}

const char* color_of(const std::string& change) {
    if (change == "create" || change == "restore") return "\033[32m";
    return change == "retire" ? "\033[31m" : "\033[33m";
}

void print_change(const Json& change, Terminal& terminal) {
    const auto what = cell(change, "change");
    const auto line = fmt::format("{} {:<8} {} {}", sign(what), what, cell(change, "kind"),
                                  cell(change, "ref"));
    if (terminal.color) terminal.out << color_of(what);
    terminal.out << printable(line);
    if (terminal.color) terminal.out << "\033[0m";
    if (const auto place = place_text(change); !place.empty()) {
        terminal.out << "  " << printable(place);
    }
    terminal.out << '\n';
}

}  // namespace

void print_diagnostics(const Json& diagnostics, Terminal& terminal) {
    for (const auto& diagnostic : diagnostics) {
        terminal.out << printable(fmt::format("{}[{}]: {}", cell(diagnostic, "severity"),
                                              cell(diagnostic, "code"),
                                              cell(diagnostic, "message")))
                     << '\n';
        auto place = cell(diagnostic, "file");
        if (const auto line = cell(diagnostic, "line"); !line.empty() && line != "0") {
            place += ":" + line + ":" + cell(diagnostic, "column");
        }
        if (const auto kind = cell(diagnostic, "object/kind"); !kind.empty()) {
            place += "  " + kind + " " + cell(diagnostic, "object/ref");
        }
        if (const auto pointer = cell(diagnostic, "pointer"); !pointer.empty()) {
            place += "  " + pointer;
        }
        if (!place.empty()) terminal.out << "  --> " << printable(place) << '\n';
        if (const auto help = cell(diagnostic, "help"); !help.empty()) {
            terminal.out << "   = help: " << printable(help) << '\n';
        }
        terminal.out << '\n';
    }
}

void print_report(const Json& report, Terminal& terminal) {
    for (const auto& change : report.value("changes", Json::array())) {
        print_change(change, terminal);
    }
    if (const auto more = report.value("changes_left_out", 0); more > 0) {
        terminal.out << fmt::format("... and {} more\n", more);
    }
    print_diagnostics(report.value("diagnostics", Json::array()), terminal);
    terminal.out << printable(
                        fmt::format("{}: {}", cell(report, "outcome"), cell(report, "summary")))
                 << '\n';
}

ExitCode exit_of(const Json& report) {
    if (report.value("brake", false)) return kExitBrake;
    return cell(report, "outcome") == "refused" ? kExitFailed : kExitOk;
}

}  // namespace attune
