// Whether what attune writes for other programs is what those programs read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace attune {

// What is wrong with `log` as a SARIF 2.1.0 log of attune's: by
// tests/fixtures/sarif.schema.json, and what no schema says (ends before starts, rules that are
// not described). Empty: nothing.
std::vector<std::string> faults_of_sarif(const Json& log);

// Lines of `text` that are no workflow command with a place that GitHub understands.
std::vector<std::string> faults_of_github(std::string_view text);

}  // namespace attune
