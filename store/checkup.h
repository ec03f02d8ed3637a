// What a database tells about itself and about the work in it, for whoever looks for what is
// wrong: one look, read only, nothing judged. Asks nothing that needs more rights than the
// daemon's role has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "store/connection.h"

namespace attune {

struct ServerCheckup {
    int version = 0;           // server_version_num, 150008
    std::string version_text;  // "15.8 (Debian ...)"
    std::string database;      // its name
    std::string role;          // current_user
    std::string encoding;      // of the database
    std::string fsync, full_page_writes, synchronous_commit, autovacuum;
    std::int64_t connections = 0;       // clients there are, of every database
    std::int64_t most_connections = 0;  // for others than superusers
    bool in_recovery = false;
    bool read_only = false;  // default_transaction_read_only
    bool local = false;      // connected through a unix socket
    bool encrypted = false;  // TLS
    TimePoint now;
    std::string data_directory;  // empty: the role may not see it

    bool has_schema = false;  // attune.schema_migration is there
    int schema_version = 0;   // 0: empty, or not visible to the role
    // What keeps the role from working there: "CREATE on database x", "table attune.event".
    std::vector<std::string> missing_rights;
};

struct LedgerCheckup {
    int days_ahead = 0;  // whole days from today on that have partitions, at most 14

    struct Faulted {
        std::string sensor;
        std::string why;
    };
    std::vector<Faulted> faulted;  // sensors, at most 20
    std::int64_t faulted_count = 0;
    std::int64_t armed = 0;
    std::int64_t overdue = 0;  // armed timers whose next instant passed a minute ago

    std::int64_t ready = 0;                 // executions that could run; counted up to 100,000
    std::optional<TimePoint> oldest_ready;  // since when
    std::int64_t orphaned = 0;  // claims of daemons whose lease is over or who have left
    // Executions of the last day; nullopt: the ledger is too large to look through in time.
    std::optional<std::int64_t> abandoned;

    struct Node {
        std::string name;
        std::string hostname;
        std::string version;
    };
    std::vector<Node> alive;
};

// Throws what store/errors.h lists.
ServerCheckup examine_server(const Database& database);

// Requires the newest schema; `now`: the program's clock, which instants are compared with.
LedgerCheckup examine_ledger(const Database& database, TimePoint now);

}  // namespace attune
