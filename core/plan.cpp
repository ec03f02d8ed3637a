#include "core/plan.h"

#include <fmt/format.h>

namespace attune {
namespace {

// The three words people know changes by.
enum class Sum { kAdd, kChange, kRetire };

Sum sum_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::kCreate:
        case ChangeKind::kRestore:
            return Sum::kAdd;
        case ChangeKind::kUpdate:
        case ChangeKind::kRelabel:
        case ChangeKind::kMove:
        case ChangeKind::kAdopt:
            return Sum::kChange;
        case ChangeKind::kRetire:
            return Sum::kRetire;
    }
    return Sum::kChange;
}

}  // namespace

std::string_view to_string(Origin origin) {
    switch (origin) {
        case Origin::kManifest:
            return "manifest";
        case Origin::kCore:
            return "core";
        case Origin::kMigration:
            return "migration";
    }
    return {};
}

std::optional<Origin> parse_origin(std::string_view text) {
    for (const auto origin : {Origin::kManifest, Origin::kCore, Origin::kMigration}) {
        if (to_string(origin) == text) return origin;
    }
    return std::nullopt;
}

std::string_view to_string(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::kCreate:
            return "create";
        case ChangeKind::kUpdate:
            return "update";
        case ChangeKind::kRelabel:
            return "relabel";
        case ChangeKind::kMove:
            return "move";
        case ChangeKind::kRestore:
            return "restore";
        case ChangeKind::kAdopt:
            return "adopt";
        case ChangeKind::kRetire:
            return "retire";
    }
    return {};
}

std::optional<ChangeKind> parse_change_kind(std::string_view text) {
    for (const auto kind :
         {ChangeKind::kCreate, ChangeKind::kUpdate, ChangeKind::kRelabel, ChangeKind::kMove,
          ChangeKind::kRestore, ChangeKind::kAdopt, ChangeKind::kRetire}) {
        if (to_string(kind) == text) return kind;
    }
    return std::nullopt;
}

std::string_view to_string(RevisionOutcome outcome) {
    switch (outcome) {
        case RevisionOutcome::kApplied:
            return "applied";
        case RevisionOutcome::kPartial:
            return "partial";
        case RevisionOutcome::kUnchanged:
            return "unchanged";
        case RevisionOutcome::kRefused:
            return "refused";
    }
    return {};
}

std::optional<RevisionOutcome> parse_revision_outcome(std::string_view text) {
    for (const auto outcome : {RevisionOutcome::kApplied, RevisionOutcome::kPartial,
                               RevisionOutcome::kUnchanged, RevisionOutcome::kRefused}) {
        if (to_string(outcome) == text) return outcome;
    }
    return std::nullopt;
}

bool nothing_to_do(const Plan& plan) {
    return plan.objects.empty() && plan.timers.empty() && plan.files.empty() &&
           plan.files_gone.empty();
}

std::map<ChangeKind, int> count_changes(const Plan& plan) {
    std::map<ChangeKind, int> counts;
    for (const auto& object : plan.objects) ++counts[object.change];
    return counts;
}

std::string summarise(const Plan& plan) {
    std::map<Sum, int> sums;
    for (const auto& [kind, count] : count_changes(plan)) sums[sum_of(kind)] += count;
    std::string text;
    for (const auto& [sum, count] : sums) {
        const char* verb = sum == Sum::kAdd ? "add" : sum == Sum::kChange ? "change" : "retire";
        text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", count, verb);
    }
    if (!text.empty()) return text;
    if (!plan.timers.empty())
        return fmt::format("{} timers to arm or stop", plan.timers.size());
    const auto files = plan.files.size() + plan.files_gone.size();
    return files == 0 ? "nothing to do"
                      : fmt::format("no objects to change, {} files differ", files);
}

}  // namespace attune
