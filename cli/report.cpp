#include "cli/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/output.h"
#include "core/printable.h"

namespace attune {
namespace {

// "2 create, 1 retire"
std::string counts_text(const Json& counts) {
    std::string text;
    for (const auto& [change, count] : counts.items()) {
        if (!text.empty()) text += ", ";
        text += compact(count) + " " + change;
    }
    return text;
}

// How many of a list there was no room for in the report.
std::int64_t left_out(const Json& report, const std::string& list) {
    return report.value(list + "_left_out", std::int64_t{0});
}

// "frozen at generation 3: ATT2011", in the words of a plan.
std::string frozen_text(const Json& object) {
    const auto generation = cell(object, "generation");
    return (generation == "0" ? "left out: " : "frozen at generation " + generation + ": ") +
           cell(object, "why");
}

std::string held_text(const Json& object) { return "held: " + cell(object, "reason"); }

// Objects that did not become what the source says, each with its reason.
void print_objects(const Json& report, const char* list, const char* symbol,
                   std::string (*told)(const Json& object), Terminal& terminal) {
    for (const auto& object : report.value(list, Json::array())) {
        terminal.out << printable(fmt::format("{} {} {}  {}", symbol, cell(object, "kind"),
                                              cell(object, "ref"), told(object)))
                     << '\n';
    }
    if (const auto more = left_out(report, list); more > 0) {
        terminal.out << fmt::format("... and {} more {}\n", more, list);
    }
}

// A text of several lines.
void print_text(std::string_view text, Terminal& terminal) {
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find('\n', from), text.size());
        terminal.out << printable(text.substr(from, end - from)) << '\n';
        from = end + 1;
    }
}

}  // namespace

void print_diagnostics(const Json& diagnostics, Terminal& terminal) {
    for (const auto& diagnostic : diagnostics) {
        terminal.out << printable(fmt::format("{}[{}]: {}", cell(diagnostic, "severity"),
                                              cell(diagnostic, "code"),
                                              cell(diagnostic, "message")))
                     << '\n';
        auto place = diagnostic_place(diagnostic);
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
    print_diagnostics(report.value("diagnostics", Json::array()), terminal);
    if (const auto more = left_out(report, "diagnostics"); more > 0) {
        terminal.out << fmt::format("... and {} more diagnostics\n\n", more);
    }
    // A plan brings its text; what was done is told by its counts.
    if (const auto text = report.value("text", ""); !text.empty()) {
        print_text(text, terminal);
        return;
    }
    print_objects(report, "frozen", "!", frozen_text, terminal);
    print_objects(report, "held", "=", held_text, terminal);
    const auto counts = counts_text(report.value("counts", Json::object()));
    terminal.out << printable(fmt::format("{} at generation {}: {}", cell(report, "outcome"),
                                          cell(report, "generation"),
                                          counts.empty() ? cell(report, "summary") : counts))
                 << '\n';
}

bool is_held(const Json& report, const std::string& reason) {
    return report.value("held_reasons", Json::object()).contains(reason);
}

std::int64_t held_objects(const Json& report) {
    return std::ssize(report.value("held", Json::array())) + left_out(report, "held");
}

ExitCode exit_of(const Json& report) {
    if (is_held(report, "brake")) return kExitBrake;
    const auto outcome = cell(report, "outcome");
    return outcome == "refused" || outcome == "partial" ? kExitFailed : kExitOk;
}

}  // namespace attune
