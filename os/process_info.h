// What /proc tells about processes, and how one that an earlier life of the daemon left behind
// is recognised: by pid, start time and boot, because pids are used again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

// Field numbers of /proc/PID/stat, proc(5).
struct ProcessStat {
    pid_t pid = 0;
    char state = '?';               // field 3; 'Z': ended, not reaped
    pid_t parent = 0;               // field 4
    pid_t group = 0;                // field 5
    std::uint64_t start_ticks = 0;  // field 22, clock ticks since boot
};

// nullopt: no such process.
std::optional<ProcessStat> read_process_stat(pid_t pid);

// /proc/sys/kernel/random/boot_id, without the newline. Throws SystemError.
std::string boot_id();

// Children of this process that have ended and wait to be reaped.
std::vector<pid_t> ended_children();

// A process group as a claim records it. The leader's pid is the group's id.
struct RecordedGroup {
    pid_t group = 0;
    std::uint64_t leader_start_ticks = 0;
    std::string boot_id;
};

// SIGKILLs the group if it is still the recorded one, waits a moment (at most 2 s) for its
// processes to be gone, and returns how many there were.
//
// It is the recorded one for certain while its leader lives with that start time in this boot.
// When the leader has gone, its number may have been given away, so of the processes now in
// the group only those are killed that started no earlier than the leader and carry the
// environment entry `mark` ("ATTUNE_EXECUTION_ID=17").
int kill_recorded_group(const RecordedGroup& recorded, std::string_view mark);

}  // namespace attune
