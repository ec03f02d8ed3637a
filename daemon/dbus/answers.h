// Answers of handler threads, on their way back to the thread that has asked.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "os/unique_fd.h"
#include "wire/control.h"

namespace attune {

class Answers {
public:
    struct Answer {
        std::uint64_t call = 0;  // the asker's number
        ControlResponse response;
    };

    // Throws SystemError.
    Answers();

    // Any thread.
    void put(Answer answer);

    // Everything that has been put, oldest first.
    std::vector<Answer> take();

    // Readable while there is something to take.
    int fd() const { return ready_.get(); }

private:
    UniqueFd ready_;  // an eventfd
    std::mutex mutex_;
    std::vector<Answer> answers_;
};

}  // namespace attune
