#include "daemon/dbus/answers.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "os/system_error.h"

namespace attune {

Answers::Answers() : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (ready_.get() < 0) throw_errno("cannot make an eventfd");
}

void Answers::put(Answer answer) {
    {
        const std::lock_guard lock(mutex_);
        answers_.push_back(std::move(answer));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(ready_.get(), &one, sizeof(one));
}

std::vector<Answers::Answer> Answers::take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(ready_.get(), &count, sizeof(count));
    const std::lock_guard lock(mutex_);
    return std::exchange(answers_, {});
}

}  // namespace attune
