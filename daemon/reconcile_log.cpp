// What the log and the status line hear of reconcile passes.
#include <algorithm>
#include <utility>

#include "core/diagnostic_text.h"
#include "core/kinds.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "daemon/reconcile_loop.h"

namespace attune {
namespace {

std::vector<LogField> report_fields(const Report& report) {
    return {{"ATTUNE_SOURCE", report.source},
            {"ATTUNE_REVISION", report.revision > 0 ? std::to_string(report.revision) : ""},
            {"ATTUNE_GENERATION", std::to_string(report.generation.value)}};
}

// "ATTUNE_SENSOR"
std::string field_of(Kind kind) {
    std::string name = "ATTUNE_";
    for (const char c : info(kind).singular) name += static_cast<char>(c - 'a' + 'A');
    return name;
}

std::vector<LogField> finding_fields(const Report& report, const Diagnostic& diagnostic) {
    auto fields = report_fields(report);
    fields.push_back({"ATTUNE_CODE", diagnostic.code});
    fields.push_back({"ATTUNE_FILE", diagnostic.file});
    if (const auto kind = find_kind(diagnostic.object_kind)) {
        fields.push_back({field_of(*kind), diagnostic.object_ref});
    }
    return fields;
}

}  // namespace

void ReconcileLoop::log(const Report& report) {
    std::string said = std::string(to_string(*report.outcome)) + " " + report.tree;
    for (const auto& diagnostic : report.diagnostics) said += one_line(diagnostic);
    if (said == std::exchange(last_said_, said)) return;
    for (const auto& diagnostic : report.diagnostics) {
        const auto level =
            diagnostic.severity == Severity::kError ? spdlog::level::err : spdlog::level::warn;
        const LogFields about(message_id::kSourceFinding, finding_fields(report, diagnostic));
        log_.log(level, "{}", one_line(diagnostic));
    }
    const bool fine = report.outcome == RevisionOutcome::kApplied ||
                      report.outcome == RevisionOutcome::kUnchanged;
    auto fields = report_fields(report);
    fields.push_back({"ATTUNE_TREE", report.tree});
    const LogFields about(fine ? message_id::kSourceApplied : message_id::kSourceTrouble,
                          std::move(fields));
    log_.info("source {}: {} at generation {}: {}{}",
              report.source.empty() ? options_.source_path : report.source,
              to_string(*report.outcome), report.generation.value, report.summary,
              report.frozen.empty() ? ""
                                    : "; " + std::to_string(report.frozen.size()) +
                                          " frozen at what was last applied");
}

// What is wrong with the source, in a few words; the log has every finding.
void ReconcileLoop::tell_vitals(const Report& report) {
    std::string trouble;
    const auto first = std::find_if(
        report.diagnostics.begin(), report.diagnostics.end(),
        [](const Diagnostic& diagnostic) { return diagnostic.severity == Severity::kError; });
    if (report.braked) {
        trouble = "held by the prune brake: see attune plan";
    } else if (report.outcome == RevisionOutcome::kRefused) {
        trouble = "refused";
    } else if (!report.frozen.empty()) {
        trouble = std::to_string(report.frozen.size()) + " frozen";
    } else if (first != report.diagnostics.end()) {
        trouble = "has errors";
    }
    if (!trouble.empty() && !report.braked && first != report.diagnostics.end()) {
        trouble += ": " + one_line(*first);
    }
    vitals_.set_source_trouble(std::move(trouble));
}

}  // namespace attune
