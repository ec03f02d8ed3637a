#include "core/catalog.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/json_schema.h"
#include "core/params.h"

namespace attune {
namespace {

std::string told(const Fault& fault) {
    return fault.pointer.empty() ? fault.message
                                 : fmt::format("{} at {}", fault.message, fault.pointer);
}

std::shared_ptr<const JsonSchema> shared(Result<JsonSchema> compiled) {
    return compiled ? std::make_shared<const JsonSchema>(std::move(*compiled)) : nullptr;
}

std::string text_of(const std::map<std::string, std::string>& labels) {
    return labels.empty() ? "" : compact(Json(labels));
}

// Links a rule to what it runs: the part of it that an edit of the action or pack changes.
void link(CatalogRule& rule, std::shared_ptr<const CatalogAction> action,
          std::shared_ptr<const CatalogPack> pack) {
    rule.action = std::move(action);
    rule.pack = std::move(pack);
    rule.constant_params.clear();
    rule.broken = rule.not_compiled;
    if (!rule.broken.empty()) return;
    if (rule.action == nullptr) {
        rule.broken = "its action is gone";
    } else if (rule.params.constant()) {
        auto completed =
            complete_params(*rule.action, Json::parse(rule.params.constant_text()));
        if (completed) {
            rule.constant_params = std::move(*completed);
        } else {
            rule.broken = completed.error().message;
        }
    }
}

}  // namespace

void Catalog::rules_of(const CatalogSensor& sensor, Rules& rules) const {
    rules.clear();
    const auto found = by_trigger_->find(sensor.trigger);
    if (found == by_trigger_->end()) return;
    const TriggerRules& trigger = found->second;
    rules = trigger.of_all;
    auto naming = std::lower_bound(
        trigger.of_sensor.begin(), trigger.of_sensor.end(), sensor.id,
        [](const auto& entry, SensorId wanted) { return entry.first < wanted; });
    const auto middle = std::ssize(rules);
    for (; naming != trigger.of_sensor.end() && naming->first == sensor.id; ++naming) {
        rules.push_back(naming->second);
    }
    std::inplace_merge(
        rules.begin(), rules.begin() + middle, rules.end(),
        [](const CatalogRule* a, const CatalogRule* b) { return a->id < b->id; });
}

void CatalogBuilder::put(CatalogPack pack) {
    const PackId id = pack.id;
    packs_.push_back({id, std::make_shared<const CatalogPack>(std::move(pack))});
}

void CatalogBuilder::put(TriggerId id, const Ref& ref, const TriggerSpec& spec) {
    CatalogTrigger trigger{.id = id, .ref = ref, .out_schema = nullptr};
    if (spec.out_schema) trigger.out_schema = shared(JsonSchema::compile(*spec.out_schema));
    triggers_.push_back({id, std::make_shared<const CatalogTrigger>(std::move(trigger))});
}

void CatalogBuilder::put(CatalogSensor sensor) {
    const SensorId id = sensor.id;
    sensors_.push_back({id, std::make_shared<const CatalogSensor>(std::move(sensor))});
}

void CatalogBuilder::put(ActionId id, const Ref& ref, ActionSpec spec) {
    CatalogAction action{.id = id,
                         .ref = ref,
                         .spec = {},
                         .param_schema = shared(JsonSchema::compile_closed(spec.param_schema)),
                         .out_schema = nullptr,
                         .defaults = defaults_of(spec.param_schema),
                         .pack = nullptr};
    if (spec.out_schema) action.out_schema = shared(JsonSchema::compile(*spec.out_schema));
    action.spec = std::move(spec);
    actions_.push_back({id, std::make_shared<const CatalogAction>(std::move(action))});
}

void CatalogBuilder::put(const RuleInput& input) {
    auto rule = std::make_shared<CatalogRule>(CatalogRule{.id = input.id,
                                                          .ref = input.ref,
                                                          .enabled = input.enabled,
                                                          .label = input.label,
                                                          .labels = text_of(input.labels),
                                                          .trigger = input.trigger,
                                                          .sensors = input.sensors,
                                                          .action_id = input.action,
                                                          .action = nullptr,
                                                          .pack = nullptr,
                                                          .condition = {},
                                                          .params = {},
                                                          .constant_params = {},
                                                          .not_compiled = {},
                                                          .broken = {}});
    std::sort(rule->sensors.begin(), rule->sensors.end());
    if (auto condition = compile_condition(input.conditions)) {
        rule->condition = std::move(*condition);
    } else {
        rule->not_compiled = fmt::format("conditions: {}", told(condition.error().front()));
    }
    if (auto params = compile_template(input.params)) {
        rule->params = std::move(*params);
    } else {
        rule->not_compiled = fmt::format("params: {}", told(params.error().front()));
    }
    rules_.push_back({input.id, std::move(rule)});
}

void CatalogBuilder::remove(PackId id) { packs_.push_back({id, nullptr}); }
void CatalogBuilder::remove(TriggerId id) { triggers_.push_back({id, nullptr}); }
void CatalogBuilder::remove(SensorId id) { sensors_.push_back({id, nullptr}); }
void CatalogBuilder::remove(ActionId id) { actions_.push_back({id, nullptr}); }
void CatalogBuilder::remove(RuleId id) { rules_.push_back({id, nullptr}); }

std::shared_ptr<const Catalog> CatalogBuilder::build(Generation generation) {
    base_.generation_ = generation;
    base_.packs_ = base_.packs_.with(std::move(packs_));
    base_.triggers_ = base_.triggers_.with(std::move(triggers_));
    base_.sensors_ = base_.sensors_.with(std::move(sensors_));
    link_actions();
    link_rules();
    index_rules();
    return std::make_shared<const Catalog>(std::move(base_));
}

void CatalogBuilder::link_actions() {
    base_.actions_ = base_.actions_.with(std::move(actions_));
    CatalogChanges<CatalogAction> linked;
    base_.actions_.for_each([&](const auto& action) {
        auto pack = base_.packs_.share(action->ref.pack());
        if (pack == action->pack) return;
        auto copy = std::make_shared<CatalogAction>(*action);
        copy->pack = std::move(pack);
        linked.push_back({action->id, std::move(copy)});
    });
    base_.actions_ = base_.actions_.with(std::move(linked));
}

// Rules that were put, and those whose action or pack is another one now.
void CatalogBuilder::link_rules() {
    base_.rules_ = base_.rules_.with(std::move(rules_));
    CatalogChanges<CatalogRule> linked;
    base_.rules_.for_each([&](const auto& rule) {
        auto action = base_.actions_.share(rule->action_id);
        auto pack = base_.packs_.share(rule->ref.pack());
        const bool was_linked = rule->action != nullptr || !rule->broken.empty();
        if (was_linked && action == rule->action && pack == rule->pack) return;
        auto copy = std::make_shared<CatalogRule>(*rule);
        link(*copy, std::move(action), std::move(pack));
        linked.push_back({rule->id, std::move(copy)});
    });
    base_.rules_ = base_.rules_.with(std::move(linked));
}

void CatalogBuilder::index_rules() {
    auto index = std::make_shared<Catalog::RuleIndex>();
    base_.rules_.for_each([&](const auto& rule) {
        if (!rule->enabled) return;
        Catalog::TriggerRules& trigger = (*index)[rule->trigger];
        if (rule->sensors.empty()) trigger.of_all.push_back(rule.get());
        for (const SensorId sensor : rule->sensors) {
            trigger.of_sensor.emplace_back(sensor, rule.get());
        }
    });
    for (auto& [id, trigger] : *index) {
        std::sort(
            trigger.of_sensor.begin(), trigger.of_sensor.end(),
            [](const auto& a, const auto& b) {
                return std::pair{a.first, a.second->id} < std::pair{b.first, b.second->id};
            });
    }
    base_.by_trigger_ = std::move(index);
}

}  // namespace attune
