// A persistent table of one kind of catalog object, by id and by ref.
//
// Rows are shared and immutable, and stand in chunks of up to 256 by ascending id. A table made
// from another with some changes shares every chunk they do not touch, so an edit among
// 100,000 sensors copies 256 pointers. T has members `id` (an Id) and `ref`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ref.h"

namespace attune {

// One change: a new row, or nullptr for "remove the row of this id".
template <class T>
struct CatalogChange {
    decltype(T::id) id;
    std::shared_ptr<const T> row;
};
template <class T>
using CatalogChanges = std::vector<CatalogChange<T>>;

template <class T>
class CatalogTable {
public:
    using IdType = decltype(T::id);
    using Row = std::shared_ptr<const T>;

    std::size_t size() const { return size_; }

    // The row, or nullptr. Valid as long as a table that has it.
    const T* find(IdType id) const { return to_pointer(locate(id)); }
    const T* find(std::string_view ref) const { return to_pointer(locate(ref)); }
    const T* find(const Ref& ref) const { return find(std::string_view(ref.text())); }
    // The same, to be kept longer than the table.
    Row share(IdType id) const { return to_row(locate(id)); }
    Row share(std::string_view ref) const { return to_row(locate(ref)); }

    // Calls visit(const Row&) by ascending id.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& chunk : chunks_) {
            for (const Row& row : *chunk) visit(row);
        }
    }

    // This table with the changes made; of several for one id the last counts.
    CatalogTable with(CatalogChanges<T> changes) const;

private:
    static constexpr std::size_t kChunkRows = 256;
    using Chunk = std::vector<Row>;
    using RefIndex = std::vector<std::pair<std::uint64_t, IdType>>;  // hash of ref -> id

    static std::uint64_t hash(std::string_view ref) {
        return std::hash<std::string_view>{}(ref);
    }
    static const T* to_pointer(const Row* row) { return row != nullptr ? row->get() : nullptr; }
    static Row to_row(const Row* row) { return row != nullptr ? *row : nullptr; }
    const Row* locate(IdType id) const;
    const Row* locate(std::string_view ref) const;
    static void keep_last_of_each_id(CatalogChanges<T>& changes);
    std::shared_ptr<const RefIndex> index_with(const CatalogChanges<T>& changes) const;
    void append(const Chunk& rows);

    std::vector<std::shared_ptr<const Chunk>> chunks_;  // none is empty
    std::shared_ptr<const RefIndex> by_ref_ = std::make_shared<const RefIndex>();
    std::size_t size_ = 0;
};

template <class T>
const typename CatalogTable<T>::Row* CatalogTable<T>::locate(IdType id) const {
    const auto after = std::upper_bound(
        chunks_.begin(), chunks_.end(), id,
        [](IdType wanted, const auto& chunk) { return wanted < chunk->front()->id; });
    if (after == chunks_.begin()) return nullptr;
    const Chunk& chunk = **std::prev(after);
    const auto row = std::lower_bound(
        chunk.begin(), chunk.end(), id,
        [](const Row& candidate, IdType wanted) { return candidate->id < wanted; });
    return row != chunk.end() && (*row)->id == id ? &*row : nullptr;
}

template <class T>
const typename CatalogTable<T>::Row* CatalogTable<T>::locate(std::string_view ref) const {
    const std::uint64_t wanted = hash(ref);
    auto entry =
        std::lower_bound(by_ref_->begin(), by_ref_->end(), std::pair{wanted, IdType{}});
    for (; entry != by_ref_->end() && entry->first == wanted; ++entry) {
        const Row* row = locate(entry->second);
        if (row != nullptr && (*row)->ref.text() == ref) return row;
    }
    return nullptr;
}

template <class T>
CatalogTable<T> CatalogTable<T>::with(CatalogChanges<T> changes) const {
    if (changes.empty()) return *this;
    keep_last_of_each_id(changes);
    CatalogTable next;
    next.by_ref_ = index_with(changes);

    // Each chunk takes the changes up to where the next chunk begins.
    auto change = changes.cbegin();
    const auto merge = [&](const Chunk* rows, auto end) {
        Chunk merged;
        auto row = rows != nullptr ? rows->begin() : typename Chunk::const_iterator{};
        const auto rows_end = rows != nullptr ? rows->end() : row;
        for (; change != end; ++change) {
            for (; row != rows_end && (*row)->id < change->id; ++row) merged.push_back(*row);
            if (row != rows_end && (*row)->id == change->id) ++row;
            if (change->row != nullptr) merged.push_back(change->row);
        }
        merged.insert(merged.end(), row, rows_end);
        next.append(merged);
    };
    for (std::size_t n = 0; n < chunks_.size(); ++n) {
        const bool last = n + 1 == chunks_.size();
        const auto end =
            last ? changes.cend()
                 : std::lower_bound(change, changes.cend(), chunks_[n + 1]->front()->id,
                                    [](const CatalogChange<T>& candidate, IdType first) {
                                        return candidate.id < first;
                                    });
        if (change == end) {
            next.chunks_.push_back(chunks_[n]);
            next.size_ += chunks_[n]->size();
        } else {
            merge(chunks_[n].get(), end);
        }
    }
    if (chunks_.empty()) merge(nullptr, changes.cend());
    return next;
}

template <class T>
void CatalogTable<T>::keep_last_of_each_id(CatalogChanges<T>& changes) {
    std::stable_sort(changes.begin(), changes.end(),
                     [](const auto& a, const auto& b) { return a.id < b.id; });
    const auto first_kept =
        std::unique(changes.rbegin(), changes.rend(),
                    [](const auto& a, const auto& b) { return a.id == b.id; });
    changes.erase(changes.begin(), first_kept.base());
}

template <class T>
std::shared_ptr<const typename CatalogTable<T>::RefIndex> CatalogTable<T>::index_with(
    const CatalogChanges<T>& changes) const {
    RefIndex gone;
    RefIndex added;
    for (const CatalogChange<T>& change : changes) {
        const T* old = find(change.id);
        if (old != nullptr && change.row != nullptr && old->ref == change.row->ref) continue;
        if (old != nullptr) gone.emplace_back(hash(old->ref.text()), change.id);
        if (change.row != nullptr) added.emplace_back(hash(change.row->ref.text()), change.id);
    }
    if (gone.empty() && added.empty()) return by_ref_;
    std::sort(gone.begin(), gone.end());
    std::sort(added.begin(), added.end());
    RefIndex kept;
    kept.reserve(by_ref_->size() + added.size());
    std::set_difference(by_ref_->begin(), by_ref_->end(), gone.begin(), gone.end(),
                        std::back_inserter(kept));
    auto index = std::make_shared<RefIndex>();
    index->reserve(kept.size() + added.size());
    std::merge(kept.begin(), kept.end(), added.begin(), added.end(),
               std::back_inserter(*index));
    return index;
}

template <class T>
void CatalogTable<T>::append(const Chunk& rows) {
    for (std::size_t at = 0; at < rows.size(); at += kChunkRows) {
        const auto from = rows.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(kChunkRows, rows.size() - at);
        chunks_.push_back(
            std::make_shared<const Chunk>(from, from + static_cast<std::ptrdiff_t>(count)));
    }
    size_ += rows.size();
}

}  // namespace attune
