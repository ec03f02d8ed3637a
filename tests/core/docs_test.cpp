// What docs/manifests.md and docs/diagnostics.md say is so.
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "core/codes.h"
#include "core/formats.h"
#include "core/kinds.h"
#include "core/schema_lint.h"
#include "tests/support/trees.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string doc(const std::string& name) {
    std::ifstream file(std::string(ATTUNE_SOURCE_DIR) + "/docs/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Docs, ListEveryCodeWithItsTitle) {
    const auto text = doc("diagnostics.md");
    for (const auto& code : codes()) {
        EXPECT_THAT(text, HasSubstr("| " + code.code + " | " + code.title + " |"));
    }
}

TEST(Docs, QuoteOnlyManifestsThatAreValid) {
    const auto text = doc("manifests.md");
    int quoted = 0;
    for (auto at = text.find("```yaml\n"); at != std::string::npos;
         at = text.find("```yaml\n", at + 1)) {
        const auto begin = at + 8;
        const auto block = text.substr(begin, text.find("```", begin) - begin);
        if (block.find("apiVersion:") == std::string::npos) continue;
        ++quoted;
        const Tree tree({{"packs/ops/quoted.yaml", block},
                         {"packs/ops/pack.yaml",
                          "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n"}});
        EXPECT_EQ(describe(tree.check().diagnostics), "");
    }
    EXPECT_GE(quoted, 1);
}

TEST(Docs, NameEveryKeyOfASpecAndEveryFormat) {
    const auto text = doc("manifests.md");
    for (const auto& kind : kinds()) {
        for (const auto& [key, value] :
             schema_document(kind.kind)["properties"]["spec"]["properties"].items()) {
            EXPECT_THAT(text, HasSubstr("`" + key + "`"));
        }
    }
    for (const auto format : formats()) EXPECT_THAT(text, HasSubstr("`" + std::string(format)));
}

TEST(Docs, NameOnlyKeywordsThatTheLintKnows) {
    const auto text = doc("manifests.md");
    const auto begin = text.find("`type` `enum`");
    const auto list = text.substr(begin, text.find("`secret`", begin) + 8 - begin);
    static const std::regex kWord("`([^`]+)`");
    int words = 0;
    for (std::sregex_iterator at(list.begin(), list.end(), kWord), end; at != end; ++at) {
        const auto faults = lint_schema({{(*at)[1].str(), Json()}});
        for (const auto& fault : faults) EXPECT_NE(fault.code, "ATT2020") << (*at)[1];
        ++words;
    }
    EXPECT_EQ(words, 42);
}

}  // namespace
}  // namespace attune
