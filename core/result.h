// Result<T>: what a single parse returns, a value or the fault in what it was given.
//
// A fault is somebody's input at fault, never a failure of the world (that is an exception).
// Whoever knows where the input stands turns a Fault into a Diagnostic.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace attune {

struct Fault {
    std::string code;        // a stable diagnostic code, "ATT4002"; docs/diagnostics.md
    std::string message;     // one sentence, lower case, no full stop
    std::string help;        // the remedy; may be empty
    std::string reason;      // stable word of cron and dates ("out_of_range"), else empty
    std::string pointer;     // JSON pointer below the value that was parsed, else empty
    std::string field;       // the cron field's name, else empty
    std::size_t column = 0;  // 1-based byte within the parsed text; 0: the whole of it
};

template <class T>
using Result = tl::expected<T, Fault>;

using Refused = tl::unexpected<Fault>;

// Of a parse that goes on after a fault: all of them, in the order they stand; never empty.
template <class T>
using Compiled = tl::expected<T, std::vector<Fault>>;

// return refuse("ATT4005", "...", "...");
inline Refused refuse(std::string code, std::string message, std::string help = {}) {
    return Refused(Fault{.code = std::move(code),
                         .message = std::move(message),
                         .help = std::move(help),
                         .reason = {},
                         .pointer = {},
                         .field = {}});
}

}  // namespace attune
