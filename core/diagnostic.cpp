#include "core/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "core/limits.h"

namespace attune {

void sort_diagnostics(Diagnostics& diagnostics) {
    const auto key = [](const Diagnostic& d) {
        return std::tie(d.file, d.range.line, d.range.column, d.code, d.message);
    };
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
                     [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

void limit_findings(Diagnostics& diagnostics) {
    if (diagnostics.size() <= limits::kFindings) return;
    std::stable_partition(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
        return diagnostic.severity == Severity::kError;
    });
    diagnostics.resize(limits::kFindings);
    sort_diagnostics(diagnostics);
    diagnostics.back().notes.emplace_back(
        "this file has more findings; they are told when these are fixed");
}

bool has_errors(const Diagnostics& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(), [](const auto& diagnostic) {
        return diagnostic.severity == Severity::kError;
    });
}

}  // namespace attune
