// The daemon's log: one logger, made by main() and handed down.
//
// A line says what happened and what happens next. debug: every fire; info: what an operator
// wants to have seen; warn: it goes on, but look; error: something is not done.
#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>

namespace attune {

using Log = spdlog::logger;

// Writes to stderr: with time and level on a terminal; else with the syslog priority "<6>" in
// front that journald takes off again (sd-daemon(3)). `level`: debug, info, warn, error.
std::shared_ptr<Log> make_log(const std::string& level);

}  // namespace attune
