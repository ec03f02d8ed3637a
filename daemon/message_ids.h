// The MESSAGE_ID of each kind of line that an administrator may want to find, or have explained
// (journalctl -x): packaging/systemd/attune.catalog has a text for every one, which a test
// holds us to. Ids never change their meaning.
#pragma once

namespace attune::message_id {

inline constexpr const char* kStarted = "06830a94485b481697257690153dfeac";
inline constexpr const char* kStopped = "b7e21e3600cc437fa8e5321039ebe266";
inline constexpr const char* kDatabaseSilent = "3b0c63ce6916470395eebc9d521678f7";
inline constexpr const char* kDatabaseBack = "687b6e878e1149a584e12d0447cd2978";
inline constexpr const char* kSourceApplied = "e0a19181e7314fe98d4394715ef656ba";
inline constexpr const char* kSourceTrouble = "fdfde59627fd4ba4bc347aa3488f0acb";
inline constexpr const char* kSourceFinding = "1b47a6f3f5af4d0a9a257704e4f1ecda";
inline constexpr const char* kTimerStarted = "fdb6fc15d39742f79601b137c6a9c355";
inline constexpr const char* kSensorFaulted = "2f3a7fe38fe54349877137fcd4ae53bb";
inline constexpr const char* kPaused = "ca7b2abdbf03437c994c50b156168b95";
inline constexpr const char* kResumed = "ec7700bdf72d473c94aceb637a109da3";
inline constexpr const char* kHostSkipped = "13352f33e58e4ff18c87e865b5c595e5";
inline constexpr const char* kExecutionFailed = "807a79a22cf547d79be74f9d5fcbd6eb";
inline constexpr const char* kExecutionSucceeded = "b8daf14c0eee4072a9d2b44050ed0b69";
inline constexpr const char* kExecutionCancelled = "075370754a6f4fe1bd2e5c056611993f";
inline constexpr const char* kEarlierLifeCut = "21a60a0406cd4a23b84a699d8d9288d1";
inline constexpr const char* kLoopHangs = "457c75641d91457f9d88df899b4c3f47";
inline constexpr const char* kSuperseded = "51d7781e6378488d9e5a2fbbeaab1b78";

}  // namespace attune::message_id
