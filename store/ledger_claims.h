// What the statements about claims share: the columns they are given and what they return.
// Private to ledger*.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "store/ledger.h"
#include "store/ledger_days.h"
#include "store/session.h"

namespace attune {

// Positions of `items`, by the day that each is about.
template <class Item>
std::map<TimePoint, std::vector<std::size_t>> by_day(std::span<const Item> items) {
    std::map<TimePoint, std::vector<std::size_t>> days;
    for (std::size_t n = 0; n < items.size(); ++n) {
        days[day_of(items[n].key.scheduled_at)].push_back(n);
    }
    return days;
}

// Claims of one day as $1..$4: their positions, ids, moments and tokens.
template <class Item>
Params claims_of(std::span<const Item> items, const std::vector<std::size_t>& positions) {
    ArrayText position;
    ArrayText id;
    ArrayText scheduled;
    ArrayText token;
    for (const auto n : positions) {
        position.add(static_cast<std::int64_t>(n));
        id.add(items[n].key.id.value);
        scheduled.add(items[n].key.scheduled_at);
        token.add_word(to_string(items[n].token));
    }
    return Params().add(position.take()).add(id.take()).add(scheduled.take()).add(token.take());
}

// Sets the flag at each position that a statement returned in its first column.
void add_flags(const Rows& rows, std::vector<bool>& flags);

// The columns that claim_ready returns. Without a token: one of zeros.
ClaimedExecution read_claimed(const Row& row);

}  // namespace attune
