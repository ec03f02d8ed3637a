// What attuned exits with; sysexits.h where it has a word for it. Never because the database is
// away: that is waited for.
#pragma once

#include <array>

#include "core/exit_meaning.h"

namespace attune::exit_code {

inline constexpr int kOk = 0;
inline constexpr int kUsage = 64;         // the command line
inline constexpr int kSchemaTooNew = 65;  // the database was migrated by a newer attune
inline constexpr int kBug = 70;           // a broken promise of ours
inline constexpr int kSuperseded = 75;    // another daemon has declared this one dead
inline constexpr int kPermission = 77;    // a directory or socket that may not be used
inline constexpr int kConfig = 78;        // configuration, or a second daemon where one may be

// As the manual tells them: of attuned, and of attune-runner.
inline constexpr std::array kMeanings = {
    ExitMeaning{kOk, "it was told to stop, or printed what was asked for"},
    ExitMeaning{kUsage, "the command line is wrong"},
    ExitMeaning{kSchemaTooNew, "the database was migrated by a newer attune"},
    ExitMeaning{kBug, "a broken promise of attune itself: please report it"},
    ExitMeaning{kSuperseded, "another daemon of the same node has declared this one dead"},
    ExitMeaning{kPermission, "a directory or socket may not be used"},
    ExitMeaning{kConfig,
                "the configuration cannot work, or another daemon has this one's place"}};
inline constexpr std::array kRunnerMeanings = {
    ExitMeaning{kOk,
                "it was told to stop, made room for a newer program, or printed what was "
                "asked for"},
    ExitMeaning{kUsage, "the command line is wrong"},
    ExitMeaning{kBug, "a broken promise of attune itself: please report it"},
    ExitMeaning{kPermission, "a directory or socket may not be used"},
    ExitMeaning{kConfig,
                "the socket, the directory or the user cannot be used, or another "
                "runner uses them"}};

}  // namespace attune::exit_code
