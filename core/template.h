// Templates: a JSON value in whose strings `{{ path }}` stands for a part of the event.
//
//     {path: /var/tmp, at: "{{ event.payload.scheduled_at }}", n: "{{ pack.config.n |
//     default(3) }}"}
//
// A string that is exactly one template becomes the value it names, of any type; within other
// text a string is put in as it is and any other value as compact JSON. `default(<json>)`, the
// only filter, stands in for what is undefined (null is defined). `{{ "{{" }}` prints braces.
// Keys are never templates. Paths are those of core/context.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/condition.h"
#include "core/context.h"
#include "core/json.h"

namespace attune {

// Immutable. Rendering gives compact JSON text.
class Template {
public:
    // Whether there is no path in it: constant_text() is all it ever renders.
    bool constant() const { return slots_.empty(); }
    const std::string& constant_text() const { return tail_; }

    // The rendered text, or why there is none: "undefined: event.payload.x in /seen_at", or
    // more than limits::kRenderedParamsBytes.
    tl::expected<std::string, std::string> render(Context& context) const;

private:
    friend Compiled<Template> compile_template(const Json& value);
    struct Compiler;

    struct Slot {
        std::string before;  // JSON text up to here
        ContextPath path;
        std::optional<Json> fallback;
        bool within_text;     // inside a string with other text
        std::string pointer;  // the string's place, for reasons
    };

    std::vector<Slot> slots_;
    std::string tail_;
};

// Compiles every string of `value`. All faults, each with a pointer into `value`: ATT4030 and
// ATT4031 (path), ATT4035 (syntax: no end, nothing inside, an unknown filter, a default that
// is not JSON), ATT4036 (a template in a key).
Compiled<Template> compile_template(const Json& value);

// Whether `value` is a string with a template in it: what stands for any value until it is
// rendered (JsonSchema::validate).
bool holds_template(const Json& value);

}  // namespace attune
