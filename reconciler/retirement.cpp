#include "reconciler/retirement.h"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr std::size_t kNamed = 10;  // objects that a message lists

std::string name_of(const StoredObject& object) {
    return fmt::format("{} {}", to_string(object.kind), object.ref.text());
}

Diagnostic about_source(const RetirementInput& input, Severity severity, std::string code,
                        std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.file = "attune.yaml";
    diagnostic.object_kind = "Source";
    diagnostic.object_ref = input.input.source.name;
    for (std::size_t n = 0; n < std::min(kNamed, input.gone.size()); ++n) {
        diagnostic.notes.push_back(name_of(*input.gone[n]));
    }
    if (input.gone.size() > kNamed) {
        diagnostic.notes.push_back(fmt::format("and {} more", input.gone.size() - kNamed));
    }
    return diagnostic;
}

// What a stored sensor or rule names, as "Trigger core.crontimer".
void add_references(const StoredObject& object, std::set<std::string>& names) {
    const Json document = Json::parse(object.document, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object() || !document.contains("spec")) return;
    const Json& spec = document["spec"];
    const auto add = [&](Kind kind, const Json& ref) {
        if (!ref.is_string()) return;
        names.insert(fmt::format("{} {}", to_string(kind), ref.get_ref<const std::string&>()));
    };
    if (!spec.is_object()) return;
    add(Kind::kTrigger, spec.value("trigger", Json()));
    for (const Json& sensor : spec.value("sensors", Json::array())) add(Kind::kSensor, sensor);
    const Json action = spec.value("action", Json());
    if (action.is_object()) add(Kind::kAction, action.value("ref", Json()));
}

void hold_all(Retirement& result, const RetirementInput& input, HoldReason reason) {
    for (const StoredObject* object : input.gone) {
        result.held.push_back({object->kind, object->ref, reason});
    }
}

Diagnostic brake(const RetirementInput& input, std::size_t limit) {
    const std::size_t percent = input.gone.size() * 100 / std::max<std::size_t>(input.ours, 1);
    Diagnostic diagnostic = about_source(
        input, Severity::kError, "ATT6002",
        fmt::format("this would retire {} of {} objects of source {} ({} %, the limit is {})",
                    input.gone.size(), input.ours, input.input.source.name, percent, limit));
    diagnostic.help =
        fmt::format("look with attune plan; if that is meant: attune apply --allow-retire {}",
                    input.gone.size());
    return diagnostic;
}

Diagnostic still_named(const StoredObject& object) {
    Diagnostic diagnostic;
    diagnostic.code = "ATT6004";
    diagnostic.message = fmt::format(
        "{} has left the tree, but objects of another owner name it", name_of(object));
    diagnostic.object_kind = to_string(object.kind);
    diagnostic.object_ref = object.ref.text();
    diagnostic.file = object.place.file;
    diagnostic.help = "it stays until they are gone, or point elsewhere";
    return diagnostic;
}

// Splits what is named elsewhere, and the packs that contain it, from what may go.
void retire_unnamed(Retirement& result, const RetirementInput& input) {
    std::set<std::string> named;
    for (const StoredObject* other : input.others) add_references(*other, named);
    std::set<std::string> packs;
    for (const StoredObject* object : input.gone) {
        if (!named.contains(name_of(*object))) continue;
        packs.emplace(object->ref.pack());
        result.held.push_back({object->kind, object->ref, HoldReason::kReferredTo});
        result.diagnostics.push_back(still_named(*object));
    }
    for (const StoredObject* object : input.gone) {
        if (named.contains(name_of(*object))) continue;
        if (object->kind == Kind::kPack && packs.contains(object->ref.text())) {
            result.held.push_back({object->kind, object->ref, HoldReason::kReferredTo});
        } else {
            result.retired.push_back(object);
        }
    }
}

}  // namespace

std::size_t prune_limit(const SourceSpec& source, std::size_t ours) {
    const auto percent = static_cast<std::size_t>(std::max(source.prune_max_percent, 0));
    const auto objects = static_cast<std::size_t>(std::max(source.prune_max_objects, 0));
    return std::max(objects, ours * percent / 100);
}

Retirement decide_retirement(RetirementInput input) {
    Retirement result;
    if (input.gone.empty()) return result;
    std::sort(input.gone.begin(), input.gone.end(), [](const auto* a, const auto* b) {
        return a->kind != b->kind ? a->kind > b->kind : a->ref < b->ref;
    });

    const bool built_in = input.input.origin == Origin::kCore;
    const std::size_t limit = prune_limit(input.input.source, input.ours);
    const auto allowed = static_cast<std::size_t>(std::max(input.input.allowed_retirements, 0));
    // Every one is asked, because asking is what starts its proof.
    const auto uncertain =
        std::count_if(input.gone.begin(), input.gone.end(), [&](const StoredObject* object) {
            return input.input.surely_gone && !input.input.surely_gone(*object);
        });
    if (!built_in && !input.input.source.prune) {
        hold_all(result, input, HoldReason::kPruneOff);
        Diagnostic diagnostic = about_source(
            input, Severity::kWarning, "ATT6001",
            fmt::format("{} objects have left the tree and keep running", input.gone.size()));
        diagnostic.help = "spec.prune.enabled is false in attune.yaml";
        result.diagnostics.push_back(std::move(diagnostic));
    } else if (uncertain > 0) {
        // Together or not at all: a trigger never goes before its sensors, and a tree that is
        // deleted slowly meets the brake as a whole.
        hold_all(result, input, HoldReason::kNotCertain);
    } else if (!built_in && input.gone.size() > std::max(limit, allowed)) {
        hold_all(result, input, HoldReason::kBrake);
        result.diagnostics.push_back(brake(input, limit));
    } else {
        retire_unnamed(result, input);
    }
    std::sort(result.held.begin(), result.held.end(), [](const auto& a, const auto& b) {
        return a.kind != b.kind ? a.kind < b.kind : a.ref < b.ref;
    });
    return result;
}

}  // namespace attune
