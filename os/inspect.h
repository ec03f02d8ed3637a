// What can be seen of this host from outside, for whoever looks for what is wrong with it:
// modes and owners, room on disks, the kernel's word about the clock, a process's descriptors.
// All of it throws SystemError when it cannot be seen.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"
#include "os/account.h"

namespace attune {

struct FileStatus {
    mode_t mode = 0;  // st_mode, the kind of file included
    uid_t uid = 0;
    gid_t gid = 0;
    std::string owner;  // the number's text when the user database has no name for it
    std::string group;
};

// Of what `path` leads to, links followed.
FileStatus file_status(const std::string& path);

// "0640 root:attune"
std::string describe(const FileStatus& status);

// Whether `account` may read it (of a directory: list and enter it), as far as mode bits tell;
// access control lists and what mounts and sandboxes add are not looked at.
bool may_read(const FileStatus& status, const Account& account);
// Whether somebody else than root, `owner` and the members of `group` may change it.
bool may_be_changed_by_strangers(const FileStatus& status, uid_t owner, gid_t group);

struct DiskSpace {
    std::uint64_t bytes = 0;
    std::uint64_t free_bytes = 0;  // for others than root
    std::uint64_t inodes = 0;      // 0: this kind of file system does not count them
    std::uint64_t free_inodes = 0;
    bool read_only = false;
    std::string kind;  // "tmpfs", "nfs", "other"
};

// Of the file system that `path` is on; of its nearest parent that exists.
DiskSpace disk_space(const std::string& path);

struct ClockDiscipline {
    bool synchronised = false;  // somebody (chrony, timesyncd, ntpd) tells the kernel so
    Duration largest_error{0};  // as the kernel reckons; meaningless unsynchronised
};

ClockDiscipline clock_discipline();

struct OpenFiles {
    std::uint64_t open = 0;
    std::uint64_t limit = 0;  // soft; 0: none
};

// Of a process; needs root, or to be its user.
OpenFiles open_files(pid_t pid);

// Whether the program `pid` runs was removed or replaced since it started: an upgrade.
bool runs_replaced_program(pid_t pid);

// A number below /proc/sys: "fs/inotify/max_user_watches".
std::uint64_t kernel_setting(const std::string& name);

// Accounts that have `group` as a supplementary group, by name. Those whose first group it is
// are not among them. Empty, too, when there is no such group.
std::vector<std::string> members_of(const std::string& group);

}  // namespace attune
