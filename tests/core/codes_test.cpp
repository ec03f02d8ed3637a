#include "core/codes.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <gmock/gmock.h>

#include "tests/support/trees.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;

// What `attune validate` says about `text` as a file of pack ops.
Diagnostics findings(const std::string& text) {
    std::map<std::string, std::string> texts = {{"packs/ops/example.yaml", text}};
    if (text.find("kind: Pack") == std::string::npos) {
        texts["packs/ops/pack.yaml"] =
            "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n";
    }
    const Tree tree(std::move(texts));
    return tree.check().diagnostics;
}

std::set<std::string> codes_of(const Diagnostics& diagnostics) {
    std::set<std::string> found;
    for (const auto& diagnostic : diagnostics) found.insert(diagnostic.code);
    return found;
}

TEST(Codes, ExplainEveryCodeThatTheSourceCanEmit) {
    static const std::regex kCode("\"(ATT[0-9]{4})\"");
    std::set<std::string> missing;
    const fs::path root = ATTUNE_SOURCE_DIR;
    for (const auto* room : {"core", "os", "wire", "store", "reconciler", "daemon", "cli"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
            if (entry.path().extension() != ".cpp" && entry.path().extension() != ".h")
                continue;
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);) {
                for (std::sregex_iterator at(line.begin(), line.end(), kCode), end; at != end;
                     ++at) {
                    const auto code = (*at)[1].str();
                    if (find_code(code) == nullptr) missing.insert(code);
                }
            }
        }
    }
    EXPECT_THAT(missing, IsEmpty()) << "add them to schemas/codes/";
}

TEST(Codes, HaveATitleAndAText) {
    for (const auto& code : codes()) {
        EXPECT_THAT(code.title, Not(IsEmpty())) << code.code;
        EXPECT_THAT(code.text, Not(IsEmpty())) << code.code;
        EXPECT_EQ(code.bad.empty(), code.good.empty()) << code.code;
    }
}

TEST(Codes, BadExamplesDrawTheirCodeAndGoodOnesDrawNothing) {
    for (const auto& code : codes()) {
        if (code.bad.empty()) continue;
        EXPECT_THAT(codes_of(findings(code.bad + "\n")), testing::ElementsAre(code.code))
            << code.code << "\n"
            << describe(findings(code.bad + "\n"));
        EXPECT_EQ(describe(findings(code.good + "\n")), "") << code.code;
    }
}

// Codes that no file of a pack can draw: bytes by the megabyte, files on disk, the store.
bool needs_more_than_a_file(const std::string& code) {
    return code == "ATT1001" || code == "ATT3006" || code == "ATT3009" || code == "ATT4037" ||
           code == "ATT4105" || code >= "ATT5";
}

TEST(Codes, AreEachDrawnByAnExampleOrAFixture) {
    std::string drawn;
    for (const auto& entry : fs::directory_iterator(fs::path(ATTUNE_SOURCE_DIR) /
                                                    "tests/fixtures/manifests/invalid")) {
        if (entry.path().extension() != ".txt") continue;
        std::ifstream file(entry.path());
        drawn.append(std::istreambuf_iterator<char>(file), {});
    }
    for (const auto& code : codes()) {
        if (!code.bad.empty() || needs_more_than_a_file(code.code)) continue;
        EXPECT_THAT(drawn, testing::HasSubstr(code.code));
    }
}

TEST(Codes, AreFoundHoweverTheyAreTyped) {
    EXPECT_EQ(find_code("ATT2004")->title, "unknown property");
    EXPECT_EQ(find_code("att2004"), find_code("2004"));
    EXPECT_EQ(find_code("reversed_range")->code, "ATT4001");
    EXPECT_EQ(find_code("ATT9999"), nullptr);
    EXPECT_EQ(find_code(""), nullptr);
}

}  // namespace
}  // namespace attune
