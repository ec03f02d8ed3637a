#include "core/check.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/check_object.h"
#include "core/kinds.h"
#include "core/object_set.h"
#include "core/references.h"
#include "core/source_places.h"

namespace attune {
namespace {

using State = ObjectSlot::State;

class SetCheck {
public:
    explicit SetCheck(const CheckInput& input)
        : input_(input), places_(input.text_of), checker_(input, objects_, places_) {}

    Checked run() {
        take_built_in();
        take_last_applied();
        take_files();
        freeze_unidentified();
        settle();
        look_at_rejected();
        note_consequences();
        return result();
    }

private:
    void take_built_in() {
        for (const auto& manifest : core_manifests()) {
            auto& slot = objects_.slot({manifest.kind, manifest.ref});
            slot.fresh = &manifest;
            slot.built_in = true;
            slot.state = State::kFresh;
        }
    }

    void take_last_applied() {
        for (const auto* manifest : input_.last_applied) {
            auto& slot = objects_.slot({manifest->kind, manifest->ref});
            if (!slot.built_in) slot.last = manifest;
        }
    }

    void take_files() {
        for (const auto* file : input_.files) {
            diagnostics_.insert(diagnostics_.end(), file->diagnostics.begin(),
                                file->diagnostics.end());
            for (const auto& manifest : file->manifests) declare(manifest);
            for (const auto& broken : file->broken) declare_broken(*file, broken);
        }
    }

    void declare(const Manifest& manifest) {
        const ObjectKey key{manifest.kind, manifest.ref};
        auto& slot = objects_.slot(key);
        if (!note_place(key, manifest.place)) {
            rejected_.push_back({&manifest, nullptr});
            return;
        }
        slot.declared = true;
        slot.fresh = &manifest;
        slot.state = State::kFresh;
    }

    void declare_broken(const LoadedFile& file, const BrokenObject& broken) {
        const ObjectKey key{broken.kind, broken.ref};
        if (broken.sound_part) rejected_.push_back({&*broken.sound_part, &broken.faulty});
        if (!note_place(key, broken.place)) return;
        objects_.slot(key).declared = true;
        std::string code;
        for (const auto& diagnostic : file.diagnostics) {
            if (diagnostic.severity == Severity::kError &&
                diagnostic.object_ref == broken.ref.text() &&
                diagnostic.object_kind == to_string(broken.kind)) {
                code = diagnostic.code;
                break;
            }
        }
        degrade(key, code);
    }

    // False when the ref is declared a second time; then none of them stands.
    bool note_place(const ObjectKey& key, const Place& place) {
        const auto [first, is_new] = first_places_.emplace(key, place);
        if (is_new) return true;
        Manifest again{key.first, key.second, {}, PackSpec{}, place, {}, {}, {}};
        auto subject = places_.subject(again);
        auto diagnostic = finding_at(subject, "/metadata/ref", Aim::kValue);
        if (diagnostic.range.line == 0) diagnostic.range = {place.line, 1, place.line, 1};
        diagnostic.code = "ATT3003";
        diagnostic.message = fmt::format("{} `{}` is declared twice", info(key.first).singular,
                                         key.second.text());
        diagnostic.help = "remove one of them, or give it another ref";
        again.place = first->second;
        diagnostic.related.push_back(
            {"first declared here", again.place.file, places_.range(again, "/metadata/ref")});
        diagnostics_.push_back(std::move(diagnostic));
        degrade(key, "ATT3003");
        return false;
    }

    // A file that cannot be told apart may hold anything that it held before.
    void freeze_unidentified() {
        std::set<std::string_view> unknown;
        for (const auto* file : input_.files) {
            if (!file->identified) unknown.insert(file->path);
        }
        for (auto& [key, slot] : objects_.all()) {
            if (slot.declared || slot.last == nullptr) continue;
            if (!unknown.contains(slot.last->place.file)) continue;
            slot.declared = true;
            degrade(key, why_unidentified(slot.last->place.file));
        }
    }

    std::string why_unidentified(std::string_view path) const {
        for (const auto& diagnostic : diagnostics_) {
            if (diagnostic.file == path && diagnostic.severity == Severity::kError) {
                return diagnostic.code;
            }
        }
        return {};
    }

    // From what the tree says to what was last applied, or to nothing.
    void degrade(const ObjectKey& key, const std::string& why) {
        auto& slot = objects_.slot(key);
        slot.state = slot.last == nullptr ? State::kAbsent : State::kFrozen;
        if (slot.why.empty()) slot.why = why;
        queue_.push_back(key);
    }

    // Each object is looked at once, and again whenever something it needs has changed. States
    // only ever go from fresh to frozen or absent, so this ends.
    void settle() {
        index_users();
        for (const auto& [key, slot] : objects_.all()) {
            if (slot.state == State::kFresh && !slot.built_in) look_at(key);
        }
        while (!queue_.empty()) {
            const auto key = queue_.front();
            queue_.pop_front();
            if (const auto* standing = objects_.slot(key).standing())
                keep_needs(key, *standing);
            const auto users = users_.find(key);
            if (users == users_.end()) continue;
            for (const auto& user : users->second) look_at(user);
        }
    }

    void index_users() {
        for (const auto& [key, slot] : objects_.all()) {
            for (const auto* manifest : {slot.fresh, slot.last}) {
                if (manifest == nullptr || slot.built_in) continue;
                for (const auto& reference : references_of(*manifest)) {
                    users_[{reference.kind, reference.ref}].insert(key);
                }
            }
        }
    }

    void look_at(const ObjectKey& key) {
        auto& slot = objects_.slot(key);
        if (slot.state != State::kFresh || slot.built_in || is_known_good(slot)) return;
        auto findings = checker_.check(*slot.fresh);
        const auto error = std::find_if(
            findings.own.begin(), findings.own.end(),
            [](const Diagnostic& found) { return found.severity == Severity::kError; });
        if (error != findings.own.end()) {
            degrade(key, error->code);
        } else if (findings.cause) {
            ++dependants_[root_of(*findings.cause)];
            roots_.insert_or_assign(key, root_of(*findings.cause));
            degrade(key, objects_.slot(*findings.cause).why);
        }
        if (error != findings.own.end() || warned_.insert(key).second) {
            std::move(findings.own.begin(), findings.own.end(),
                      std::back_inserter(diagnostics_));
        }
    }

    // What is not applied for one fault may have others, in the parts that are not faulty.
    void look_at_rejected() {
        for (const auto& [manifest, faulty] : rejected_) {
            for (auto& found : checker_.check(*manifest).own) {
                const bool said =
                    faulty != nullptr &&
                    std::any_of(
                        faulty->begin(), faulty->end(), [&](const std::string& pointer) {
                            return !pointer.empty() && found.pointer.starts_with(pointer);
                        });
                if (!said) diagnostics_.push_back(std::move(found));
            }
        }
    }

    // What was applied before, and needs only what was applied with it, has been checked then.
    // Files of a pack can change without any manifest changing.
    bool is_known_good(const ObjectSlot& slot) const {
        if (!slot.unchanged() || slot.fresh->kind == Kind::kAction) return false;
        if (input_.is_as_applied && !input_.is_as_applied(slot.fresh->place.file)) return false;
        for (const auto& reference : references_of(*slot.fresh)) {
            const auto* target = objects_.find({reference.kind, reference.ref});
            if (target == nullptr || !target->unchanged()) return false;
        }
        return true;
    }

    ObjectKey root_of(const ObjectKey& key) const {
        const auto found = roots_.find(key);
        return found == roots_.end() ? key : found->second;
    }

    // A frozen object goes on needing what it needed: that stays too, as it fits.
    void keep_needs(const ObjectKey& user, const Manifest& manifest) {
        if (objects_.slot(user).state != State::kFrozen) return;
        for (const auto& reference : references_of(manifest)) {
            const ObjectKey key{reference.kind, reference.ref};
            auto* slot = objects_.find(key);
            if (slot == nullptr || slot->built_in || slot->last == nullptr) continue;
            const bool gone = slot->state == State::kAbsent;
            const bool changed = slot->state == State::kFresh && !slot->unchanged();
            if (!gone && !(changed && !checker_.fits(manifest))) continue;
            degrade(key, objects_.slot(user).why);
        }
    }

    void note_consequences() {
        for (auto& diagnostic : diagnostics_) {
            if (diagnostic.severity != Severity::kError) continue;
            const auto kind = parse_kind(diagnostic.object_kind);
            const auto ref = kind == Kind::kPack ? Ref::parse_pack(diagnostic.object_ref)
                                                 : Ref::parse(diagnostic.object_ref);
            if (!kind || !ref) continue;
            const ObjectKey key{*kind, *ref};
            if (!noted_.insert(key).second) continue;
            const auto* slot = objects_.find(key);
            if (slot != nullptr && slot->state == State::kFrozen) {
                diagnostic.notes.push_back(
                    fmt::format("the {} keeps its last applied version", info(*kind).singular));
            }
            const auto more = dependants_.find(key);
            if (more == dependants_.end()) continue;
            diagnostic.notes.push_back(
                more->second == 1
                    ? "1 object that depends on it is held back with it"
                    : fmt::format("{} objects that depend on it are held back with it",
                                  more->second));
        }
    }

    // One root cause is told once: a pack that misses its manifest for the whole set, a
    // reference to nothing for each file, because files are also looked at one by one.
    void fold_causes() {
        std::map<std::string, std::pair<std::size_t, std::size_t>> first;  // cause: at, more
        Diagnostics kept;
        for (auto& diagnostic : diagnostics_) {
            const bool pack =
                diagnostic.code == "ATT3006" && diagnostic.pointer == "/metadata/ref";
            if (!pack && diagnostic.code != "ATT3001") {
                kept.push_back(std::move(diagnostic));
                continue;
            }
            const auto cause = (pack ? "" : diagnostic.file + "\n") + diagnostic.message;
            const auto [known, is_new] = first.try_emplace(cause, kept.size(), std::size_t{0});
            if (is_new) {
                kept.push_back(std::move(diagnostic));
            } else {
                ++known->second.second;
            }
        }
        for (const auto& [cause, at] : first) {
            auto& told = kept[at.first];
            if (at.second == 0) continue;
            told.notes.push_back(fmt::format(
                "and {} more {}", at.second,
                told.code == "ATT3006" ? "of its objects" : "like it in this file"));
        }
        diagnostics_ = std::move(kept);
    }

    // Of a file that is one great mistake not every line is told.
    void limit_files() {
        Diagnostics kept;
        for (auto begin = diagnostics_.begin(); begin != diagnostics_.end();) {
            const auto end = std::find_if(
                begin, diagnostics_.end(),
                [&](const Diagnostic& diagnostic) { return diagnostic.file != begin->file; });
            Diagnostics file(std::make_move_iterator(begin), std::make_move_iterator(end));
            limit_findings(file);
            std::move(file.begin(), file.end(), std::back_inserter(kept));
            begin = end;
        }
        diagnostics_ = std::move(kept);
    }

    Checked result() {
        Checked checked;
        sort_diagnostics(diagnostics_);
        fold_causes();
        limit_files();
        for (const auto& [key, slot] : objects_.all()) {
            const bool kept = slot.state == State::kFrozen;
            if (slot.built_in || !(slot.declared || kept)) continue;
            Verdict verdict = Verdict::kApply;
            if (slot.state == State::kFrozen) verdict = Verdict::kFrozen;
            if (slot.state == State::kAbsent) verdict = Verdict::kAbsent;
            checked.objects.push_back(
                {verdict, key.first, key.second, slot.standing(), slot.why});
        }
        checked.diagnostics = std::move(diagnostics_);
        return checked;
    }

    const CheckInput& input_;
    ObjectSet objects_;
    SourcePlaces places_;
    ObjectChecker checker_;
    Diagnostics diagnostics_;
    std::map<ObjectKey, Place> first_places_;
    std::map<ObjectKey, std::set<ObjectKey>> users_;  // who names it
    std::deque<ObjectKey> queue_;                     // whose state has changed
    std::map<ObjectKey, ObjectKey> roots_;            // the root cause of what is held back
    std::map<ObjectKey, std::size_t> dependants_;     // how many a root cause holds back
    struct Rejected {
        const Manifest* manifest;
        const std::vector<std::string>* faulty;  // nullptr: nothing of it
    };
    std::vector<Rejected> rejected_;
    std::set<ObjectKey> warned_;
    std::set<ObjectKey> noted_;
};

}  // namespace

Checked check(const CheckInput& input) { return SetCheck(input).run(); }

}  // namespace attune
