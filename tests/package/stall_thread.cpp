// Stops one thread of a process, as a bug that makes it hang would: stall_thread PID NAME
//
// By ptrace(2), so that what is tested needs no hook for it. The thread stands still until this
// program or the process ends.
#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

// 0: there is no such thread.
pid_t thread_named(const std::string& process, const std::string& name) {
    const std::string tasks = "/proc/" + process + "/task";
    DIR* const folder = ::opendir(tasks.c_str());
    if (folder == nullptr) return 0;
    pid_t found = 0;
    while (const dirent* entry = ::readdir(folder)) {
        std::string comm;
        std::getline(std::ifstream(tasks + "/" + entry->d_name + "/comm"), comm);
        if (comm == name) found = std::atoi(entry->d_name);
    }
    ::closedir(folder);
    return found;
}

int fail(const char* step) {
    std::perror(step);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: stall_thread PID NAME\n", stderr);
        return 64;
    }
    const pid_t thread = thread_named(argv[1], argv[2]);
    if (thread == 0) {
        std::fprintf(stderr, "process %s has no thread %s\n", argv[1], argv[2]);
        return 1;
    }
    if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) return fail("PTRACE_SEIZE");
    if (::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) {
        return fail("PTRACE_INTERRUPT");
    }
    int status = 0;
    if (::waitpid(thread, &status, __WALL) != thread) return fail("waitpid");
    if (!WIFSTOPPED(status)) return 1;
    std::puts("stalled");
    std::fflush(stdout);
    // Ends with the process, whatever ends that.
    while (::waitpid(thread, &status, __WALL) == thread && !WIFEXITED(status) &&
           !WIFSIGNALED(status)) {
    }
    return 0;
}
