// What of a whole set of manifests is valid: identity, references, and meaning.
//
// A bad object freezes itself and what depends on it, to a fixed point, at what was last
// applied; the rest is applied. A file that cannot be identified freezes everything last known
// from its path. All problems are found in one pass, each root cause once.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/load.h"
#include "core/manifest.h"
#include "core/time.h"
#include "core/zone_source.h"

namespace attune {

struct CheckInput {
    // Everything the tree says. The built-in pack is known and need not be among them.
    std::vector<const LoadedFile*> files;

    // What this source last applied and has not retired, for freezing.
    std::vector<const Manifest*> last_applied;

    // Whether a file has the bytes that `last_applied` came from. Only what is in one that has
    // may pass as known to be good, for its warnings have been told. Empty: all have.
    std::function<bool(std::string_view path)> is_as_applied;

    // Where schedules find their time zones. nullptr: schedules are not compiled.
    const ZoneSource* zones = nullptr;
    // The moment of the check: when sensors that are new would be created.
    TimePoint now;

    // The bytes of a file of the tree, for the places of findings; nullopt: not at hand, the
    // finding then points at its document's first line. May be empty.
    std::function<std::optional<std::string_view>(std::string_view path)> text_of;

    // Whether `program`, the first word of a command of `pack`, may be run: with a slash a
    // regular, executable file inside the pack (relative to its folder) after resolving links,
    // else a program of the host. nullopt: it may; else why it may not ("is not executable").
    // Empty function: nothing is looked at.
    std::function<std::optional<std::string>(std::string_view pack, std::string_view program)>
        why_not_runnable;
};

enum class Verdict {
    kApply,   // the new manifest
    kFrozen,  // the last applied one stays
    kAbsent,  // bad, and there is no earlier one: nothing of that name is applied
};

struct CheckedObject {
    Verdict verdict = Verdict::kApply;
    Kind kind = Kind::kPack;
    Ref ref;
    const Manifest* manifest = nullptr;  // of `files` or `last_applied`; nullptr when absent
    std::string why;                     // the code of the root cause; empty for kApply
};

struct Checked {
    // Every object the tree names or freezes, by kind and ref. What was last applied and is not
    // here has left the tree.
    std::vector<CheckedObject> objects;
    Diagnostics diagnostics;  // of the files and of this check, sorted
};

Checked check(const CheckInput& input);

}  // namespace attune
