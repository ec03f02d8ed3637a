#include "daemon/sensor/spec_table.h"

#include <cassert>
#include <functional>

#include "core/cron.h"
#include "core/zone.h"

namespace attune {
namespace {

// Folds values into one hash.
class Hash {
public:
    template <class T>
    Hash& add(const T& value) {
        const auto mixed = std::hash<T>{}(value) + 0x9E3779B97F4A7C15ULL;
        value_ ^= mixed + (value_ << 6) + (value_ >> 2);
        return *this;
    }
    std::size_t value() const { return value_; }

private:
    std::size_t value_ = 0;
};

// What the entries of the table are compared by, kind by kind: all but a timer's own part. A
// zone counts by its rules' identity, so that new rules make a new entry.

void add(Hash& hash, const IntervalSchedule& interval) { hash.add(interval.period.count()); }
void add(Hash& hash, const CronSchedule& cron) {
    hash.add(cron.expression->text()).add(cron.zone.get());
}
void add(Hash& hash, const OnceSchedule& once) { hash.add(once.past_at_creation); }

bool same(const IntervalSchedule& a, const IntervalSchedule& b) {
    return a.period == b.period && a.from_creation == b.from_creation;
}
bool same(const CronSchedule& a, const CronSchedule& b) {
    return a.zone == b.zone && a.expression->text() == b.expression->text();
}
bool same(const OnceSchedule& a, const OnceSchedule& b) {
    return a.past_at_creation == b.past_at_creation;
}

std::size_t hash_of(const Schedule& schedule) {
    Hash hash;
    hash.add(schedule.kind.index());
    std::visit([&](const auto& kind) { add(hash, kind); }, schedule.kind);
    hash.add(schedule.misfire.grace.count());
    return hash.value();
}

bool same_misfire(const Misfire& a, const Misfire& b) {
    return a.policy == b.policy && a.policy_given == b.policy_given && a.grace == b.grace &&
           a.max_catch_up == b.max_catch_up && a.window == b.window;
}

bool same_spec(const Schedule& a, const Schedule& b) {
    if (a.start_at != b.start_at || a.end_at != b.end_at || a.max_fires != b.max_fires ||
        !same_misfire(a.misfire, b.misfire)) {
        return false;
    }
    return std::visit(
        [](const auto& x, const auto& y) {
            if constexpr (std::is_same_v<decltype(x), decltype(y)>) {
                return same(x, y);
            } else {
                return false;
            }
        },
        a.kind, b.kind);
}

TimePoint origin_of(const IntervalSchedule& interval) { return interval.anchor; }
TimePoint origin_of(const CronSchedule&) { return {}; }
TimePoint origin_of(const OnceSchedule& once) { return once.fire_at; }

void put_on(IntervalSchedule& interval, TimePoint origin) { interval.anchor = origin; }
void put_on(CronSchedule&, TimePoint) {}
void put_on(OnceSchedule& once, TimePoint origin) { once.fire_at = origin; }

}  // namespace

SpecTable::Own SpecTable::own_part(const Schedule& schedule) {
    const auto delay = std::chrono::floor<std::chrono::milliseconds>(schedule.delay);
    return {std::visit([](const auto& kind) { return origin_of(kind); }, schedule.kind),
            static_cast<std::int32_t>(delay.count())};
}

SpecTable::Index SpecTable::intern(const Schedule& schedule) {
    const auto hash = hash_of(schedule);
    const auto [begin, end] = by_hash_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
        auto& entry = entries_[it->second];
        if (!same_spec(entry.schedule, schedule)) continue;
        ++entry.users;
        return it->second;
    }
    Index index = 0;
    if (free_.empty()) {
        index = static_cast<Index>(entries_.size());
        entries_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    entries_[index] = {schedule, {}, hash, 1};
    by_hash_.emplace(hash, index);
    return index;
}

void SpecTable::release(Index spec) {
    auto& entry = entries_[spec];
    assert(entry.users > 0);
    if (--entry.users > 0) return;
    unlist(spec);
    entry = {};
    free_.push_back(spec);
}

void SpecTable::unlist(Index spec) {
    const auto [begin, end] = by_hash_.equal_range(entries_[spec].hash);
    for (auto it = begin; it != end; ++it) {
        if (it->second != spec) continue;
        by_hash_.erase(it);
        return;
    }
}

std::vector<SpecTable::Outdated> SpecTable::outdated(const ZoneSource& zones) const {
    std::vector<Outdated> result;
    for (Index spec = 0; spec < entries_.size(); ++spec) {
        const auto* cron = std::get_if<CronSchedule>(&entries_[spec].schedule.kind);
        if (cron == nullptr || entries_[spec].users == 0) continue;
        const auto zone = zones.find(cron->zone->name());
        if (zone && *zone != cron->zone) result.push_back({spec, *zone});
    }
    return result;
}

void SpecTable::put_zone(const Outdated& outdated) {
    auto& entry = entries_[outdated.spec];
    unlist(outdated.spec);
    std::get<CronSchedule>(entry.schedule.kind).zone = outdated.zone;
    entry.memo = {};
    entry.hash = hash_of(entry.schedule);
    by_hash_.emplace(entry.hash, outdated.spec);
}

const Schedule& SpecTable::worn(Index spec, const Own& own) {
    auto& schedule = entries_[spec].schedule;
    std::visit([&](auto& kind) { put_on(kind, own.origin); }, schedule.kind);
    schedule.delay = std::chrono::milliseconds(own.delay_ms);
    return schedule;
}

NextMemo* SpecTable::memo(Index spec) {
    auto& entry = entries_[spec];
    return std::holds_alternative<CronSchedule>(entry.schedule.kind) ? &entry.memo : nullptr;
}

}  // namespace attune
