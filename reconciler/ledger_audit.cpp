#include "reconciler/ledger_audit.h"

#include <iterator>
#include <string>

#include "core/audit_instants.h"
#include "core/json.h"
#include "core/ref.h"
#include "core/schedule.h"

namespace attune {
namespace {

AuditFinding unreadable(const AuditSpan& span, const std::string& why) {
    return {.fault = AuditFault::kGap,
            .subject = span.sensor_ref,
            .at = span.after,
            .count = 1,
            .text = "its schedule of generation " + std::to_string(span.spec_rev.value) +
                    " cannot be read, so nothing of it is proved: " + why};
}

std::vector<AuditFinding> prove(Audit& audit, const AuditSpan& span, const ZoneSource& zones) {
    const auto trigger = Ref::parse(span.trigger_ref);
    const auto sensor = Ref::parse(span.sensor_ref);
    if (!trigger || !sensor) return {unreadable(span, "a ref is malformed")};
    const auto config = Json::parse(span.config, nullptr, /*allow_exceptions=*/false);
    if (config.is_discarded()) return {unreadable(span, "its config is no JSON")};
    const auto schedule = compile_schedule(*trigger, config, span.anchor_at, *sensor, zones);
    if (!schedule) return {unreadable(span, schedule.error().message)};
    auto findings =
        compare(span, instants_second_by_second(*schedule, span.after, span.through),
                audit.cover(span));
    // Only the rules of today are at hand, and an update may have changed them since.
    if (const auto rules = zones.version(); !span.tzdata.empty() && span.tzdata != rules) {
        for (auto& finding : findings) {
            finding.text += "; it was armed with the zone rules of " + span.tzdata +
                            " and is judged by those of " + rules;
        }
    }
    return findings;
}

}  // namespace

LedgerAudit audit_ledger(Audit& audit, const AuditWindow& window, const ZoneSource& zones) {
    LedgerAudit result{.findings = audit.check(window)};
    for (const auto& span : audit.spans_to_compute(window)) {
        auto found = prove(audit, span, zones);
        result.findings.insert(result.findings.end(), std::make_move_iterator(found.begin()),
                               std::make_move_iterator(found.end()));
        ++result.spans;
    }
    return result;
}

Json to_json(const AuditFinding& finding) {
    return {{"fault", to_string(finding.fault)},
            {"subject", finding.subject},
            {"at", format_rfc3339(finding.at)},
            {"count", finding.count},
            {"text", finding.text}};
}

}  // namespace attune
