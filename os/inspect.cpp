#include "os/inspect.h"

#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "os/files.h"
#include "os/system_error.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kProcBytes = 64 * 1024;

std::string name_of_group(gid_t gid) {
    std::array<char, 64 * 1024> text{};
    group entry{};
    group* found = nullptr;
    if (::getgrgid_r(gid, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
        return found->gr_name;
    }
    return std::to_string(gid);
}

bool is_in(const Account& account, gid_t gid) {
    return account.gid == gid ||
           std::find(account.groups.begin(), account.groups.end(), gid) != account.groups.end();
}

std::string kind_of(const std::string& path) {
    struct statfs about {};
    if (::statfs(path.c_str(), &about) != 0) throw_errno("cannot look at " + path);
    switch (about.f_type) {
        case TMPFS_MAGIC:
            return "tmpfs";
        case NFS_SUPER_MAGIC:
            return "nfs";
        default:
            return "other";
    }
}

std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string proc(pid_t pid, const char* name) { return fmt::format("/proc/{}/{}", pid, name); }

}  // namespace

FileStatus file_status(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) throw_errno("cannot look at " + path);
    return {.mode = about.st_mode,
            .uid = about.st_uid,
            .gid = about.st_gid,
            .owner = user_name(about.st_uid),
            .group = name_of_group(about.st_gid)};
}

std::string describe(const FileStatus& status) {
    return fmt::format("{:04o} {}:{}", status.mode & 07777U, status.owner, status.group);
}

bool may_read(const FileStatus& status, const Account& account) {
    if (account.uid == 0) return true;
    const mode_t wanted = S_ISDIR(status.mode) ? 05U : 04U;
    const unsigned shift = status.uid == account.uid ? 6 : is_in(account, status.gid) ? 3 : 0;
    return ((status.mode >> shift) & wanted) == wanted;
}

bool may_be_changed_by_strangers(const FileStatus& status, uid_t owner, gid_t group) {
    // In a directory like /tmp strangers may add files and touch no other's.
    if ((status.mode & S_IWOTH) != 0) return true;
    if ((status.mode & S_IWGRP) != 0 && status.gid != 0 && status.gid != group) return true;
    return status.uid != 0 && status.uid != owner;
}

DiskSpace disk_space(const std::string& path) {
    fs::path at = path;
    std::error_code failed;
    while (at.has_relative_path() && !fs::exists(at, failed)) at = at.parent_path();
    struct statvfs about {};
    if (::statvfs(at.c_str(), &about) != 0) throw_errno("cannot look at " + at.string());
    return {.bytes = about.f_blocks * about.f_frsize,
            .free_bytes = about.f_bavail * about.f_frsize,
            .inodes = about.f_files,
            .free_inodes = about.f_favail,
            .read_only = (about.f_flag & ST_RDONLY) != 0,
            .kind = kind_of(at.string())};
}

ClockDiscipline clock_discipline() {
    timex asked{};  // no mode: nothing is set
    const int state = ::adjtimex(&asked);
    if (state == -1) throw_errno("cannot ask the kernel about its clock");
    return {.synchronised = state != TIME_ERROR && (asked.status & STA_UNSYNC) == 0,
            .largest_error = std::chrono::microseconds(asked.maxerror)};
}

OpenFiles open_files(pid_t pid) {
    OpenFiles files;
    std::error_code failed;
    fs::directory_iterator entries(proc(pid, "fd"), failed);
    if (failed) throw SystemError(failed.value(), "cannot look at " + proc(pid, "fd"));
    files.open = static_cast<std::uint64_t>(std::distance(begin(entries), end(entries)));
    const auto limits = read_file(proc(pid, "limits"), kProcBytes);
    constexpr std::string_view kName = "Max open files";
    const auto line = limits.find(kName);
    if (line == std::string::npos) return files;
    const auto digits = limits.find_first_not_of(' ', line + kName.size());
    files.limit = number_in(std::string_view(limits).substr(digits));  // "unlimited": 0
    return files;
}

bool runs_replaced_program(pid_t pid) {
    std::array<char, 4096> target{};
    const auto path = proc(pid, "exe");
    const auto size = ::readlink(path.c_str(), target.data(), target.size());
    if (size < 0) throw_errno("cannot look at " + path);
    return std::string_view(target.data(), static_cast<std::size_t>(size))
        .ends_with(" (deleted)");
}

std::uint64_t kernel_setting(const std::string& name) {
    return number_in(read_file("/proc/sys/" + name, kProcBytes));
}

std::vector<std::string> members_of(const std::string& name) {
    std::array<char, 64 * 1024> text{};
    group entry{};
    group* found = nullptr;
    std::vector<std::string> members;
    if (::getgrnam_r(name.c_str(), &entry, text.data(), text.size(), &found) != 0 ||
        found == nullptr) {
        return members;
    }
    for (char** member = found->gr_mem; *member != nullptr; ++member)
        members.emplace_back(*member);
    std::sort(members.begin(), members.end());
    return members;
}

}  // namespace attune
