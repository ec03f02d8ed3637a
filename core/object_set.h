// The objects of a check: what the tree says of each, what was last applied, and what is to
// stand. Only core/check.cpp and what it is made of use it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/manifest.h"

namespace attune {

using ObjectKey = std::pair<Kind, Ref>;

struct ObjectSlot {
    enum class State {
        kFresh,   // what the tree says stands
        kFrozen,  // what was last applied stands
        kAbsent,  // nothing stands
    };

    const Manifest* fresh = nullptr;  // the tree's, when it is valid by itself
    const Manifest* last = nullptr;   // the last applied
    bool built_in = false;            // of pack core: always stands
    bool declared = false;            // the tree names it, validly or not
    State state = State::kAbsent;
    std::string why;  // the code of what froze it, empty when fresh

    // What stands, or nullptr.
    const Manifest* standing() const {
        switch (state) {
            case State::kFresh:
                return fresh;
            case State::kFrozen:
                return last;
            case State::kAbsent:
                return nullptr;
        }
        return nullptr;
    }

    // Whether nothing is wrong with it or with what it needs.
    bool sound() const { return built_in || state == State::kFresh; }

    // Whether the tree says what was applied already.
    bool unchanged() const {
        return built_in || (state == State::kFresh && last != nullptr &&
                            fresh->spec_digest == last->spec_digest);
    }
};

class ObjectSet {
public:
    ObjectSlot& slot(const ObjectKey& key) { return slots_[key]; }
    ObjectSlot* find(const ObjectKey& key) {
        const auto found = slots_.find(key);
        return found == slots_.end() ? nullptr : &found->second;
    }
    const ObjectSlot* find(const ObjectKey& key) const {
        const auto found = slots_.find(key);
        return found == slots_.end() ? nullptr : &found->second;
    }

    std::map<ObjectKey, ObjectSlot>& all() { return slots_; }
    const std::map<ObjectKey, ObjectSlot>& all() const { return slots_; }

    // The refs of a kind that the tree declares or attune has: what may have been meant.
    std::vector<std::string> names(Kind kind) const {
        std::vector<std::string> names;
        for (const auto& [key, slot] : slots_) {
            if (key.first == kind && (slot.declared || slot.built_in)) {
                names.push_back(key.second.text());
            }
        }
        return names;
    }

private:
    std::map<ObjectKey, ObjectSlot> slots_;
};

}  // namespace attune
