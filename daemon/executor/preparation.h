// From work to what the ledger records: events with their payloads, every rule's answer, ids
// and claims. Reads the catalog, writes nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/catalog.h"
#include "core/evaluate.h"
#include "core/zone_source.h"
#include "daemon/executor/id_pool.h"
#include "daemon/executor/timer_payloads.h"
#include "daemon/executor/work.h"
#include "daemon/slots.h"
#include "store/ledger.h"
#include "store/upkeep.h"

namespace attune {

// One piece of work, and what goes with the entry that is written for it.
struct Prepared {
    Work work;
    std::vector<RuleCount> counts;  // to be added once it is recorded
    std::string refusal;            // not empty: there is nothing to record, and why
    std::vector<SlotLease> slots;   // for each answer one, empty where none is needed
};

// What goes into one transaction: entries[i] is written for prepared[i].
struct Batch {
    std::vector<Entry> entries;
    std::vector<Prepared> prepared;

    std::size_t size() const { return entries.size(); }
    bool empty() const { return entries.empty(); }
};

class Preparation {
public:
    Preparation(IdPool& ids, Slots& slots, const ZoneSource& zones)
        : ids_(ids), slots_(slots), payloads_(zones) {}

    // `claim_processes`: whether free slots may be used at birth (not while older work waits).
    // Requires one id reserved. Answers get theirs from number().
    Prepared prepare(const Catalog& catalog, Work work, bool claim_processes, TimePoint now,
                     Entry& entry);

    // Gives every answer of the batch its ids. Throws StoreError.
    void number(Batch& batch);

    // An execution of `action` without an id yet, claimed at once when it may be: a process
    // then with `slot`.
    NewExecution birth(const CatalogAction& action, std::string params, std::string key,
                       bool claim_processes, TimePoint now, SlotLease& slot);

private:
    bool describe_event(const Catalog& catalog, Prepared& prepared, TimePoint now,
                        Entry& entry);
    void answer(const Catalog& catalog, Prepared& prepared, bool claim_processes, TimePoint now,
                Entry& entry);

    IdPool& ids_;
    Slots& slots_;
    TimerPayloads payloads_;
};

}  // namespace attune
