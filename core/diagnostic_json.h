// Diagnostics for programs: attune's own JSON, SARIF 2.1.0, GitHub workflow commands.
#pragma once

#include <cstddef>
#include <string>

#include "core/diagnostic.h"
#include "core/json.h"

namespace attune {

// {severity, code, reason?, message, file, line, column, end_line, end_column, object: {kind,
// ref}, pointer, help, notes, related, fix}; what is empty is left out.
Json to_json(const Diagnostic& diagnostic);

// {format_version, valid, errors, warnings, files, diagnostics}.
Json diagnostics_json(const Diagnostics& diagnostics, std::size_t files);

// A SARIF 2.1.0 log: code as ruleId, fixes included; relative paths are from where attune was
// started.
Json diagnostics_sarif(const Diagnostics& diagnostics);

// One `::error file=...::message` line each.
std::string diagnostics_github(const Diagnostics& diagnostics);

}  // namespace attune
