// Does something as another user, to see what the kernel and our servers say to strangers.
#pragma once

#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace attune {

constexpr uid_t kNobody = 65534;

// Runs `act` on a thread that has become `uid` with `gid` and `groups`. The bare system calls
// change the calling thread only (credentials(7)); libc's would change the whole process.
// Needs root: tests ask may_become_others() first.
inline void as_user(uid_t uid, gid_t gid, const std::vector<gid_t>& groups,
                    const std::function<void()>& act) {
    std::thread([&] {
        if (::syscall(SYS_setgroups, groups.size(), groups.data()) != 0 ||
            ::syscall(SYS_setresgid, gid, gid, gid) != 0 ||
            ::syscall(SYS_setresuid, uid, uid, uid) != 0) {
            std::abort();
        }
        act();
    }).join();
}

inline bool may_become_others() { return ::geteuid() == 0; }

}  // namespace attune
