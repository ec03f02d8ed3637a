// What conditions and templates see of an event, and the dotted paths that name parts of it.
//
//     event    id, trigger, sensor, origin, scheduled_at, fired_at, payload
//     sensor   ref, label, labels, config
//     trigger  ref
//     rule     ref, label, labels
//     pack     ref, config              (of the rule's pack)
//
// A Context is made once for an event and moved from rule to rule with enter(). It is lazy:
// payload and config texts are parsed when the first path into them is looked up, and what no
// path names costs nothing. It belongs to one thread and borrows everything it is given.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/json.h"
#include "core/result.h"

namespace attune {

struct CatalogSensor;  // core/catalog.h
struct CatalogTrigger;
struct CatalogRule;

// A path that was read and may exist: its root and field are among those above. Below
// `payload` and `config` any keys may follow, and a list is indexed by a number; what follows
// `labels` is one label's name, dots included.
class ContextPath {
public:
    enum class Field : std::uint8_t {
        kEvent,  // the whole root, as an object
        kEventId,
        kEventTrigger,
        kEventSensor,
        kEventOrigin,
        kEventScheduledAt,
        kEventFiredAt,
        kEventPayload,
        kSensor,
        kSensorRef,
        kSensorLabel,
        kSensorLabels,
        kSensorConfig,
        kTrigger,
        kTriggerRef,
        kRule,  // the fields from here on change with the rule
        kRuleRef,
        kRuleLabel,
        kRuleLabels,
        kPack,
        kPackRef,
        kPackConfig,
    };
    static constexpr std::size_t kFields = static_cast<std::size_t>(Field::kPackConfig) + 1;

    // Fault ATT4030 for an empty segment or a forbidden character (blanks, quotes, braces,
    // `|`), ATT4031 for a root or field that does not exist, with the nearest one in `help`.
    static Result<ContextPath> parse(std::string_view text);

    const std::string& text() const { return text_; }
    Field field() const { return field_; }
    // The segments below the field.
    const std::vector<std::string>& below() const { return below_; }

private:
    ContextPath(std::string text, Field field, std::vector<std::string> below)
        : text_(std::move(text)), field_(field), below_(std::move(below)) {}

    std::string text_;
    Field field_;
    std::vector<std::string> below_;
};

// All there are, without their roots: "event.id", ...
std::vector<std::string> context_paths();

class Context {
public:
    // `event` was raised by `sensor`, of `trigger`. All must outlive the context.
    Context(const Event& event, const CatalogSensor& sensor, const CatalogTrigger& trigger)
        : event_(event), sensor_(sensor), trigger_(trigger) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    // From here on `rule` and `pack` are those of `rule`; forgets those of the last one.
    void enter(const CatalogRule& rule);

    // What the path leads to, or nullptr when there is nothing: a missing key, an index past
    // the end, a step into a scalar. A null that is there is a value. Valid until the next
    // enter() or the context's end. Paths of `rule` and `pack` lead nowhere before enter().
    const Json* find(const ContextPath& path);

private:
    using Field = ContextPath::Field;

    const Json& value(Field field);
    Json make(Field field);

    const Event& event_;
    const CatalogSensor& sensor_;
    const CatalogTrigger& trigger_;
    const CatalogRule* rule_ = nullptr;
    std::array<std::optional<Json>, ContextPath::kFields> values_;
};

}  // namespace attune
