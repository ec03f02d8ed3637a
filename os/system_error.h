// A call of the operating system failed: the world is at fault, neither the input nor us.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace attune {

class SystemError : public std::system_error {
public:
    // `what` says what could not be done: "cannot open /etc/attune"; the system's own words
    // for `error` (an errno) are appended.
    SystemError(int error, const std::string& what)
        : std::system_error(error, std::generic_category(), what) {}

    int error() const { return code().value(); }
};

[[noreturn]] inline void throw_errno(const std::string& what) {
    throw SystemError(errno, what);
}

}  // namespace attune
