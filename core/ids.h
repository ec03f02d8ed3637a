// Database ids, each kind a type of its own: a sensor's id never passes for a rule's.
// They are bigint there, 0 here means "none", and they mean nothing outside one database.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace attune {

template <class Tag>
struct Id {
    std::int64_t value = 0;

    explicit operator bool() const { return value != 0; }
    friend auto operator<=>(Id, Id) = default;  // NOLINT(modernize-use-nullptr): no 0 is here
};

using PackId = Id<struct PackTag>;
using TriggerId = Id<struct TriggerTag>;
using SensorId = Id<struct SensorTag>;
using RuleId = Id<struct RuleTag>;
using ActionId = Id<struct ActionTag>;
using EventId = Id<struct EventTag>;
using EnforcementId = Id<struct EnforcementTag>;
using ExecutionId = Id<struct ExecutionTag>;
using IncarnationId = Id<struct IncarnationTag>;  // one life of one daemon

// The number of a change of the catalog: global, growing, in commit order. A timer's
// `spec_rev` is the generation of the last change of its schedule.
using Generation = Id<struct GenerationTag>;

}  // namespace attune

template <class Tag>
struct std::hash<attune::Id<Tag>> {
    std::size_t operator()(attune::Id<Tag> id) const noexcept {
        return std::hash<std::int64_t>{}(id.value);
    }
};
