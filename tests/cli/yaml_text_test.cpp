#include "cli/yaml_text.h"

#include <gmock/gmock.h>

#include "core/node.h"
#include "core/yaml.h"

namespace attune {
namespace {

TEST(YamlText, ReadsLikeAManifest) {
    const Json value = {{"kind", "Sensor"},
                        {"spec", {{"config", {{"interval", 10}}}, {"enabled", true}}},
                        {"list", {1, {{"a", "b"}, {"c", "d"}}, Json::array({2, 3})}}};
    EXPECT_EQ(yaml_text(value),
              "kind: Sensor\n"
              "list:\n"
              "  - 1\n"
              "  - a: b\n"
              "    c: d\n"
              "  - - 2\n"
              "    - 3\n"
              "spec:\n"
              "  config:\n"
              "    interval: 10\n"
              "  enabled: true\n");
}

TEST(YamlText, WhatYamlWouldReadDifferentlyIsQuoted) {
    for (const std::string word : {"no", "null", "017", "1e3", "*/5 * * * *", "a: b", "", "#x",
                                   "line\nbreak", "{{ event.id }}", "2026-11-23", "- x", "~"}) {
        const auto text = yaml_text(Json{{"value", word}});
        const auto read = parse_yaml(text, "text");
        ASSERT_EQ(read.documents.size(), 1U) << text;
        EXPECT_EQ(to_json(read.documents[0]), (Json{{"value", word}})) << text;
    }
}

TEST(YamlText, ReadBackItIsTheSameValue) {
    const Json value = {
        {"empty", Json::object()},           {"none", Json::array()}, {"nothing", nullptr},
        {"deep", {{{"x", {{{"y", 1.5}}}}}}}, {"a b", "c d"},          {"true", false}};
    const auto read = parse_yaml(yaml_text(value), "text");
    ASSERT_EQ(read.documents.size(), 1U) << yaml_text(value);
    EXPECT_EQ(to_json(read.documents[0]), value);
}

}  // namespace
}  // namespace attune
