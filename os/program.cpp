#include "os/program.h"

#include <limits.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "os/system_error.h"

namespace attune {

// proc(5): the kernel appends this to the path of a file that has lost its name.
bool program_is_replaced() {
    std::array<char, PATH_MAX> path{};
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length < 0) throw_errno("cannot read /proc/self/exe");
    return std::string_view(path.data(), static_cast<std::size_t>(length))
        .ends_with(" (deleted)");
}

}  // namespace attune
