// Which file a command means. Nothing of the caller's environment takes part.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace attune {

// Where programs are sought that are named without a slash.
inline constexpr const char* kCommandPath = "/usr/local/bin:/usr/bin:/bin";

// The absolute path of what `name` (the first word of a command) executes:
// with a slash in it a file below `pack_directory` (links resolved), else a program in
// kCommandPath. When nothing may be executed, why, to be put behind the name: "is not
// executable", "leads out of the pack", "is not found in /usr/local/bin:/usr/bin:/bin".
tl::expected<std::string, std::string> resolve_command(const std::string& name,
                                                       const std::string& pack_directory);

}  // namespace attune
