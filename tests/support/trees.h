// Trees of manifests for tests, checked as `attune validate` checks them.
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "core/load.h"

namespace attune {

// Files by path, loaded; the pack is the folder below packs/. Manifests stay valid as long as
// the tree lives.
class Tree {
public:
    explicit Tree(std::map<std::string, std::string> texts);
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    // All of its manifests: what an earlier revision applied.
    std::vector<const Manifest*> manifests() const;

    // At 2026-01-01T00:00:00Z, with the system's time zones.
    Checked check(const std::vector<const Manifest*>& last_applied = {}) const;

    // The same with a hand on the input.
    CheckInput input() const;

private:
    std::map<std::string, std::string> texts_;
    std::list<LoadedFile> files_;
};

// The files below `folder`, by their paths in it; only *.yaml.
std::map<std::string, std::string> read_tree(const std::string& folder);

// "packs/ops/a.yaml:4:7-4:12 error ATT2004 unknown property `x`", then its help, label, notes,
// related places and fix, each on an indented line.
std::string describe(const Diagnostics& diagnostics);

// "Sensor ops.a apply", "Rule ops.b frozen ATT3001", one line each.
std::string describe(const std::vector<CheckedObject>& objects);

}  // namespace attune
