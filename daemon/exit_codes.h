// What attuned exits with; sysexits.h where it has a word for it. Never because the database is
// away: that is waited for.
#pragma once

namespace attune::exit_code {

inline constexpr int kOk = 0;
inline constexpr int kUsage = 64;         // the command line
inline constexpr int kSchemaTooNew = 65;  // the database was migrated by a newer attune
inline constexpr int kBug = 70;           // a broken promise of ours
inline constexpr int kSuperseded = 75;    // another daemon has declared this one dead
inline constexpr int kPermission = 77;    // a directory or socket that may not be used
inline constexpr int kConfig = 78;        // configuration, or a second daemon where one may be

}  // namespace attune::exit_code
