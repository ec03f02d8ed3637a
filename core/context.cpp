#include "core/context.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/catalog.h"
#include "core/suggest.h"

namespace attune {
namespace {

using Field = ContextPath::Field;

// What may follow a field's name.
enum class Below { kNothing, kLabel, kAnything };

struct FieldRow {
    std::string_view root;
    std::string_view name;  // empty: the root itself
    Field field;
    Below below;
};

constexpr std::array kTable = {
    FieldRow{"event", "", Field::kEvent, Below::kNothing},
    FieldRow{"event", "id", Field::kEventId, Below::kNothing},
    FieldRow{"event", "trigger", Field::kEventTrigger, Below::kNothing},
    FieldRow{"event", "sensor", Field::kEventSensor, Below::kNothing},
    FieldRow{"event", "origin", Field::kEventOrigin, Below::kNothing},
    FieldRow{"event", "scheduled_at", Field::kEventScheduledAt, Below::kNothing},
    FieldRow{"event", "fired_at", Field::kEventFiredAt, Below::kNothing},
    FieldRow{"event", "payload", Field::kEventPayload, Below::kAnything},
    FieldRow{"sensor", "", Field::kSensor, Below::kNothing},
    FieldRow{"sensor", "ref", Field::kSensorRef, Below::kNothing},
    FieldRow{"sensor", "label", Field::kSensorLabel, Below::kNothing},
    FieldRow{"sensor", "labels", Field::kSensorLabels, Below::kLabel},
    FieldRow{"sensor", "config", Field::kSensorConfig, Below::kAnything},
    FieldRow{"trigger", "", Field::kTrigger, Below::kNothing},
    FieldRow{"trigger", "ref", Field::kTriggerRef, Below::kNothing},
    FieldRow{"rule", "", Field::kRule, Below::kNothing},
    FieldRow{"rule", "ref", Field::kRuleRef, Below::kNothing},
    FieldRow{"rule", "label", Field::kRuleLabel, Below::kNothing},
    FieldRow{"rule", "labels", Field::kRuleLabels, Below::kLabel},
    FieldRow{"pack", "", Field::kPack, Below::kNothing},
    FieldRow{"pack", "ref", Field::kPackRef, Below::kNothing},
    FieldRow{"pack", "config", Field::kPackConfig, Below::kAnything},
};
static_assert(kTable.size() == ContextPath::kFields);

const FieldRow* find_row(std::string_view root, std::string_view name) {
    const auto* row =
        std::find_if(kTable.begin(), kTable.end(), [&](const FieldRow& candidate) {
            return candidate.root == root && candidate.name == name;
        });
    return row != kTable.end() ? row : nullptr;
}

// "event", or with a root "id", "trigger", ...
std::vector<std::string> known_words(std::string_view root) {
    std::vector<std::string> words;
    for (const FieldRow& row : kTable) {
        const bool is_root = row.name.empty();
        if (root.empty() && is_root) words.emplace_back(row.root);
        if (row.root == root && !is_root) words.emplace_back(row.name);
    }
    return words;
}

std::string help_for(std::string_view root, std::string_view word) {
    const std::vector<std::string> words = known_words(root);
    const std::string dotted = root.empty() ? "" : fmt::format("{}.", root);
    // What other systems allow: the payload's fields without their root.
    if (root.empty() && word == "payload") return "did you mean `event.payload`?";
    if (const auto near = suggest(word, words)) {
        return fmt::format("did you mean `{}{}`?", dotted, *near);
    }
    return fmt::format("known: {}{}", dotted, fmt::join(words, ", " + dotted));
}

Refused unknown(std::string_view path, std::string_view root, std::string_view word) {
    return refuse("ATT4031", fmt::format("path `{}` names nothing", path),
                  help_for(root, word));
}

Result<std::vector<std::string>> split(std::string_view text) {
    std::vector<std::string> segments;
    std::size_t from = 0;
    while (true) {
        const std::size_t dot = std::min(text.find('.', from), text.size());
        const std::string_view segment = text.substr(from, dot - from);
        if (segment.empty()) {
            return refuse("ATT4030", fmt::format("path `{}` has an empty segment", text),
                          "write words joined by single dots, as in `event.payload.load`");
        }
        segments.emplace_back(segment);
        if (dot == text.size()) return segments;
        from = dot + 1;
    }
}

const Json* step_into(const Json& value, const std::string& segment) {
    if (value.is_object()) {
        const auto member = value.find(segment);
        return member != value.end() ? &*member : nullptr;
    }
    if (!value.is_array()) return nullptr;
    std::size_t index = 0;
    const char* end = segment.data() + segment.size();
    const auto [rest, error] = std::from_chars(segment.data(), end, index);
    if (error != std::errc{} || rest != end || index >= value.size()) return nullptr;
    return &value[index];
}

// Texts of the catalog are our own, payloads were read before they were accepted.
Json parse_own(std::string_view text) {
    if (text.empty()) return Json::object();
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_discarded() ? Json(nullptr) : value;
}

const std::string& label_of(const std::string& label, const Ref& ref) {
    return label.empty() ? ref.text() : label;
}

}  // namespace

std::vector<std::string> context_paths() {
    std::vector<std::string> paths;
    for (const FieldRow& row : kTable) {
        if (!row.name.empty()) paths.push_back(fmt::format("{}.{}", row.root, row.name));
    }
    return paths;
}

Result<ContextPath> ContextPath::parse(std::string_view text) {
    if (text.find_first_of(" \t\r\n\"'{}|()") != std::string_view::npos) {
        return refuse("ATT4030", fmt::format("path `{}` has a character no path has", text),
                      "write words joined by dots, as in `event.payload.load`");
    }
    auto segments = split(text);
    if (!segments) return tl::unexpected(segments.error());

    const std::string& root = segments->front();
    if (find_row(root, "") == nullptr) return unknown(text, "", root);
    const std::string_view name = segments->size() > 1 ? (*segments)[1] : std::string_view{};
    const FieldRow* row = find_row(root, name);
    if (row == nullptr) return unknown(text, root, name);

    std::vector<std::string> below(
        segments->begin() + std::min<std::ptrdiff_t>(2, std::ssize(*segments)),
        segments->end());
    if (row->below == Below::kNothing && !below.empty()) {
        return refuse("ATT4031", fmt::format("path `{}` names nothing", text),
                      fmt::format("`{}.{}` is a plain value", root, name));
    }
    if (row->below == Below::kLabel && below.size() > 1) {
        below = {fmt::format("{}", fmt::join(below, "."))};
    }
    return ContextPath(std::string(text), row->field, std::move(below));
}

void Context::enter(const CatalogRule& rule) {
    rule_ = &rule;
    for (auto n = static_cast<std::size_t>(Field::kRule); n < values_.size(); ++n) {
        values_[n].reset();
    }
}

const Json* Context::find(const ContextPath& path) {
    if (path.field() >= Field::kRule) {
        if (rule_ == nullptr) return nullptr;
        if (path.field() >= Field::kPack && rule_->pack == nullptr) return nullptr;
    }
    const Json* found = &value(path.field());
    for (const std::string& segment : path.below()) {
        found = step_into(*found, segment);
        if (found == nullptr) return nullptr;
    }
    return found;
}

const Json& Context::value(Field field) {
    auto& slot = values_[static_cast<std::size_t>(field)];
    if (!slot) slot = make(field);
    return *slot;
}

Json Context::make(Field field) {
    switch (field) {
        case Field::kEvent:
            return {{"id", value(Field::kEventId)},
                    {"trigger", value(Field::kEventTrigger)},
                    {"sensor", value(Field::kEventSensor)},
                    {"origin", value(Field::kEventOrigin)},
                    {"scheduled_at", value(Field::kEventScheduledAt)},
                    {"fired_at", value(Field::kEventFiredAt)},
                    {"payload", value(Field::kEventPayload)}};
        case Field::kEventId:
            return event_.id.value;
        case Field::kEventTrigger:
        case Field::kTriggerRef:
            return trigger_.ref.text();
        case Field::kEventSensor:
        case Field::kSensorRef:
            return sensor_.ref.text();
        case Field::kEventOrigin:
            return to_string(event_.origin);
        case Field::kEventScheduledAt:
            return format_rfc3339(event_.scheduled_at);
        case Field::kEventFiredAt:
            return format_rfc3339(event_.fired_at);
        case Field::kEventPayload:
            return parse_own(event_.payload);
        case Field::kSensor:
            return {{"ref", value(Field::kSensorRef)},
                    {"label", value(Field::kSensorLabel)},
                    {"labels", value(Field::kSensorLabels)},
                    {"config", value(Field::kSensorConfig)}};
        case Field::kSensorLabel:
            return label_of(sensor_.label, sensor_.ref);
        case Field::kSensorLabels:
            return parse_own(sensor_.labels);
        case Field::kSensorConfig:
            return parse_own(sensor_.config);
        case Field::kTrigger:
            return Json::object({{"ref", value(Field::kTriggerRef)}});
        case Field::kRule:
            return {{"ref", value(Field::kRuleRef)},
                    {"label", value(Field::kRuleLabel)},
                    {"labels", value(Field::kRuleLabels)}};
        case Field::kRuleRef:
            return rule_->ref.text();
        case Field::kRuleLabel:
            return label_of(rule_->label, rule_->ref);
        case Field::kRuleLabels:
            return parse_own(rule_->labels);
        case Field::kPack:
            return {{"ref", value(Field::kPackRef)}, {"config", value(Field::kPackConfig)}};
        case Field::kPackRef:
            return rule_->pack->ref.text();
        case Field::kPackConfig:
            return parse_own(rule_->pack->config);
    }
    return nullptr;
}

}  // namespace attune
