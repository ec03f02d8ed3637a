// As many valid manifests as somebody wants, of every kind, written as people write them.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace attune {

// The files of a source with `count` manifests, one to a file, by path; attune.yaml, which is
// none, besides. Of a hundred about forty are timers, thirty rules, fifteen actions, and the
// rest triggers, external sensors and packs. The same count gives the same files.
std::map<std::string, std::string> made_manifests(std::size_t count);

}  // namespace attune
