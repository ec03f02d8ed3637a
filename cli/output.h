// What a command has found, shown as its reader wants it.
#pragma once

#include <functional>
#include <string>

#include "cli/command.h"
#include "core/json.h"

namespace attune {

// -o json and -o yaml print `value`; anything else calls `table`.
void show(const Given& given, Terminal& terminal, const Json& value,
          const std::function<void()>& table);

// A member as text for a cell: strings as they are, numbers and the rest as JSON; "" for null
// and for what is missing. `path`: keys joined by '/', "place/file".
std::string cell(const Json& value, const std::string& path);

// "2026-11-23T12:00:00.25Z" -> "2026-11-23 12:00:00.250": times in tables, UTC, to the
// millisecond. Anything else stays as it is.
std::string table_time(const std::string& rfc3339);

// Where a diagnostic is: "packs/ops/rules/echo.yaml:4:7", without what it does not know.
std::string diagnostic_place(const Json& diagnostic);

// "packs/ops/rules/echo.yaml:4"; "" when the object never came from a file.
std::string place_text(const Json& object);

}  // namespace attune
