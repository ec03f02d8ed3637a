// The database itself, for commands that are given --database URL and ask no daemon.
#pragma once

#include <functional>
#include <string>

#include "cli/command.h"
#include "store/connection.h"

namespace attune {

// The database of --database; `application` is shown in pg_stat_activity. Throws CommandFailed
// when it cannot be reached, or when its schema is missing, older or newer than what this
// program knows: migrating it is a daemon's to do, and never a side effect of looking.
Database open_database(const Given& given, const std::string& application);

// Runs `work`. What the database does to it becomes CommandFailed with a remedy:
// kExitUnreachable when it is away, kExitFailed when it refuses.
void with_database(const std::function<void()>& work);

}  // namespace attune
