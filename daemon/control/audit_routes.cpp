// GET /v1/audit/ledger: proves one window of the ledger. The command asks for long times in
// pieces, so that no answer takes long.
#include <vector>

#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "reconciler/ledger_audit.h"

namespace attune {
namespace {

constexpr Duration kLongestWindow = std::chrono::hours(24);

Result<AuditWindow> read_window(const Query& query, TimePoint now) {
    static const std::vector<std::string> kKnown = {"from", "through"};
    if (const auto known = only_known(query, kKnown); !known) return Refused(known.error());
    AuditWindow window{.after = now - kLongestWindow, .through = now, .now = now};
    for (const auto& [key, text] : query) {
        const auto moment = parse_rfc3339(text);
        if (!moment) return Refused(moment.error());
        (key == "from" ? window.after : window.through) = *moment;
    }
    if (window.through < window.after || window.through - window.after > kLongestWindow) {
        return refuse("ATT7104", "`from` and `through` do not bound a window of at most a day",
                      "ask for longer times in pieces");
    }
    return window;
}

ControlResponse audit(ControlDesk& desk, const ControlRequest& request) {
    const auto window = read_window(request.query, desk.context.clock.now());
    if (!window) return refusal(window.error());
    const auto audited = audit_ledger(desk.audit, *window, desk.context.zones);
    auto findings = Json::array();
    for (const auto& finding : audited.findings) findings.push_back(to_json(finding));
    return json_response({{"from", format_rfc3339(window->after)},
                          {"through", format_rfc3339(window->through)},
                          {"computed_spans", audited.spans},
                          {"findings", std::move(findings)}});
}

}  // namespace

void add_audit_routes(Router& router, ControlDesk& desk) {
    router.add("GET", "/v1/audit/ledger",
               [&desk](const ControlRequest& request, const Router::Parameters&) {
                   return audit(desk, request);
               });
}

}  // namespace attune
