#include "store/ledger.h"

#include <set>
#include <string_view>

#include <fmt/format.h>

#include "store/ledger_days.h"
#include "store/ledger_parts.h"
#include "store/locks.h"
#include "store/session.h"

namespace attune {

// One round trip, with the BEGIN it goes with. The second statement has a snapshot of its own,
// taken when the lock is held, so no change can commit between it and what is recorded.
Generation lock_catalog(Session& session) {
    static const std::string kLock = fmt::format(
        "SELECT pg_advisory_xact_lock_shared({}); SELECT generation FROM config_state",
        kCatalogLock);
    return Generation{session.run(kLock).only().number(0)};
}

Ledger::Ledger(Database database)
    : connection_(std::move(database), SessionKind::kHot),
      days_(std::make_unique<LedgerDays>()) {}

Ledger::~Ledger() = default;

IdBlock Ledger::draw_ids() {
    static constexpr Statement kDraw{"draw_ids", "SELECT nextval('ledger_id')"};
    IdBlock block{.first = 0, .count = kIdsPerBlock};
    connection_.transact(
        [&block](Session& session) { block.first = session.run(kDraw).only().number(0); });
    return block;
}

void Ledger::write(const std::set<TimePoint>& days, const std::function<void(Session&)>& body) {
    on_days(days, [&] { connection_.transact(body); });
}

void Ledger::on_days(const std::set<TimePoint>& days, const std::function<void()>& work) {
    days_->make(connection_, days);
    try {
        work();
    } catch (const StoreRefused& refusal) {
        if (!misses_a_day(refusal, days)) throw;
        throw StoreConflict(refusal.what());
    }
}

// 42P01: there is no such table. 23514 says the same of a row without a partition, and of any
// other check; its words depend on the server's language, so the days are looked for.
bool Ledger::misses_a_day(const StoreRefused& refusal, const std::set<TimePoint>& days) {
    if (refusal.sqlstate() != "42P01" && refusal.sqlstate() != "23514") return false;
    days_->forget();
    bool missing = refusal.sqlstate() == "42P01";
    connection_.read([&](Session& session) {
        for (const auto day : days) missing = !days_->has(session, day) || missing;
    });
    return missing;
}

Recorded Ledger::record(Generation evaluated_at, ClaimOwner owner,
                        std::span<const Entry> entries,
                        std::span<const Completion> completions) {
    std::set<TimePoint> days;
    for (const auto& entry : entries) {
        if (entry.event) days.insert(day_of(entry.event->scheduled_at));
    }

    Recorded recorded;
    write(days, [&](Session& session) {
        recorded.current = lock_catalog(session);
        recorded.moved = recorded.current != evaluated_at;
        if (!recorded.moved) {
            recorded.entries.assign(entries.size(), Fate::kVoid);
            recorded.existing.assign(entries.size(), Existing{});
            record_decisions(session, evaluated_at, owner, entries, recorded);
            record_accepted(session, evaluated_at, owner, entries, recorded);
        }
        recorded.completions = complete_in(session, completions);
    });
    return recorded;
}

}  // namespace attune
