#include "daemon/sensor/journal_follower.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace attune {

JournalFollower::JournalFollower(SensorId sensor, JournalSpec spec,
                                 const std::string& directory,
                                 const std::optional<JournalPosition>& from)
    : sensor_(sensor),
      spec_(std::move(spec)),
      fields_(journal_fields(spec_)),
      reader_(directory, spec_.terms) {
    if (from) {
        position_ = *from;
    } else {
        position_.cursor = reader_.end();
    }
    read_ = position_;
    go_to(position_.cursor);
}

void JournalFollower::go_to(const std::string& cursor) {
    if (reader_.seek(cursor) || cursor == gone_) return;
    gone_ = cursor;
    // What was there cannot be counted.
    skips_.push_back({.sensor = sensor_,
                      .reason = HostSkipReason::kVacuumed,
                      .count = std::nullopt,
                      .since = std::nullopt,
                      .through = std::nullopt,
                      .detail = "the entry of " + cursor + " is gone"});
}

std::optional<JournalFollower::Handed> JournalFollower::next() {
    for (int n = 0; n < kEntriesAtOnce; ++n) {
        const auto entry = reader_.next(fields_);
        may_have_more_ = entry.has_value();
        if (!entry) return std::nullopt;
        read_.cursor = entry->cursor;
        if (!read_.window.admit(entry->at, spec_.limit)) {
            skip(*entry);
            continue;
        }
        Handed handed{.number = ++last_number_,
                      .key = entry->cursor,
                      .payload = journal_payload(spec_, *entry, read_.skipped)};
        read_.skipped = 0;
        passages_.push_back({.after = read_,
                             .number = handed.number,
                             .is_settled = false,
                             .at = entry->at,
                             .skip = std::nullopt});
        return handed;
    }
    return std::nullopt;
}

void JournalFollower::skip(const JournalEntry& entry) {
    ++read_.skipped;
    if (passages_.empty() || passages_.back().number != 0) {
        passages_.push_back({.after = {},
                             .number = 0,
                             .is_settled = true,
                             .at = entry.at,
                             .skip = HostSkip{.sensor = sensor_,
                                              .reason = HostSkipReason::kBurst,
                                              .count = 0,
                                              .since = entry.at,
                                              .through = entry.at,
                                              .detail = {}}});
    }
    auto& last = passages_.back();
    last.after = read_;
    ++*last.skip->count;
    last.skip->through = entry.at;
    advance();
}

void JournalFollower::settled(std::uint64_t number, const std::string& refused) {
    const auto passage =
        std::find_if(passages_.begin(), passages_.end(),
                     [&](const Passage& each) { return each.number == number; });
    if (passage == passages_.end()) return;
    passage->is_settled = true;
    if (!refused.empty()) {
        passage->skip = HostSkip{.sensor = sensor_,
                                 .reason = HostSkipReason::kRefused,
                                 .count = 1,
                                 .since = passage->at,
                                 .through = passage->at,
                                 .detail = refused};
    }
    advance();
}

void JournalFollower::advance() {
    while (!passages_.empty() && passages_.front().is_settled) {
        auto& passed = passages_.front();
        position_ = std::move(passed.after);
        if (passed.skip) add(*std::move(passed.skip));
        passages_.pop_front();
    }
}

// A storm is one skip, however long, until it is taken.
void JournalFollower::add(HostSkip skip) {
    if (skip.reason == HostSkipReason::kBurst && !skips_.empty() &&
        skips_.back().reason == HostSkipReason::kBurst) {
        *skips_.back().count += *skip.count;
        skips_.back().through = skip.through;
    } else {
        skips_.push_back(std::move(skip));
    }
}

// The end is looked up first: what comes meanwhile is behind it and will be read.
void JournalFollower::find_place() {
    const auto end = reader_.end();
    go_to(read_.cursor);
    if (may_have_more_ || !passages_.empty() || end.empty()) return;
    if (reader_.next(fields_)) {
        may_have_more_ = true;
        go_to(read_.cursor);
        return;
    }
    read_.cursor = end;
    position_.cursor = end;
    go_to(end);
}

std::vector<HostSkip> JournalFollower::take_skips() { return std::exchange(skips_, {}); }

}  // namespace attune
