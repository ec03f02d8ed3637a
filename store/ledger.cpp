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

void Ledger::write(const std::function<void(Session&)>& body) {
    on_days([&] { connection_.transact(body); });
}

void Ledger::on_days(const std::function<void()>& work) {
    try {
        work();
    } catch (const StoreRefused& refusal) {
        const bool no_partition =
            refusal.sqlstate() == "42P01" ||
            (refusal.sqlstate() == "23514" &&
             std::string_view(refusal.what()).find("no partition") != std::string_view::npos);
        if (!no_partition) throw;
        days_->forget();
        throw StoreConflict(refusal.what());
    }
}

Recorded Ledger::record(Generation evaluated_at, ClaimOwner owner,
                        std::span<const Entry> entries,
                        std::span<const Completion> completions) {
    std::set<TimePoint> days;
    for (const auto& entry : entries) {
        if (entry.event) days.insert(day_of(entry.event->scheduled_at));
    }
    days_->make(connection_, days);

    Recorded recorded;
    write([&](Session& session) {
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
