// Ids for rows not yet written, drawn from the database a block at a time.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>

#include "store/ledger.h"

namespace attune {

class IdPool {
public:
    explicit IdPool(Ledger& ledger) : ledger_(ledger) {}

    // Makes the next `count` calls of next() possible. Throws StoreError.
    void reserve(std::size_t count) {
        while (left_ < count) {
            blocks_.push_back(ledger_.draw_ids());
            left_ += static_cast<std::size_t>(blocks_.back().count);
        }
    }

    // Requires that enough was reserved.
    std::int64_t next() {
        assert(left_ > 0);
        --left_;
        auto& block = blocks_.front();
        const auto id = block.first++;
        if (--block.count == 0) blocks_.pop_front();
        return id;
    }

private:
    Ledger& ledger_;
    std::deque<IdBlock> blocks_;
    std::size_t left_ = 0;
};

}  // namespace attune
