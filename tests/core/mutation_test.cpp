// Damaged manifests: whatever bytes arrive, they are read or refused within bounds, what is
// read is valid JSON, and what is refused names a place. Each run starts from another seed and
// prints it; ATTUNE_SEED repeats a run, ATTUNE_MUTATIONS makes it longer.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include <gmock/gmock.h>

#include "core/diagnostic_json.h"
#include "core/diagnostic_text.h"
#include "core/json_schema.h"
#include "core/yaml.h"
#include "tests/support/trees.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const auto* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::string> fixtures() {
    std::vector<std::string> texts;
    const fs::path root = fs::path(ATTUNE_SOURCE_DIR) / "tests/fixtures/manifests";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.path().extension() != ".yaml" || entry.file_size() > 4096) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        texts.push_back(text.str());
    }
    return texts;
}

class Mutation : public testing::Test {
protected:
    Mutation() : seed_(number_from("ATTUNE_SEED", std::random_device{}())), random_(seed_) {
        RecordProperty("seed", std::to_string(seed_));
    }

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }

    // One to four edits: a piece of another text, a special character, a cut, a repetition.
    std::string damaged(const std::vector<std::string>& texts) {
        static const std::string kSpecial = "\"'{}[]:,-?|>&*!%@`#~\\ \n\t\r0.\x80\xFF";
        auto text = texts[below(texts.size())];
        for (auto edits = 1 + below(4); edits > 0; --edits) {
            const auto at = below(text.size() + 1);
            const auto length = below(std::min<std::size_t>(20, text.size() - at) + 1);
            switch (below(4)) {
                case 0: {
                    const auto& other = texts[below(texts.size())];
                    text.insert(at, other.substr(below(other.size() + 1), below(60)));
                    break;
                }
                case 1:
                    text.insert(at, 1 + below(3), kSpecial[below(kSpecial.size())]);
                    break;
                case 2:
                    text.erase(at, length);
                    break;
                default:
                    text.insert(at, text.substr(at, length));
            }
        }
        return text;
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
};

TEST_F(Mutation, DamagedTextsAreReadOrRefused) {
    const auto texts = fixtures();
    const auto rounds = number_from("ATTUNE_MUTATIONS", 4000);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const auto text = damaged(texts);
        const auto read = parse_yaml(text, "a.yaml");
        ASSERT_FALSE(has_errors(read.diagnostics) && !read.documents.empty());
        for (const auto& document : read.documents) {
            ASSERT_NO_THROW(static_cast<void>(to_json(document).dump()))
                << "seed " << seed_ << " round " << round << "\n"
                << text;
        }
        const Tree tree({{"packs/ops/a.yaml", text},
                         {"packs/ops/pack.yaml",
                          "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n"}});
        const auto checked = tree.check();
        for (const auto& diagnostic : checked.diagnostics) {
            ASSERT_FALSE(diagnostic.code.empty());
            ASSERT_FALSE(diagnostic.file.empty());
        }
        static_cast<void>(compact(diagnostics_sarif(checked.diagnostics)));
        static_cast<void>(render_text(
            checked.diagnostics,
            [&](std::string_view) { return std::optional<std::string_view>(text); }, {}));
    }
}

TEST_F(Mutation, RandomSchemasAreRefusedOrAgreeWithTheirExplanation) {
    const std::vector<Json> kValues = {nullptr,
                                       true,
                                       0,
                                       1,
                                       -3,
                                       2.5,
                                       "",
                                       "abc",
                                       "2026-01-01T00:00:00Z",
                                       Json::array(),
                                       Json::array({1, 1, "a"}),
                                       Json::object(),
                                       {{"a", 1}},
                                       {{"a", "x"}, {"b", Json::array()}}};
    const std::vector<std::string> kTypes = {"null",   "boolean", "integer", "number",
                                             "string", "array",   "object"};
    const std::function<Json(int)> schema = [&](int depth) -> Json {
        if (depth == 0 || below(8) == 0)
            return below(3) == 0 ? Json(below(2) == 0) : Json::object();
        Json node = Json::object();
        for (auto keywords = 1 + below(3); keywords > 0; --keywords) {
            switch (below(14)) {
                case 0:
                    node["type"] = kTypes[below(kTypes.size())];
                    break;
                case 1:
                    node["enum"] = {kValues[below(kValues.size())],
                                    kValues[below(kValues.size())]};
                    break;
                case 2:
                    node["minimum"] = static_cast<int>(below(4));
                    break;
                case 3:
                    node["maxLength"] = below(4);
                    break;
                case 4:
                    node["pattern"] = below(2) == 0 ? "^a" : "c$";
                    break;
                case 5:
                    node["properties"]["a"] = schema(depth - 1);
                    break;
                case 6:
                    node["patternProperties"]["^b"] = schema(depth - 1);
                    break;
                case 7:
                    node["additionalProperties"] = schema(depth - 1);
                    break;
                case 8:
                    node["items"] = schema(depth - 1);
                    break;
                case 9:
                    node["uniqueItems"] = true;
                    break;
                case 10:
                    node["not"] = schema(depth - 1);
                    break;
                case 11:
                    node["anyOf"] = {schema(depth - 1), schema(depth - 1)};
                    break;
                case 12:
                    node["oneOf"] = {schema(depth - 1), schema(depth - 1)};
                    break;
                default:
                    node["if"] = schema(depth - 1);
                    node["then"] = schema(depth - 1);
                    node["else"] = schema(depth - 1);
            }
        }
        return node;
    };
    const auto rounds = number_from("ATTUNE_MUTATIONS", 4000) / 4;
    const auto never = [](const Json&) { return false; };
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const auto document = schema(3);
        const auto compiled = JsonSchema::compile(document);
        ASSERT_TRUE(compiled) << document.dump() << compiled.error().message;
        for (const auto& value : kValues) {
            ASSERT_EQ(compiled->accepts(value), compiled->validate(value, never).empty())
                << "seed " << seed_ << " " << document.dump() << " " << value.dump();
        }
    }
}

}  // namespace
}  // namespace attune
