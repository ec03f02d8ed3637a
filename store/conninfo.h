// Builds the text a connection is opened with from what the user wrote and what we need.
#pragma once

#include <string>

#include "store/connection.h"

namespace attune {

// Keyword/value form of `database.url` with our session settings added. What the user's url
// says wins, except for the settings a statement's meaning depends on (time zone, search path,
// isolation). Throws StoreRefused 08001 when libpq cannot read the url.
std::string make_conninfo(const Database& database, SessionKind kind);

// The url without its password, for messages.
std::string describe_database(const std::string& url);

// The url as it is when it has no password, else as describe_database() has it; one that libpq
// cannot read is shown as "(not readable)", for it may hold one all the same.
std::string without_password(const std::string& url);

}  // namespace attune
