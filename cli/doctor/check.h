// The checks of `attune doctor`, as data: what each looks at, how it is made good, and a pure
// function that judges what was found. docs/commands.md lists them; a test compares.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/doctor/facts.h"

namespace attune::doctor {

enum class Verdict {
    kOk,
    kWarning,  // works, and may not for long, or not as one would like
    kProblem,  // does not work
    kSkipped,  // cannot be looked at, or does not apply here
};

// "ok", "warning", "problem", "skipped"
std::string to_string(Verdict verdict);

struct Finding {
    Verdict verdict = Verdict::kOk;
    std::string seen;  // what was looked at and how it is; of a skipped one why
    // What stands for the words in capitals of the check's remedy, "FILE".
    std::map<std::string, std::string> names = {};
    std::string remedy = {};  // instead of the check's
};

struct Check {
    std::string id;        // "database.schema"; stable
    std::string looks_at;  // one line
    std::string remedy;    // commands to type; words in capitals stand for names
    Finding (*judge)(const Facts& facts) = nullptr;
};

// All of them, in the order they are shown.
std::span<const Check> checks();

// The remedy with names in it; empty when there is nothing to remedy.
std::string remedy_of(const Check& check, const Finding& finding);

inline Finding ok(std::string seen) { return {Verdict::kOk, std::move(seen)}; }
inline Finding skipped(std::string why) { return {Verdict::kSkipped, std::move(why)}; }
inline Finding warning(std::string seen, std::map<std::string, std::string> names = {}) {
    return {Verdict::kWarning, std::move(seen), std::move(names)};
}
inline Finding problem(std::string seen, std::map<std::string, std::string> names = {}) {
    return {Verdict::kProblem, std::move(seen), std::move(names)};
}

// Where they come from: each file adds its own.
void add_host_checks(std::vector<Check>& checks);
void add_disk_checks(std::vector<Check>& checks);
void add_settings_checks(std::vector<Check>& checks);
void add_unit_checks(std::vector<Check>& checks);
void add_daemon_checks(std::vector<Check>& checks);
void add_source_checks(std::vector<Check>& checks);
void add_database_checks(std::vector<Check>& checks);
void add_work_checks(std::vector<Check>& checks);

}  // namespace attune::doctor
