// A finding about somebody's input: what is wrong, where, and what to do about it.
//
// All findings of a set are collected, never just the first. Codes are stable and in blocks:
// 1xxx bytes and YAML, 2xxx schema, 3xxx references and identity, 4xxx meaning (with a
// `reason` word), 5xxx source, 6xxx plan and prune, 7xxx database and runtime.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace attune {

enum class Severity { kError, kWarning, kNote };

// Half-open, 1-based, columns in code points (a tab counts one). line 0: the file as a whole.
struct Range {
    int line = 0;
    int column = 0;
    int end_line = 0;
    int end_column = 0;

    friend bool operator==(const Range&, const Range&) = default;
};

struct RelatedPlace {
    std::string message;  // "first declared here"
    std::string file;
    Range range;

    friend bool operator==(const RelatedPlace&, const RelatedPlace&) = default;
};

struct Fix {
    Range range;
    std::string text;      // what to put there
    bool certain = false;  // a machine may apply it unasked

    friend bool operator==(const Fix&, const Fix&) = default;
};

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string code;
    std::string reason;   // codes of cron and dates: the stable word; else empty
    std::string message;  // one sentence, lower case, no full stop
    std::string file;     // relative to the source's root, '/' between segments; may be empty
    Range range;
    std::string object_kind;  // "Sensor"; empty when the object cannot be told
    std::string object_ref;
    std::string pointer;  // RFC 6901, into the document; "" is the document itself
    std::string label;    // short words under the caret; may be empty
    std::string help;
    std::vector<std::string> notes;
    std::vector<RelatedPlace> related;
    std::optional<Fix> fix;

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

// By file, line, column, code, message: the order everything is shown in.
void sort_diagnostics(Diagnostics& diagnostics);

// Leaves at most limits::kFindings, errors before others; the last one says that there were
// more. All of `diagnostics` are about one file, sorted before and after.
void limit_findings(Diagnostics& diagnostics);

// True when a diagnostic of severity error is among them.
bool has_errors(const Diagnostics& diagnostics);

}  // namespace attune
