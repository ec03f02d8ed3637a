// What a JSON Schema says, in words, for pages.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace attune {

// A schema as it is written: its properties in their order.
using OrderedJson = nlohmann::ordered_json;

// An embedded schema by its file's name. Throws FrameError when there is none.
OrderedJson schema_file(const std::string& name);

// An entry of a list for each property of `schema`, and for the properties of its properties
// with dotted names ("prune.enabled"): what it is for, what it may be, its default.
// `variables`: the environment's names of settings, too.
std::string property_items(const OrderedJson& schema, const std::string& above = {},
                           bool variables = false);

// "An integer, 1 to 16.", "One of a, b." and the like; "" for anything.
std::string shape_text(const OrderedJson& property);

}  // namespace attune
