// Brings a database to the schema this binary knows: numbered, forward-only, all embedded.
//
// Each migration runs in a transaction of its own under an advisory lock, so several daemons
// may start at once. What was applied is remembered with its checksum. A database with the
// seed's tables and none of our bookkeeping is adopted and converted.
#pragma once

#include <string>
#include <vector>

#include "store/connection.h"

namespace attune {

struct Migrated {
    int from = 0;          // version found; 0: empty database
    int through = 0;       // version now
    bool adopted = false;  // found the seed's tables
};

// Throws SchemaTooNew when the database is ahead of this binary, SchemaRefused when it holds
// something the chain cannot convert or an applied migration had another text.
Migrated migrate(const Database& database);

// The same up to and including `version` (1 ..): tests look at the chain's middle.
Migrated migrate_through(const Database& database, int version);

// The newest version this binary knows.
int newest_schema_version();

// Throws SchemaTooNew, or SchemaRefused when the schema is older or there is none: for programs
// that leave migrating to a daemon.
void require_schema(const Database& database);

}  // namespace attune
