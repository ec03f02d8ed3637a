// The journal's own protocol (systemd.journal-fields(7)): a line keeps its priority, its second
// and further lines and its fields.
#pragma once

#include <string>
#include <vector>

#include <spdlog/common.h>
#include <spdlog/details/log_msg.h>

#include "daemon/log_fields.h"

namespace attune {

// Whether descriptor `fd` is the connection to journald that systemd has made for us:
// `journal_stream` is $JOURNAL_STREAM, "device:inode".
bool is_journal(const char* journal_stream, int fd);

// "PRIORITY=6", "MESSAGE=...", "MESSAGE_ID=...", "ATTUNE_SENSOR=...". Control characters come
// out as \x1b, except for newlines and tabs.
std::vector<std::string> journal_entry(const spdlog::details::log_msg& line,
                                       const LogFields* about);

// Sends lines to journald; what it does not take is written to stderr.
spdlog::sink_ptr make_journal_sink();

}  // namespace attune
