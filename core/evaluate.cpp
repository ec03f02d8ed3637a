#include "core/evaluate.h"

#include "core/context.h"
#include "core/params.h"

namespace attune {
namespace {

RuleAnswer errored(const CatalogRule& rule, std::string reason) {
    return {.kind = RuleAnswer::Kind::kErrored,
            .rule = &rule,
            .reason = std::move(reason),
            .params = {},
            .idempotency_key = {}};
}

Result<std::string> rendered_params(const CatalogRule& rule, Context& context) {
    if (rule.params.constant()) return rule.constant_params;
    auto text = rule.params.render(context);
    if (!text) return refuse("ATT7011", std::move(text.error()));
    return complete_params(*rule.action, Json::parse(*text));
}

RuleAnswer answer(const CatalogRule& rule, Context& context, const CatalogSensor& sensor,
                  const Event& event) {
    if (!rule.not_compiled.empty()) return errored(rule, rule.not_compiled);
    context.enter(rule);
    Match match = rule.condition.evaluate(context);
    if (!match.matched) {
        return {.kind = RuleAnswer::Kind::kUnmatched,
                .rule = &rule,
                .reason = std::move(match.reason),
                .params = {},
                .idempotency_key = {}};
    }
    if (!rule.broken.empty()) return errored(rule, rule.broken);
    auto params = rendered_params(rule, context);
    if (!params) return errored(rule, std::move(params.error().message));
    return {.kind = RuleAnswer::Kind::kMatched,
            .rule = &rule,
            .reason = {},
            .params = std::move(*params),
            .idempotency_key = idempotency_key(sensor.ref.text(), event, rule.ref.text())};
}

}  // namespace

std::vector<RuleAnswer> evaluate(const Catalog& catalog, const CatalogSensor& sensor,
                                 const Event& event) {
    std::vector<RuleAnswer> answers;
    const CatalogTrigger* trigger = catalog.triggers().find(sensor.trigger);
    if (trigger == nullptr) return answers;

    Catalog::Rules rules;
    catalog.rules_of(sensor, rules);
    answers.reserve(rules.size());
    Context context(event, sensor, *trigger);
    for (const CatalogRule* rule : rules) {
        answers.push_back(answer(*rule, context, sensor, event));
    }
    return answers;
}

}  // namespace attune
