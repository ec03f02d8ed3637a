// Stored states and manifests for tests of the planner, each in one line:
//
//     Manifests tree;  tree.sensor("ops.tick", R"({"unit":"seconds","interval":10})");
//     StoredState state = stored(tree, plan);   // what the database says after applying it
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "core/zone_source.h"
#include "reconciler/planner.h"

namespace attune {

// What a tree says, already checked.
class Tree {
public:
    Tree& pack(const std::string& ref);
    Tree& trigger(const std::string& ref);
    Tree& action(const std::string& ref);
    Tree& sensor(const std::string& ref, std::string_view config = kTenSeconds,
                 bool enabled = true, const std::string& trigger = "core.intervaltimer");
    Tree& rule(const std::string& ref, const std::string& trigger, const std::string& action);

    // Of the manifest added last.
    Tree& labelled(const std::string& label);
    Tree& annotated(const std::string& key, const std::string& value);
    Tree& in_file(const std::string& path, int line = 1);
    Tree& with(Verdict verdict, const std::string& why = {});

    std::vector<CheckedObject> checked() const;

    static constexpr std::string_view kTenSeconds = R"({"unit":"seconds","interval":10})";

private:
    Tree& add(Kind kind, const Ref& ref, Spec spec, Json written);

    struct Entry {
        Manifest manifest;
        Verdict verdict = Verdict::kApply;
        std::string why;
    };
    std::deque<Entry> entries_;
};

// What the database says after `plan` was applied to `state`, as generation `plan.base` + 1.
StoredState applied(StoredState state, const Plan& plan);

}  // namespace attune
