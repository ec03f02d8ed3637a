#include "reconciler/reconcile.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/load.h"
#include "reconciler/candidate.h"
#include "store/errors.h"

namespace attune {
namespace {

// How often a plan is made again because somebody else changed the catalog meanwhile.
constexpr int kReplans = 5;

std::string key_of(Kind kind, const Ref& ref) {
    return fmt::format("{} {}", to_string(kind), ref.text());
}

Diagnostic unsettled(const std::string& root, const std::string& path) {
    Diagnostic diagnostic;
    diagnostic.code = "ATT5003";
    diagnostic.message = fmt::format("source {} keeps changing while it is read", root);
    diagnostic.file = path;
    diagnostic.help = "what was applied last keeps running; it is read again and again";
    return diagnostic;
}

bool is_held(const PlanResult& result, HoldReason reason) {
    return std::any_of(result.held.begin(), result.held.end(),
                       [&](const HeldObject& held) { return held.reason == reason; });
}

// Under `on_invalid: strict` one error refuses everything, wherever it was found: in the tree,
// by the check or by the plan.
bool is_refused(const PlanResult& result) {
    return result.plan.source.on_invalid == OnInvalid::kStrict &&
           has_errors(result.plan.revision.diagnostics);
}

RevisionOutcome outcome_of(const PlanResult& result) {
    const bool nothing = nothing_to_do(result.plan);
    // That files are gone is noted also where their objects may not go.
    const bool changes = !result.plan.objects.empty() || !result.plan.timers.empty();
    const bool braked = !changes && is_held(result, HoldReason::kBrake);
    if (braked || is_refused(result)) return RevisionOutcome::kRefused;
    if (has_errors(result.plan.revision.diagnostics) || !result.frozen.empty()) {
        return RevisionOutcome::kPartial;
    }
    return nothing ? RevisionOutcome::kUnchanged : RevisionOutcome::kApplied;
}

}  // namespace

Reconciler::Reconciler(std::string root, Database database, const ZoneSource& zones)
    : source_(std::move(root)), store_(std::move(database)), zones_(zones) {}

Report Reconciler::reconcile(TimePoint now, Duration elapsed, const PassOptions& options) {
    const bool core_moved = !core_applied_ && apply_core(now);
    core_applied_ = true;
    auto done = scan(now);
    Report report = done                            ? std::move(*done)
                    : nothing_new(elapsed, options) ? settled_->report
                                                    : apply(now, elapsed, options);
    source_.forget_texts();
    report.moved = report.moved || core_moved;
    return report;
}

// nullopt: there is a tree to look at.
std::optional<Report> Reconciler::scan(TimePoint now) {
    auto scanned = source_.scan();
    if (auto* failure = std::get_if<SourceFailure>(&scanned)) {
        unsettled_ = 0;
        return refuse(now, {std::move(failure->diagnostic)});
    }
    if (auto* moved = std::get_if<Unsettled>(&scanned)) {
        Report report;
        if (++unsettled_ >= kUnsettledScans) {
            report = refuse(now, {unsettled(source_.root(), moved->path)});
        }
        report.again_in = kUnsettledDelay;
        return report;
    }
    unsettled_ = 0;
    tree_ = std::move(std::get<SourceTree>(scanned));
    return std::nullopt;
}

bool Reconciler::nothing_new(Duration elapsed, const PassOptions& options) {
    return settled_ && !options.in_full && elapsed - settled_->at < kFullCompare &&
           settled_->report.tree == tree_->digest &&
           settled_->report.generation == store_.generation();
}

// Returns whether the catalog has changed.
bool Reconciler::apply_core(TimePoint now) {
    std::vector<CheckedObject> objects;
    for (const Manifest& manifest : core_manifests()) {
        objects.push_back({.verdict = Verdict::kApply,
                           .kind = manifest.kind,
                           .ref = manifest.ref,
                           .manifest = &manifest,
                           .why = {}});
    }
    for (int n = 0; n < kReplans; ++n) {
        const StoredState state = store_.load_state("");
        PlanResult result = plan_changes({.state = &state,
                                          .origin = Origin::kCore,
                                          .source = {},
                                          .objects = objects,
                                          .files = {},
                                          .now = now,
                                          .zones = &zones_,
                                          .surely_gone = {},
                                          .allowed_retirements = 0});
        if (nothing_to_do(result.plan)) return false;
        Revision& revision = result.plan.revision;
        revision.started_at = now;
        revision.finished_at = now;
        revision.objects = static_cast<int>(objects.size());
        if (!store_.apply(result.plan).moved) return true;
    }
    throw StoreConflict("the catalog keeps changing while the built-in pack is applied");
}

Report Reconciler::apply(TimePoint now, Duration elapsed, const PassOptions& options) {
    settled_.reset();
    const LoadedTree loaded = loader_.load(*tree_, source_);
    if (!loaded.source) return refuse(now, loaded.diagnostics);
    for (int n = 0; n < kReplans; ++n) {
        const StoredState state = store_.load_state(loaded.source->name);
        const Candidate candidate = check_tree(loaded, *tree_, state, source_, now, zones_);
        PlanResult result = plan(candidate, state, now, options, elapsed);
        if (is_refused(result)) return refuse_plan(now, std::move(result));
        const bool nothing = nothing_to_do(result.plan);
        Applied applied{
            .moved = false, .generation = state.generation, .revision = 0, .created = {}};
        if (!nothing) {
            applied = store_.apply(result.plan);
            if (applied.moved) continue;
        }
        Report report = finish(candidate, std::move(result), state, elapsed);
        report.generation = applied.generation;
        report.moved = applied.generation != state.generation;
        if (applied.revision != 0) report.revision = applied.revision;
        if (settled_) settled_->report.generation = report.generation;
        return report;
    }
    throw StoreConflict("the catalog keeps changing while a plan is applied");
}

// Tells what became of a plan that was applied or had nothing to do.
Report Reconciler::finish(const Candidate& candidate, PlanResult result,
                          const StoredState& state, Duration elapsed) {
    Report report;
    const Revision& revision = result.plan.revision;
    report.outcome = revision.outcome;
    report.source = revision.source;
    report.tree = revision.tree;
    report.summary = summarise(result);
    report.changes = count_changes(result.plan);
    report.objects = revision.objects;
    report.braked = is_held(result, HoldReason::kBrake);
    report.diagnostics = revision.diagnostics;
    if (is_held(result, HoldReason::kNotCertain)) report.again_in = kAbsenceProof;

    const bool changed_nothing = nothing_to_do(result.plan);
    const bool a_poll =
        revision.outcome == RevisionOutcome::kUnchanged && revision.tree == state.last_tree;
    if (changed_nothing && !a_poll) report.revision = note(revision);
    if (!changed_nothing) last_noted_.clear();

    report.frozen = std::move(result.frozen);
    report.held = std::move(result.held);
    const bool open = has_errors(report.diagnostics) || !report.held.empty() ||
                      !report.frozen.empty() || !candidate.placeholders.empty();
    if (!open) {
        Report quiet = report;
        quiet.outcome = RevisionOutcome::kUnchanged;
        quiet.revision = 0;
        quiet.moved = false;
        quiet.changes.clear();
        quiet.summary = "nothing to do";
        settled_ = Settled{elapsed, std::move(quiet)};
    }
    return report;
}

Report Reconciler::refuse(TimePoint now, Diagnostics diagnostics) {
    settled_.reset();
    sort_diagnostics(diagnostics);
    Report report;
    report.outcome = RevisionOutcome::kRefused;
    report.tree = tree_ ? tree_->digest : std::string();
    report.summary = "refused, what was applied last keeps running";
    report.generation = store_.generation();
    report.diagnostics = std::move(diagnostics);
    report.revision = note({.source = {},
                            .tree = report.tree,
                            .commit = {},
                            .started_at = now,
                            .finished_at = now,
                            .outcome = RevisionOutcome::kRefused,
                            .objects = 0,
                            .frozen = 0,
                            .diagnostics = report.diagnostics});
    return report;
}

Report Reconciler::refuse_plan(TimePoint now, PlanResult result) {
    Report report = refuse(now, std::move(result.plan.revision.diagnostics));
    report.braked = is_held(result, HoldReason::kBrake);
    report.held = std::move(result.held);
    return report;
}

// The same attempt, made again and again while nothing gets better, leaves one row.
std::int64_t Reconciler::note(const Revision& revision) {
    std::string said = fmt::format("{} {}", revision.tree, to_string(revision.outcome));
    for (const Diagnostic& diagnostic : revision.diagnostics) {
        said += fmt::format("\n{} {}:{} {}", diagnostic.code, diagnostic.file,
                            diagnostic.range.line, diagnostic.message);
    }
    if (said == last_noted_) return 0;
    const std::int64_t number = store_.note(revision);
    last_noted_ = std::move(said);
    return number;
}

// Without `elapsed` every absence is certain.
PlanResult Reconciler::plan(const Candidate& candidate, const StoredState& state, TimePoint now,
                            const PassOptions& options, std::optional<Duration> elapsed) {
    PlanInput input{.state = &state,
                    .origin = Origin::kManifest,
                    .source = candidate.source,
                    .objects = candidate.checked.objects,
                    .files = candidate.source_files,
                    .now = now,
                    .zones = &zones_,
                    .surely_gone = {},
                    .allowed_retirements = options.allowed_retirements};
    if (elapsed) {
        for (auto& [key, absence] : absences_) absence.asked = false;
        input.surely_gone = [this, moment = *elapsed](const StoredObject& object) {
            return surely_gone(object, moment);
        };
    }
    PlanResult result = plan_changes(input);
    if (elapsed) {
        std::erase_if(absences_, [](const auto& entry) { return !entry.second.asked; });
    }
    Revision& revision = result.plan.revision;
    revision.source = candidate.source.name;
    revision.tree = tree_->digest;
    revision.started_at = now;
    revision.finished_at = now;
    revision.objects = static_cast<int>(candidate.checked.objects.size());
    revision.frozen = static_cast<int>(result.frozen.size());
    revision.diagnostics = candidate.diagnostics;
    revision.diagnostics.insert(revision.diagnostics.end(), result.diagnostics.begin(),
                                result.diagnostics.end());
    sort_diagnostics(revision.diagnostics);
    revision.outcome = outcome_of(result);
    return result;
}

bool Reconciler::surely_gone(const StoredObject& object, Duration elapsed) {
    auto& absence =
        absences_.try_emplace(key_of(object.kind, object.ref), Absence{elapsed, true})
            .first->second;
    absence.asked = true;
    return elapsed - absence.since >= kAbsenceProof;
}

Preview Reconciler::preview(TimePoint now, const PassOptions& options) {
    Preview preview;
    const auto refused = [&](Diagnostics diagnostics) {
        preview.diagnostics = std::move(diagnostics);
        preview.refused = true;
        return std::move(preview);
    };
    std::string moved;
    bool settled = false;
    for (int n = 0; n < kUnsettledScans && !settled; ++n) {
        auto scanned = source_.scan();
        if (auto* failure = std::get_if<SourceFailure>(&scanned)) {
            return refused({std::move(failure->diagnostic)});
        }
        if (auto* unsettled_tree = std::get_if<Unsettled>(&scanned)) {
            moved = unsettled_tree->path;
            continue;
        }
        tree_ = std::move(std::get<SourceTree>(scanned));
        settled = true;
    }
    if (!settled) return refused({unsettled(source_.root(), moved)});

    const LoadedTree loaded = loader_.load(*tree_, source_);
    if (!loaded.source) return refused(loaded.diagnostics);
    preview.state = store_.load_state(loaded.source->name);
    const Candidate candidate = check_tree(loaded, *tree_, preview.state, source_, now, zones_);
    preview.result = plan(candidate, preview.state, now, options, std::nullopt);
    preview.refused = preview.result.plan.revision.outcome == RevisionOutcome::kRefused;
    preview.files = candidate.source_files.size();
    preview.tree = tree_->digest;
    preview.diagnostics = preview.result.plan.revision.diagnostics;
    source_.forget_texts();
    return preview;
}

}  // namespace attune
