// The work that is under way, from its rows.
#include <fmt/format.h>

#include "cli/doctor/check.h"
#include "cli/output.h"

namespace attune::doctor {
namespace {

constexpr Duration kLate = std::chrono::minutes(1);
constexpr Duration kStuck = std::chrono::minutes(10);

// Two nodes that live on one database are one too many.
Finding node(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto& alive = facts.ledger->alive;
    if (alive.empty()) return warning("no daemon lives on this database");
    if (!facts.config) return skipped(facts.config.error());
    const auto& first = alive.front();
    const auto seen = fmt::format("node {} on {}", first.name, first.hostname);
    if (first.name != facts.config->node || alive.size() > 1) {
        return problem(
            fmt::format("{} lives on it, this one is node {}", seen, facts.config->node));
    }
    return ok(seen);
}

Finding sensors(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto& ledger = *facts.ledger;
    if (ledger.faulted_count == 0) {
        return ok(fmt::format("{} timers armed, none faulted", ledger.armed));
    }
    const auto& first = ledger.faulted.front();
    return problem(
        fmt::format("{} faulted, {}: {}", ledger.faulted_count, first.sensor, first.why),
        {{"SENSOR", first.sensor}});
}

Finding timers(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto overdue = facts.ledger->overdue;
    if (overdue > 0)
        return problem(fmt::format("{} timers are late by more than 1 m", overdue));
    return ok("none is late");
}

Finding backlog(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto& ledger = *facts.ledger;
    if (!ledger.oldest_ready) return ok("nothing waits");
    const auto age = facts.now - *ledger.oldest_ready;
    const auto seen = fmt::format(
        "{} executions wait, the oldest for {}", ledger.ready,
        format_duration(std::chrono::floor<std::chrono::seconds>(std::max(age, Duration(0)))));
    if (age > kStuck) return problem(seen);
    if (age > kLate) return warning(seen);
    return ok(seen);
}

Finding orphans(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    if (facts.ledger->orphaned > 0) {
        return warning(
            fmt::format("{} executions are claimed by a daemon that is gone; the next "
                        "to start takes them on",
                        facts.ledger->orphaned));
    }
    return ok("every claim has a daemon");
}

Finding abandoned(const Facts& facts) {
    if (!facts.ledger) return skipped(facts.ledger.error());
    const auto abandoned = facts.ledger->abandoned;
    if (!abandoned) return skipped("the ledger is too large to look through in time");
    if (*abandoned > 0) {
        return warning(
            fmt::format("{} executions were abandoned within a day: each was lost three times",
                        *abandoned));
    }
    return ok("none within a day");
}

}  // namespace

void add_work_checks(std::vector<Check>& checks) {
    checks.push_back({"work.node", "the one daemon that lives on the database is this one",
                      "systemctl start attuned", node});
    checks.push_back(
        {"work.sensors", "no sensor is faulted", "attune describe sensor SENSOR", sensors});
    checks.push_back({"work.timers", "no armed timer is late",
                      "journalctl -u attuned -p warning -x -n 50", timers});
    checks.push_back({"work.backlog", "how long executions wait for a slot",
                      "attune executions --state running", backlog});
    checks.push_back({"work.orphans", "no execution is claimed by a daemon that is gone",
                      "systemctl start attuned", orphans});
    checks.push_back({"work.abandoned", "no execution was abandoned lately",
                      "attune executions --state abandoned", abandoned});
}

}  // namespace attune::doctor
