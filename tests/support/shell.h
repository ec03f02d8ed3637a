// A shell, as somebody has it who reads the manual in the project's root while no daemon runs.
#pragma once

#include <string>
#include <vector>

namespace attune {

struct ShellRan {
    int exit = 0;
    std::string output;  // both streams
};

// What `line` does in /bin/sh with `programs`, directories joined by colons, before /usr/bin
// and /bin. Nobody serves the socket.
ShellRan shell(const std::string& line, const std::string& programs);

// What our completion in `filled`, a folder, offers in `shell_name` ("bash", "zsh") at the end
// of each line: sorted, with blanks between. `attune` stands for `program`.
std::vector<std::string> completed(const std::string& shell_name, const std::string& filled,
                                   const std::string& program,
                                   const std::vector<std::string>& lines);

}  // namespace attune
