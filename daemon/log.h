// The daemon's log: one logger, made by main() and handed down.
//
// A line says what happened and what happens next. debug: every execution; info: what an
// operator wants to have seen; warn: it goes on, but look; error: something is not done.
#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>

namespace attune {

using Log = spdlog::logger;

enum class LogStyle {
    kTerminal,  // "12:00:00.250 warn  ...", local time
    kJournal,   // "<4>...": the syslog priority that journald takes off again (sd-daemon(3))
};

// Writes to the journal when stderr leads there (daemon/journal_sink.h), else to stderr, in the
// style of a terminal when it is one. `level`: debug, info, warn, error.
std::shared_ptr<Log> make_log(const std::string& level);

// The same to anywhere. What is logged may quote what strangers wrote: control characters come
// out as \x1b, and the second and further lines of a message are indented and keep the
// priority, so that nobody can forge a line.
std::shared_ptr<Log> make_log(const std::string& level, LogStyle style, spdlog::sink_ptr sink);

// syslog(3): LOG_CRIT 2, LOG_ERR 3, LOG_WARNING 4, LOG_INFO 6, LOG_DEBUG 7.
int syslog_priority(spdlog::level::level_enum level);

// Of what a log must not pass on to a terminal as it is.
inline bool is_control(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

}  // namespace attune
