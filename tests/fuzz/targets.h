// What random bytes are thrown at: one function for each part of attune that reads what others
// wrote. A target throws when the bytes broke a promise of ours (BrokenPromise, or whatever
// escapes); everything else, refusals above all, is as it should be.
//
// scripts/fuzz drives them by libFuzzer; fuzz_tests runs them over tests/fuzz/regressions, so
// that what was found stays fixed without it. A target is pure in its bytes.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace attune {

struct BrokenPromise : std::logic_error {
    using std::logic_error::logic_error;
};

inline void promise(bool kept, const std::string& what) {
    if (!kept) throw BrokenPromise(what);
}

// YAML to values with places: every place is inside the text, and what was read, written as
// JSON, reads the same.
void fuzz_yaml(std::string_view bytes);

// A file of a pack, checked: findings lie inside the file and go out in every form, what is
// valid survives being stored, and its timers go forward.
void fuzz_manifest(std::string_view bytes);

// A user's schema, then `---`, then a value: linted, compiled, judged; the quick judge and the
// one that explains agree.
void fuzz_schema(std::string_view bytes);

// Parameters, then `---`, then an event's payload: rendered to JSON within bounds. The text of
// all bytes, escaped, renders as itself.
void fuzz_template(std::string_view bytes);

// Conditions, then `---`, then a payload: `not` turns every answer around, and only what does
// not match has a reason.
void fuzz_condition(std::string_view bytes);

// A message of the bus: what decodes encodes to the same bytes.
void fuzz_message(std::string_view bytes);

// Lines `ATTUNE__NAME=value` and `--set name=value`, then the daemon's file: accepted settings,
// described, are accepted again and mean the same.
void fuzz_config(std::string_view bytes);

struct FuzzTarget {
    std::string_view name;
    void (*run)(std::string_view bytes);
};

inline constexpr std::array kFuzzTargets = {
    FuzzTarget{"yaml", fuzz_yaml},           FuzzTarget{"manifest", fuzz_manifest},
    FuzzTarget{"schema", fuzz_schema},       FuzzTarget{"template", fuzz_template},
    FuzzTarget{"condition", fuzz_condition}, FuzzTarget{"message", fuzz_message},
    FuzzTarget{"config", fuzz_config},
};

}  // namespace attune
