#include "core/check_object.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/findings.h"
#include "core/kinds.h"
#include "core/limits.h"
#include "core/references.h"
#include "core/schedule.h"
#include "core/schema_defaults.h"
#include "core/suggest.h"
#include "core/template.h"

namespace attune {
namespace {

std::string plural(std::size_t count, const KindInfo& kind) {
    return fmt::format("{} {}", count, count == 1 ? kind.singular : kind.plural);
}

}  // namespace

ObjectFindings ObjectChecker::check(const Manifest& manifest) {
    ObjectFindings findings;
    as_applied_ = false;
    check_references(manifest, findings);
    check_content(manifest, findings.own);
    return findings;
}

bool ObjectChecker::fits(const Manifest& manifest) {
    Diagnostics found;
    as_applied_ = true;
    check_content(manifest, found);
    return !has_errors(found);
}

void ObjectChecker::check_content(const Manifest& manifest, Diagnostics& found) {
    if (const auto* sensor = std::get_if<SensorSpec>(&manifest.spec)) {
        check_sensor(manifest, *sensor, found);
    } else if (const auto* rule = std::get_if<RuleSpec>(&manifest.spec)) {
        check_rule(manifest, *rule, found);
    } else if (const auto* action = std::get_if<ActionSpec>(&manifest.spec)) {
        check_action(manifest, *action, found);
    }
}

void ObjectChecker::check_references(const Manifest& manifest, ObjectFindings& findings) {
    for (const auto& [kind, ref, pointer] : references_of(manifest)) {
        const auto* slot = objects_.find({kind, ref});
        if (slot == nullptr || !(slot->declared || slot->built_in)) {
            findings.own.push_back(unresolved(manifest, kind, ref, pointer));
        } else if (!slot->sound() && !findings.cause) {
            findings.cause = ObjectKey{kind, ref};
        }
    }
}

Diagnostic ObjectChecker::unresolved(const Manifest& manifest, Kind kind, const Ref& ref,
                                     const std::string& pointer) {
    const auto subject = places_.subject(manifest);
    auto diagnostic = finding_at(subject, pointer, Aim::kValue);
    if (diagnostic.range.line == 0) diagnostic.range = places_.range(manifest, pointer);
    if (kind == Kind::kPack) {
        diagnostic.code = "ATT3006";
        diagnostic.message = fmt::format("pack `{}` has no Pack manifest", ref.text());
        diagnostic.help = fmt::format("add packs/{}/pack.yaml with kind Pack and ref {}",
                                      ref.text(), ref.text());
        return diagnostic;
    }
    diagnostic.code = "ATT3001";
    diagnostic.message =
        fmt::format("{} refers to {} `{}`, which no source declares",
                    info(manifest.kind).singular, info(kind).singular, ref.text());
    const auto& known = look_for(kind, ref);
    diagnostic.label = known.label;
    if (known.meant) {
        diagnostic.help = fmt::format("did you mean `{}`?", *known.meant);
        if (subject.document != nullptr) {
            diagnostic.fix = Fix{diagnostic.range, *known.meant, false};
        }
    }
    return diagnostic;
}

const ObjectChecker::Unresolved& ObjectChecker::look_for(Kind kind, const Ref& ref) {
    const auto [found, is_new] = unresolved_.try_emplace({kind, ref});
    if (!is_new) return found->second;
    const auto names = objects_.names(kind);
    const auto prefix = std::string(ref.pack()) + ".";
    const auto in_pack = static_cast<std::size_t>(
        std::count_if(names.begin(), names.end(),
                      [&](const std::string& name) { return name.starts_with(prefix); }));
    found->second.label =
        in_pack == 0 ? fmt::format("pack {} has no {}", ref.pack(), info(kind).plural)
                     : fmt::format("pack {} has {}", ref.pack(), plural(in_pack, info(kind)));
    // Thousands of them were not mistyped one by one.
    if (unresolved_.size() <= limits::kSuggestedRefs) {
        found->second.meant = suggest(ref.text(), names);
    }
    return found->second;
}

// What a reference leads to, when this check may hold the manifest against it.
const Manifest* ObjectChecker::target(Kind kind, const Ref& ref) const {
    const auto* slot = objects_.find({kind, ref});
    if (slot == nullptr || !(as_applied_ || slot->sound())) return nullptr;
    return slot->standing();
}

void ObjectChecker::check_sensor(const Manifest& manifest, const SensorSpec& sensor,
                                 Diagnostics& found) {
    const auto* trigger = target(Kind::kTrigger, sensor.trigger);
    if (trigger == nullptr) return;
    const auto* schema = schema_of(*trigger);
    if (schema == nullptr) return;
    const auto violations = schema->validate(sensor.config);
    if (violations.empty()) {
        check_schedule(manifest, sensor, found);
        return;
    }
    const auto where = fmt::format(" in config of trigger {}", sensor.trigger.text());
    for (auto& finding :
         findings_of(violations, places_.subject(manifest), "/spec/config", where)) {
        if (finding.label == "not declared") finding.label = "not declared by the trigger";
        found.push_back(std::move(finding));
    }
}

void ObjectChecker::check_schedule(const Manifest& manifest, const SensorSpec& sensor,
                                   Diagnostics& found) {
    if (input_.zones == nullptr || sensor.runtime != SensorRuntime::kBuiltin ||
        !is_timer_trigger(sensor.trigger)) {
        return;
    }
    const auto created = std::chrono::floor<std::chrono::seconds>(input_.now);
    const auto schedule =
        compile_schedule(sensor.trigger, sensor.config, created, manifest.ref, *input_.zones);
    if (!schedule) {
        found.push_back(
            finding_of(schedule.error(), places_.subject(manifest), "/spec/config"));
        return;
    }
    if (const auto* cron = std::get_if<CronSchedule>(&schedule->kind)) {
        remark(manifest, *cron, found);
    }
    const auto* once = std::get_if<OnceSchedule>(&schedule->kind);
    const auto* slot = objects_.find({Kind::kSensor, manifest.ref});
    const bool is_new = slot == nullptr || slot->last == nullptr;
    if (once == nullptr || !is_new || once->fire_at > created) return;
    auto diagnostic =
        finding_at(places_.subject(manifest), "/spec/config/fire_at", Aim::kValue);
    diagnostic.severity = Severity::kWarning;
    diagnostic.code = "ATT4012";
    diagnostic.message = "fire_at is in the past: this timer never fires";
    diagnostic.help = "an explicit misfire.policy fire_once would fire it late";
    const bool fires =
        schedule->misfire.policy_given && schedule->misfire.policy == MisfirePolicy::kFireOnce;
    if (!fires) found.push_back(std::move(diagnostic));
}

void ObjectChecker::remark(const Manifest& manifest, const CronSchedule& cron,
                           Diagnostics& found) {
    for (const auto& remark : lint(*cron.expression, *cron.zone)) {
        auto diagnostic =
            finding_at(places_.subject(manifest), "/spec/config/expression", Aim::kValue);
        diagnostic.severity = Severity::kWarning;
        diagnostic.code = "ATT4020";
        diagnostic.reason = remark.reason;
        diagnostic.message = remark.message;
        diagnostic.help = remark.help;
        found.push_back(std::move(diagnostic));
    }
}

void ObjectChecker::check_rule(const Manifest& manifest, const RuleSpec& rule,
                               Diagnostics& found) {
    for (std::size_t i = 0; i < rule.sensors.size(); ++i) {
        const auto* sensor = target(Kind::kSensor, rule.sensors[i]);
        if (sensor == nullptr) continue;
        const auto& raises = std::get<SensorSpec>(sensor->spec).trigger;
        if (raises == rule.trigger) continue;
        auto diagnostic = finding_at(places_.subject(manifest),
                                     "/spec/sensors/" + std::to_string(i), Aim::kValue);
        diagnostic.code = "ATT3002";
        diagnostic.message =
            fmt::format("sensor `{}` raises {}, but the rule answers {}",
                        rule.sensors[i].text(), raises.text(), rule.trigger.text());
        diagnostic.label = "never matches";
        diagnostic.help = "name sensors of the rule's trigger, or change the trigger";
        diagnostic.related.push_back(
            {"its trigger", sensor->place.file, places_.range(*sensor, "/spec/trigger")});
        found.push_back(std::move(diagnostic));
    }
    const auto* action = target(Kind::kAction, rule.action);
    const auto* schema = action == nullptr ? nullptr : schema_of(*action);
    if (schema == nullptr) return;
    auto params = rule.params;
    fill_in(params, defaults_of(std::get<ActionSpec>(action->spec).param_schema));
    const auto violations = schema->validate(params, holds_template);
    if (violations.empty()) return;
    const auto where = fmt::format(" in params of action {}", rule.action.text());
    for (auto& finding :
         findings_of(violations, places_.subject(manifest), "/spec/action/params", where)) {
        if (finding.label == "not declared") finding.label = "not declared by the action";
        found.push_back(std::move(finding));
    }
}

void ObjectChecker::check_action(const Manifest& manifest, const ActionSpec& action,
                                 Diagnostics& found) {
    if (!runs_command(action.runner) || !input_.why_not_runnable || as_applied_) return;
    const auto& program = action.command.front();
    const auto why = input_.why_not_runnable(manifest.ref.pack(), program);
    if (!why) return;
    auto diagnostic = finding_at(places_.subject(manifest), "/spec/command/0", Aim::kValue);
    diagnostic.code = "ATT4105";
    diagnostic.message = fmt::format("`{}` {}", program, *why);
    if (program.find('/') == std::string::npos) {
        // The host that runs it may be another one, or be given the program later.
        diagnostic.severity = Severity::kWarning;
        diagnostic.help =
            "install it where the action runs, check its name, or name a file of the pack, "
            "such as files/run.sh";
    } else {
        diagnostic.help = fmt::format(
            "the program is a file below packs/{}/ that may be executed; check its name and "
            "mode",
            manifest.ref.pack());
    }
    found.push_back(std::move(diagnostic));
}

// Schemas that do not compile have been reported where they are written. A few are used by
// many, and many by few: those are compiled again rather than kept.
const JsonSchema* ObjectChecker::schema_of(const Manifest& manifest) {
    if (schemas_.size() >= limits::kCompiledSchemas) schemas_.clear();
    const auto [found, is_new] = schemas_.try_emplace(&manifest);
    if (is_new) {
        const auto* trigger = std::get_if<TriggerSpec>(&manifest.spec);
        auto compiled =
            trigger != nullptr
                ? JsonSchema::compile_config(trigger->param_schema, trigger->option_schema)
                : JsonSchema::compile_closed(std::get<ActionSpec>(manifest.spec).param_schema);
        if (compiled) found->second = std::move(*compiled);
    }
    return found->second ? &*found->second : nullptr;
}

}  // namespace attune
