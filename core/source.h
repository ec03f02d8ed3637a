// The root `attune.yaml`: what a tree as a whole wants. Without it a tree is a broken mount.
#pragma once

#include <string>
#include <vector>

namespace attune {

enum class OnInvalid {
    kFreeze,  // a bad object and what depends on it keep their last applied version
    kStrict,  // any error refuses the revision
};

struct SourceSpec {
    std::string name;
    std::vector<std::string> packs = {"packs/*"};  // globs of pack directories
    OnInvalid on_invalid = OnInvalid::kFreeze;
    bool prune = true;
    int prune_max_percent = 20;  // the brake: at most max(objects, percent of the source's)
    int prune_max_objects = 5;
};

}  // namespace attune
