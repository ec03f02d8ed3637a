#include "os/process_info.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

#include "os/pidfd.h"
#include "os/system_clock.h"
#include "os/system_error.h"
#include "os/unique_fd.h"

namespace attune {
namespace {

constexpr int kPasses = 10;
constexpr Duration kPatience = std::chrono::seconds(2);

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<pid_t> all_pids() {
    std::vector<pid_t> pids;
    const std::unique_ptr<DIR, int (*)(DIR*)> proc(::opendir("/proc"), ::closedir);
    if (!proc) throw_errno("cannot read /proc");
    while (const dirent* entry = ::readdir(proc.get())) {
        const std::string_view name = entry->d_name;
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
    }
    return pids;
}

std::vector<pid_t> living_members(pid_t group) {
    std::vector<pid_t> members;
    for (const pid_t pid : all_pids()) {
        const auto stat = read_process_stat(pid);
        if (stat && stat->group == group && stat->state != 'Z') members.push_back(pid);
    }
    return members;
}

bool carries(pid_t pid, std::string_view mark) {
    const std::string environment = slurp("/proc/" + std::to_string(pid) + "/environ");
    std::string_view rest = environment;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\0'), rest.size());
        if (rest.substr(0, end) == mark) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

// Processes that were killed, held so that their end can be awaited.
using Killed = std::map<pid_t, UniqueFd>;

// Kills `pid` if it belongs to the recorded group. That is asked after its pidfd is held, so
// that what is signalled is what was looked at.
void kill_member(pid_t pid, const RecordedGroup& recorded, std::string_view mark,
                 Killed& killed) {
    UniqueFd process = open_pidfd(pid);
    if (!process) return;
    const auto stat = read_process_stat(pid);
    if (!stat || stat->group != recorded.group || stat->state == 'Z') return;
    if (stat->start_ticks < recorded.leader_start_ticks || !carries(pid, mark)) return;
    if (signal_pidfd(process.get(), SIGKILL)) killed.emplace(pid, std::move(process));
}

void kill_whole_group(pid_t group, Killed& killed) {
    for (const pid_t pid : living_members(group)) {
        if (UniqueFd process = open_pidfd(pid)) killed.emplace(pid, std::move(process));
    }
    ::kill(-group, SIGKILL);
}

void await_end(const Killed& killed) {
    const SystemClock clock;
    const Duration deadline = clock.elapsed() + kPatience;
    for (const auto& [pid, process] : killed) {
        const auto left = std::max(deadline - clock.elapsed(), Duration::zero());
        pollfd ended{process.get(), POLLIN, 0};
        ::poll(&ended, 1, static_cast<int>(left / std::chrono::milliseconds(1)));
    }
}

}  // namespace

std::optional<ProcessStat> read_process_stat(pid_t pid) {
    const std::string text = slurp("/proc/" + std::to_string(pid) + "/stat");
    // The second field is the program's name in brackets and may contain anything.
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(text.substr(name_end + 1));
    ProcessStat stat;
    stat.pid = pid;
    fields >> stat.state >> stat.parent >> stat.group;
    std::string skipped;
    for (int field = 6; field < 22; ++field) fields >> skipped;
    fields >> stat.start_ticks;
    if (!fields) return std::nullopt;
    return stat;
}

std::string boot_id() {
    std::string id = slurp("/proc/sys/kernel/random/boot_id");
    while (!id.empty() && id.back() == '\n') id.pop_back();
    if (id.empty()) throw SystemError(ENOENT, "cannot read /proc/sys/kernel/random/boot_id");
    return id;
}

std::vector<pid_t> ended_children() {
    std::vector<pid_t> ended;
    const pid_t self = ::getpid();
    for (const pid_t pid : all_pids()) {
        const auto stat = read_process_stat(pid);
        if (stat && stat->parent == self && stat->state == 'Z') ended.push_back(pid);
    }
    return ended;
}

int kill_recorded_group(const RecordedGroup& recorded, std::string_view mark) {
    if (recorded.group <= 1 || recorded.boot_id != boot_id()) return 0;
    const auto leader = read_process_stat(recorded.group);
    const bool same_leader = leader && leader->group == recorded.group &&
                             leader->start_ticks == recorded.leader_start_ticks;
    if (leader && !same_leader) return 0;  // the number is somebody else's by now
    Killed killed;
    if (same_leader) {
        kill_whole_group(recorded.group, killed);
    } else {
        // One that is not yet hit may have forked since the group was listed.
        for (int pass = 0; pass < kPasses; ++pass) {
            const auto before = killed.size();
            for (const pid_t pid : living_members(recorded.group)) {
                if (!killed.contains(pid)) kill_member(pid, recorded, mark, killed);
            }
            if (killed.size() == before) break;
        }
    }
    await_end(killed);
    return static_cast<int>(killed.size());
}

}  // namespace attune
