// What we show people is valid: the example configuration, and every manifest in the docs.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "core/load.h"
#include "reconciler/candidate.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

constexpr TimePoint kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);

std::vector<std::string> told(const Diagnostics& diagnostics) {
    std::vector<std::string> lines;
    for (const Diagnostic& diagnostic : diagnostics) {
        lines.push_back(diagnostic.file + ":" + std::to_string(diagnostic.range.line) + " " +
                        diagnostic.code + " " + diagnostic.message);
    }
    return lines;
}

// Each folder of a source, and at least how many objects it declares.
class ExamplesTest : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(ExamplesTest, TheExampleConfigurationIsValid) {
    const auto& [folder, least] = GetParam();
    DirectorySource source(std::string(ATTUNE_SOURCE_DIR) + "/examples/" + folder);
    auto scanned = source.scan();
    ASSERT_TRUE(std::holds_alternative<SourceTree>(scanned));
    const SourceTree& tree = std::get<SourceTree>(scanned);
    Loader loader;
    const LoadedTree loaded = loader.load(tree, source);
    ASSERT_TRUE(loaded.source);
    const StoredState nothing;
    const Candidate candidate = check_tree(loaded, tree, nothing, source, kNow, system_zones());
    EXPECT_THAT(told(candidate.diagnostics), IsEmpty());
    std::size_t applied = 0;
    for (const CheckedObject& object : candidate.checked.objects) {
        if (object.verdict == Verdict::kApply) ++applied;
    }
    EXPECT_EQ(applied, candidate.checked.objects.size());
    EXPECT_GE(applied, least);
}

INSTANTIATE_TEST_SUITE_P(Sources, ExamplesTest,
                         testing::Values(std::pair("config", 10U),
                                         std::pair("host/config", 8U)));

// The fenced blocks of a page that are whole manifests.
std::vector<std::string> manifests_in(const std::string& page) {
    static const std::regex kBlock("```yaml\n([\\s\\S]*?)```");
    std::vector<std::string> blocks;
    for (std::sregex_iterator at(page.begin(), page.end(), kBlock), end; at != end; ++at) {
        std::string text = (*at)[1].str();
        const bool whole = text.find("apiVersion:") != std::string::npos &&
                           text.find("kind: Source") == std::string::npos;
        if (whole) blocks.push_back(std::move(text));
    }
    return blocks;
}

std::string pack_of(const std::string& manifest) {
    static const std::regex kRef("ref: ([a-z][a-z0-9_-]*)");
    std::smatch match;
    return std::regex_search(manifest, match, kRef) ? match[1].str() : "";
}

TEST(DocsTest, EveryManifestInTheDocsIsValid) {
    int seen = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(ATTUNE_SOURCE_DIR) / "docs")) {
        if (entry.path().extension() != ".md") continue;
        std::stringstream page;
        page << std::ifstream(entry.path()).rdbuf();
        for (const std::string& text : manifests_in(page.str())) {
            ++seen;
            const LoadedFile file =
                load_file(entry.path().filename().string(), pack_of(text), text);
            EXPECT_THAT(told(file.diagnostics), IsEmpty()) << text;
        }
    }
    EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace attune
