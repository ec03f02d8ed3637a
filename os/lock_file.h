// A lock that at most one living process holds, and that no death leaves behind: flock(2) on a
// file with the holder's pid inside, for people to read.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "os/unique_fd.h"

namespace attune {

class LockFile {
public:
    // Takes the lock, making the file when it is missing; nullopt: somebody else holds it.
    // Throws SystemError when the file cannot be made or opened. The file itself stays when
    // the lock is let go: removing it would let two holders lock two files of one name.
    static std::optional<LockFile> take(const std::string& path);

    // Who wrote its pid there last: the holder, while it is held. nullopt: nobody can be told.
    static std::optional<pid_t> holder(const std::string& path);

private:
    explicit LockFile(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

}  // namespace attune
