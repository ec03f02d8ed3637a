#include "reconciler/loader.h"

#include <gmock/gmock.h>

#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class LoaderTest : public testing::Test {
protected:
    LoaderTest() {
        root.write("attune.yaml",
                   "{apiVersion: attune/v1, kind: Source, metadata: {name: main}}\n");
        root.write("packs/ops/pack.yaml", kPack);
    }

    LoadedTree loaded() {
        auto scanned = source.scan();
        return loader.load(std::get<SourceTree>(scanned), source);
    }

    static constexpr std::string_view kPack =
        "{apiVersion: attune/v1, kind: Pack, metadata: {ref: ops}}\n";
    TempDirectory root;
    DirectorySource source{root.path().string()};
    Loader loader;
};

TEST_F(LoaderTest, LoadsTheManifestsOfEachPack) {
    const LoadedTree tree = loaded();
    EXPECT_EQ(tree.source->name, "main");
    EXPECT_THAT(tree.diagnostics, IsEmpty());
    EXPECT_THAT(tree.pack_directories, ElementsAre("packs/ops"));
    ASSERT_THAT(tree.files, SizeIs(1));
    EXPECT_EQ(tree.files[0]->pack, "ops");
    EXPECT_THAT(tree.files[0]->manifests, SizeIs(1));
}

TEST_F(LoaderTest, ParsesOnlyWhatIsNew) {
    root.write("packs/web/pack.yaml",
               "{apiVersion: attune/v1, kind: Pack, metadata: {ref: web}}\n");
    const LoadedTree first = loaded();
    root.write("packs/web/pack.yaml",
               "{apiVersion: attune/v1, kind: Pack, metadata: {ref: web, label: Web}}\n");
    const LoadedTree second = loaded();
    EXPECT_EQ(second.files[0], first.files[0]);
    EXPECT_NE(second.files[1], first.files[1]);
    EXPECT_EQ(second.files[1]->manifests[0].metadata.label, "Web");
}

TEST_F(LoaderTest, ManyFilesComeOutInTheirOrder) {
    for (int n = 100; n < 500; ++n) {
        const std::string pack = "p" + std::to_string(n);
        root.write("packs/" + pack + "/pack.yaml",
                   "{apiVersion: attune/v1, kind: Pack, metadata: {ref: " + pack + "}}\n");
    }
    const LoadedTree tree = loaded();
    ASSERT_THAT(tree.files, SizeIs(401));
    for (std::size_t n = 0; n < tree.files.size(); ++n) {
        EXPECT_EQ(tree.files[n]->path, tree.texts[n].path);
        EXPECT_THAT(tree.files[n]->manifests, SizeIs(1));
    }
}

TEST_F(LoaderTest, ARootFileThatIsRefusedLoadsNothing) {
    root.write("attune.yaml", "kind: Source\n");
    const LoadedTree tree = loaded();
    EXPECT_FALSE(tree.source);
    EXPECT_THAT(tree.files, IsEmpty());
    EXPECT_TRUE(has_errors(tree.diagnostics));
}

TEST_F(LoaderTest, WarnsOfAGlobThatMatchesNothing) {
    root.write("attune.yaml",
               "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\nspec:\n"
               "  packs:\n    - packs/*\n    - pakcs/web*\n");
    const LoadedTree tree = loaded();
    ASSERT_THAT(tree.diagnostics, SizeIs(1));
    const Diagnostic& found = tree.diagnostics[0];
    EXPECT_EQ(found.code, "ATT5007");
    EXPECT_EQ(found.severity, Severity::kWarning);
    EXPECT_EQ(found.pointer, "/spec/packs/1");
    EXPECT_EQ(found.range.line, 7);
    EXPECT_EQ(found.message, "no directory matches `pakcs/web*`");
    EXPECT_THAT(tree.files, SizeIs(1));
}

TEST_F(LoaderTest, ATreeWithoutPacksIsToldOfTheUsualPlace) {
    std::filesystem::remove_all(root.path() / "packs");
    const LoadedTree tree = loaded();
    ASSERT_THAT(tree.diagnostics, SizeIs(1));
    EXPECT_EQ(tree.diagnostics[0].message, "no directory matches `packs/*`");
    EXPECT_EQ(tree.diagnostics[0].range.line, 1);
}

TEST_F(LoaderTest, SaysWhatCannotBeReadWhereManifestsMayBe) {
    std::filesystem::create_symlink(root / "packs/ops/pack.yaml", root / "packs/ops/link.yaml");
    root.write("packs/ops/files/data.txt", "x");
    std::filesystem::create_symlink(root / "packs/ops/pack.yaml",
                                    root / "packs/ops/files/link.yaml");
    std::filesystem::create_symlink(root / "packs/ops/pack.yaml", root / "elsewhere.yaml");
    const LoadedTree tree = loaded();
    EXPECT_THAT(tree.unreadable, ElementsAre("packs/ops/link.yaml"));
    ASSERT_THAT(tree.diagnostics, SizeIs(1));
    EXPECT_EQ(tree.diagnostics[0].code, "ATT5004");
}

}  // namespace
}  // namespace attune
