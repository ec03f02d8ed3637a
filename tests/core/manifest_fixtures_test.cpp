// Every file of tests/fixtures/manifests/ is a case: valid/*.yaml has no finding; of
// invalid/NAME.yaml the findings are those of NAME.txt. A case is read as the file
// packs/ops/NAME.yaml of a tree whose pack has its manifest. A new case needs no C++; run with
// ATTUNE_UPDATE_FIXTURES=1 to write what is found, and read the difference.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "core/diagnostic_json.h"
#include "tests/support/report_formats.h"
#include "tests/support/trees.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = fs::path(ATTUNE_SOURCE_DIR) / "tests/fixtures";

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::set<fs::path> cases(const char* folder) {
    std::set<fs::path> found;
    for (const auto& entry : fs::directory_iterator(kFixtures / "manifests" / folder)) {
        if (entry.path().extension() == ".yaml") found.insert(entry.path());
    }
    return found;
}

Diagnostics findings_of(const fs::path& path) {
    std::map<std::string, std::string> texts = {
        {"packs/ops/" + path.filename().string(), read(path)}};
    if (texts.begin()->second.find("kind: Pack") == std::string::npos) {
        texts["packs/ops/pack.yaml"] =
            "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n";
    }
    const Tree tree(std::move(texts));
    return tree.check().diagnostics;
}

std::string findings_in(const fs::path& path) { return describe(findings_of(path)); }

void expect_text(const fs::path& expected, const std::string& found) {
    if (std::getenv("ATTUNE_UPDATE_FIXTURES") != nullptr) {
        std::ofstream(expected, std::ios::binary) << found;
    }
    EXPECT_EQ(found, read(expected)) << expected;
}

TEST(ManifestFixtures, ValidOnesHaveNoFinding) {
    const auto found = cases("valid");
    EXPECT_GE(found.size(), 8U);
    for (const auto& path : found) EXPECT_EQ(findings_in(path), "") << path;
}

TEST(ManifestFixtures, InvalidOnesHaveExactlyTheirFindings) {
    const auto found = cases("invalid");
    EXPECT_GE(found.size(), 80U);
    for (const auto& path : found) {
        auto expected = path;
        expect_text(expected.replace_extension(".txt"), findings_in(path));
    }
}

TEST(ManifestFixtures, FindingsReachOtherProgramsInTheirForms) {
    for (const auto& path : cases("invalid")) {
        const auto found = findings_of(path);
        EXPECT_THAT(faults_of_sarif(diagnostics_sarif(found)), testing::IsEmpty()) << path;
        EXPECT_THAT(faults_of_github(diagnostics_github(found)), testing::IsEmpty()) << path;
    }
}

TEST(ManifestFixtures, ATreeWithAllKindsOfFaultsReportsEveryOneInOnePass) {
    const Tree tree(read_tree((kFixtures / "trees/faulty").string()));
    expect_text(kFixtures / "trees/faulty/expected.txt", describe(tree.check().diagnostics));
}

TEST(ManifestFixtures, TheExampleConfigurationHasNoFinding) {
    const auto texts = read_tree(std::string(ATTUNE_SOURCE_DIR) + "/examples/config");
    EXPECT_TRUE(load_source("attune.yaml", texts.at("attune.yaml")).source);
    const Tree tree(texts);
    EXPECT_GE(tree.manifests().size(), 5U);
    EXPECT_EQ(describe(tree.check().diagnostics), "");
}

}  // namespace
}  // namespace attune
