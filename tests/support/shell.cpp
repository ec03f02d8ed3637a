#include "tests/support/shell.h"

#include <sstream>
#include <stdexcept>

#include "os/spawn.h"
#include "tests/support/temp_directory.h"

namespace attune {

ShellRan shell(const std::string& line, const std::string& programs) {
    SpawnOptions options;
    options.argv = {"/bin/sh", "-c", line};
    options.directory = ATTUNE_SOURCE_DIR;
    options.env = {"PATH=" + programs + ":/usr/bin:/bin",
                   "ATTUNE_SOCKET=/nowhere/control.sock"};
    ShellRan ran;
    ran.exit = run_to_end(std::move(options), &ran.output, std::chrono::seconds(60)).code;
    return ran;
}

std::vector<std::string> completed(const std::string& shell_name, const std::string& filled,
                                   const std::string& program,
                                   const std::vector<std::string>& lines) {
    const TempDirectory directory;
    std::string typed;
    for (const auto& line : lines) typed += line + "\n";
    const auto file = directory.write("lines", typed);
    const std::string bare = shell_name == "zsh" ? "zsh -f" : shell_name;
    const auto ran = shell(bare + " tests/manual/complete." + shell_name + " " + filled +
                               "/attune." + shell_name + " " + program + " < " + file,
                           directory.path().string());
    std::istringstream answers(ran.output);
    std::vector<std::string> offered;
    for (std::string line; std::getline(answers, line);) offered.push_back(line);
    if (ran.exit != 0 || offered.size() != lines.size()) {
        throw std::runtime_error("completing failed: " + ran.output);
    }
    return offered;
}

}  // namespace attune
