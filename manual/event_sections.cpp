// What the built-in pack and the feed tell: timers and actions, payloads, topics.
#include <string>

#include "core/yaml.h"
#include "manual/page.h"
#include "manual/roff.h"
#include "manual/schema_text.h"
#include "schemas/embedded.h"
#include "wire/topics.h"

namespace attune {
namespace {

// In the order written.
OrderedJson ordered(const Node& node) {
    switch (node.kind) {
        case Node::Kind::kMapping: {
            auto object = OrderedJson::object();
            for (const auto& member : node.members) object[member.key] = ordered(member.value);
            return object;
        }
        case Node::Kind::kSequence: {
            auto array = OrderedJson::array();
            for (const auto& item : node.items) array.push_back(ordered(item));
            return array;
        }
        default:
            return OrderedJson(to_json(node));
    }
}

// The manifests of pack core of one kind, "Trigger" or "Action".
std::vector<OrderedJson> core_manifests(const std::string& kind) {
    std::vector<OrderedJson> found;
    for (const auto& file : embedded_core_pack()) {
        const auto read = parse_yaml(file.text, std::string(file.name));
        for (const auto& document : read.documents) {
            auto manifest = ordered(document);
            if (manifest.value("kind", "") == kind) found.push_back(std::move(manifest));
        }
    }
    return found;
}

std::string heading(const OrderedJson& manifest) {
    return ".Ss " + manifest["metadata"]["ref"].get<std::string>() + "\n" +
           roff::prose(manifest["metadata"]["description"].get<std::string>());
}

OrderedJson schema_of(const OrderedJson& manifest, const std::string& which) {
    return manifest["spec"].value(which, OrderedJson::object());
}

std::string timers_text(const std::string&) {
    std::string text;
    for (const auto& trigger : core_manifests("Trigger")) {
        text += heading(trigger) +
                roff::list(property_items(schema_of(trigger, "param_schema"), "config.") +
                           property_items(schema_of(trigger, "option_schema"), "config."));
    }
    return text;
}

std::string actions_text(const std::string&) {
    std::string text;
    for (const auto& action : core_manifests("Action")) {
        text += heading(action) +
                roff::list(property_items(schema_of(action, "param_schema"), "params."));
    }
    return text;
}

std::string payloads_text(const std::string&) {
    std::string text;
    for (const auto& trigger : core_manifests("Trigger")) {
        auto schema = schema_of(trigger, "out_schema");
        schema.erase("required");  // what an event has without exception is of no use to say
        text += heading(trigger) + roff::list(property_items(schema, "payload."));
    }
    return text;
}

std::string topics_text(const std::string&) {
    std::string items;
    for (const auto& topic : kFeedTopics) {
        items += roff::item("Li " + roff::literal(topic.name),
                            roff::prose("Told after " + std::string(topic.told) +
                                        "; its subject is " + std::string(topic.subject)));
    }
    return roff::list(items);
}

std::string feed_items_text(const std::string&) {
    auto schema = schema_file("feed.schema.json");
    schema.erase("required");
    return roff::list(property_items(schema));
}

}  // namespace

void add_event_sections(Sections& sections) {
    sections["timers"] = timers_text;
    sections["actions"] = actions_text;
    sections["payloads"] = payloads_text;
    sections["topics"] = topics_text;
    sections["feed-items"] = feed_items_text;
}

}  // namespace attune
