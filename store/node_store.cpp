#include "store/node_store.h"

#include <fmt/format.h>

#include "store/errors.h"
#include "store/locks.h"
#include "store/lost_claims.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr Statement kOtherAlive{"other_node_alive", R"sql(
SELECT name, hostname, pid, to_char(lease_until, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM node
WHERE name <> $1 AND left_at IS NULL AND lease_until > now()
ORDER BY incarnation DESC LIMIT 1)sql"};

// The lock on the state directory proved the earlier lives of this node dead, and whoever else
// is not alive has let its lease run out.
constexpr Statement kBuryDead{"bury_dead",
                              "UPDATE node SET left_at = now() WHERE left_at IS NULL"};

constexpr Statement kJoin{"join_node", R"sql(
INSERT INTO node (name, hostname, boot_id, version, pid, lease_until)
VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 microsecond')
RETURNING incarnation)sql"};

constexpr Statement kRenew{"renew_lease", R"sql(
UPDATE node SET lease_until = now() + $2 * interval '1 microsecond'
WHERE incarnation = $1 AND left_at IS NULL)sql"};

constexpr Statement kLeave{"leave_node",
                           "UPDATE node SET left_at = now()"
                           " WHERE incarnation = $1 AND left_at IS NULL"};

constexpr Statement kEarlier{"earlier_lives", R"sql(
SELECT incarnation FROM node WHERE incarnation < $1 AND left_at IS NOT NULL)sql"};

constexpr Statement kLeftProcesses{"left_processes", R"sql(
SELECT id, micros(scheduled_at), claim_pgid, claim_pid_started, claim_boot_id
FROM execution
WHERE state IN ('running', 'cancelling') AND claim_pgid IS NOT NULL
  AND claim_incarnation = ANY ($1::int8[]))sql"};

constexpr Statement kNodes{"nodes", R"sql(
SELECT incarnation, name, hostname, boot_id, version, pid, micros(joined_at),
       micros(lease_until), left_at IS NOT NULL, left_at IS NULL AND lease_until > now()
FROM node ORDER BY incarnation DESC LIMIT $1)sql"};

constexpr Statement kAlive{"node_alive", R"sql(
SELECT incarnation, name, hostname, boot_id, version, pid, micros(joined_at),
       micros(lease_until), false, true
FROM node WHERE left_at IS NULL AND lease_until > now() ORDER BY incarnation DESC LIMIT 1)sql"};

NodeStore::Node read_node(const Row& row) {
    return {.incarnation = IncarnationId{row.number(0)},
            .identity = {.name = row.string(1),
                         .hostname = row.string(2),
                         .boot_id = row.string(3),
                         .version = row.string(4),
                         .pid = static_cast<int>(row.number(5))},
            .joined_at = row.moment(6),
            .lease_until = row.moment(7),
            .left = row.truth(8),
            .alive = row.truth(9)};
}

std::vector<IncarnationId> earlier_lives(Session& session, IncarnationId incarnation) {
    std::vector<IncarnationId> earlier;
    const auto rows = session.run(kEarlier, Params().add(incarnation.value));
    earlier.reserve(static_cast<std::size_t>(rows.size()));
    for (int n = 0; n < rows.size(); ++n) earlier.push_back(IncarnationId{rows[n].number(0)});
    return earlier;
}

}  // namespace

NodeStore::NodeStore(Database database) : connection_(std::move(database)) {}

NodeStore::~NodeStore() = default;

IncarnationId NodeStore::join(const NodeIdentity& identity, Duration lease) {
    IncarnationId incarnation;
    connection_.transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kNodeLock));
        const auto other = session.run(kOtherAlive, Params().add(identity.name));
        if (!other.empty()) {
            throw SecondNode(fmt::format(
                "node {} (pid {} on {}) is alive on this database, until {} at least; stop it"
                " first, or give this one a database of its own",
                other[0].text(0), other[0].text(2), other[0].text(1), other[0].text(3)));
        }
        session.run(kBuryDead);
        incarnation.value = session
                                .run(kJoin, Params()
                                                .add(identity.name)
                                                .add(identity.hostname)
                                                .add(identity.boot_id)
                                                .add(identity.version)
                                                .add(identity.pid)
                                                .add(lease.count()))
                                .only()
                                .number(0);
    });
    return incarnation;
}

bool NodeStore::renew(IncarnationId incarnation, Duration lease) {
    bool alive = false;
    connection_.transact([&](Session& session) {
        alive = session.run(kRenew, Params().add(incarnation.value).add(lease.count()))
                    .affected() == 1;
    });
    return alive;
}

void NodeStore::leave(IncarnationId incarnation) {
    connection_.transact([incarnation](Session& session) {
        session.run(kLeave, Params().add(incarnation.value));
    });
}

std::vector<LeftProcess> NodeStore::left_processes(IncarnationId incarnation) {
    std::vector<LeftProcess> left;
    connection_.read([&](Session& session) {
        ArrayText earlier;
        for (const auto life : earlier_lives(session, incarnation)) earlier.add(life.value);
        const auto rows = session.run(kLeftProcesses, Params().add(earlier.take()));
        for (int n = 0; n < rows.size(); ++n) {
            const auto row = rows[n];
            left.push_back({.key = {ExecutionId{row.number(0)}, row.moment(1)},
                            .process = {.group = static_cast<int>(row.number(2)),
                                        .started_ticks = row.number(3),
                                        .boot_id = row.string(4)}});
        }
    });
    return left;
}

Recovery NodeStore::recover(IncarnationId incarnation, TimePoint now) {
    return recover_some(incarnation, false, now);
}

Recovery NodeStore::recover_unstarted(IncarnationId incarnation, TimePoint now) {
    return recover_some(incarnation, true, now);
}

Recovery NodeStore::recover_some(IncarnationId incarnation, bool unstarted_only,
                                 TimePoint now) {
    Recovery recovery;
    connection_.transact([&](Session& session) {
        const auto lost =
            lose_claims(session, {.incarnations = earlier_lives(session, incarnation),
                                  .unstarted_only = unstarted_only,
                                  .now = now});
        recovery = {.requested = lost.requested,
                    .abandoned = lost.abandoned,
                    .cancelled = lost.cancelled};
    });
    return recovery;
}

std::vector<NodeStore::Node> NodeStore::nodes(int limit) {
    std::vector<Node> nodes;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kNodes, Params().add(limit));
        nodes.reserve(static_cast<std::size_t>(rows.size()));
        for (int n = 0; n < rows.size(); ++n) nodes.push_back(read_node(rows[n]));
    });
    return nodes;
}

std::optional<NodeStore::Node> NodeStore::alive() {
    std::optional<Node> node;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kAlive);
        if (!rows.empty()) node = read_node(rows[0]);
    });
    return node;
}

}  // namespace attune
