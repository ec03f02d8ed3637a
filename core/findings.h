// Violations of schemas and faults of parses as diagnostics: with the place they stand at in a
// document, a code, and what was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/json_schema.h"
#include "core/node.h"
#include "core/result.h"

namespace attune {

// The document that findings are about.
struct Subject {
    std::string file;
    std::string kind;  // "Sensor"; empty when it cannot be told
    std::string ref;
    const Node* document = nullptr;
};

// The shape of a `pack.name` ref in the published schemas; a value that breaks it is ATT3004.
inline constexpr std::string_view kRefPattern =
    R"(^[a-z][a-z0-9_-]{1,62}\.[a-z][a-z0-9_]{0,62}$)";

// Where a finding points: at the value of the pointer, or at the key it stands under.
enum class Aim { kValue, kKey };

// A finding with file, object, pointer and range of `subject`. A pointer to nothing points at
// the deepest mapping or list on its way.
Diagnostic finding_at(const Subject& subject, std::string pointer, Aim aim);

// ATT2003 to ATT2015, ATT3004, and of dates and durations ATT4010 and ATT4011. `base` is where
// in the document the judged value stands
// ("/spec/config"), `where` what it is called (" in config of trigger core.crontimer" or "").
// A missing property that was only misspelt is folded into the unknown one.
Diagnostics findings_of(const std::vector<Violation>& violations, const Subject& subject,
                        std::string_view base, std::string_view where);

// A parse's fault, `base` being the place of what was parsed; a column narrows the range when
// the text stands on one line as it was parsed.
Diagnostic finding_of(const Fault& fault, const Subject& subject, std::string_view base);

}  // namespace attune
