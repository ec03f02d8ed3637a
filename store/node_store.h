// Who is alive on this database, and what the dead left behind.
//
// A node is one installation (one state directory); an incarnation is one life of its daemon.
// Claims carry the incarnation. The caller holds a lock on its state directory, which proves
// its node's earlier incarnations dead; other nodes (a host that was renamed, a container that
// was made anew) are dead when their lease is over. A lease is measured by the database's clock
// alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "store/connection.h"
#include "store/ledger.h"

namespace attune {

struct NodeIdentity {
    std::string name;  // stays the same over restarts; unique among nodes
    std::string hostname;
    std::string boot_id;
    std::string version;  // of attune
    int pid = 0;
};

// A process that an earlier life of this node had started and that may still run. It is that
// process only while its boot id and start time agree.
struct LeftProcess {
    ExecutionKey key;
    ProcessMark process;
};

struct Recovery {
    int requested = 0;  // to be run again, as the next attempt
    int abandoned = 0;  // lost limits::kLossesUntilAbandoned times
    int cancelled = 0;  // somebody had asked for it
};

class NodeStore {
public:
    explicit NodeStore(Database database);
    ~NodeStore();

    // Begins a life: its number. Throws SecondNode when another node's lease is not over and it
    // has not left; the message names it and says until when.
    IncarnationId join(const NodeIdentity& identity, Duration lease);

    // Prolongs the lease to now + `lease`. false: this incarnation was declared dead; stop.
    bool renew(IncarnationId incarnation, Duration lease);

    // Ends a life in good order: others need not wait for its lease.
    void leave(IncarnationId incarnation);

    // Processes of claims that dead lives hold. Kill their groups, as far as they are of this
    // boot, before recover().
    std::vector<LeftProcess> left_processes(IncarnationId incarnation);

    // Gives back what dead lives hold, of whatever node. Each such claim is a lost attempt,
    // also one that was never started: whatever kills its daemon must not do so for ever. The
    // third loss abandons the execution.
    Recovery recover(IncarnationId incarnation, TimePoint now);
    // That, only for claims whose process was never let go.
    Recovery recover_unstarted(IncarnationId incarnation, TimePoint now);

    struct Node {
        IncarnationId incarnation;
        NodeIdentity identity;
        TimePoint joined_at;
        TimePoint lease_until;
        bool left = false;
        bool alive = false;  // by the database's clock
    };

    // Incarnations, newest first.
    std::vector<Node> nodes(int limit);

    // A node whose lease is not over and that has not left: whoever writes the catalog beside
    // it would be undone by it. nullopt: nobody lives on this database.
    std::optional<Node> alive();

private:
    Recovery recover_some(IncarnationId incarnation, bool unstarted_only, TimePoint now);

    Connection connection_;
};

}  // namespace attune
