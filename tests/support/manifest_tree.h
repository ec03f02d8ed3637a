// Trees of manifests for tests, written as people write them.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temp_directory.h"

namespace attune {

// A source with the pack `ops`, empty at first.
class ManifestTree {
public:
    ManifestTree() {
        write("attune.yaml",
              "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\n"
              "spec: {packs: [\"packs/*\"]}\n");
        write("packs/ops/pack.yaml",
              "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\nspec: {}\n");
    }

    const std::filesystem::path& path() const { return directory_.path(); }

    void write(const std::string& name, const std::string& text) {
        const auto file = path() / name;
        std::filesystem::create_directories(file.parent_path());
        directory_.write(name, text);
    }
    void remove(const std::string& name) { std::filesystem::remove(path() / name); }

    // packs/ops/sensors/NAME.yaml: an interval timer of so many seconds.
    void interval(const std::string& name, int seconds, const std::string& more = "") {
        write("packs/ops/sensors/" + name + ".yaml",
              "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops." + name +
                  "}\nspec:\n  trigger: core.intervaltimer\n  config: {unit: seconds, "
                  "interval: " +
                  std::to_string(seconds) + more + "}\n");
    }

    // packs/ops/rules/NAME.yaml: answers one sensor of core.intervaltimer.
    void rule(const std::string& name, const std::string& sensor, const std::string& action,
              const std::string& params = "{}") {
        write("packs/ops/rules/" + name + ".yaml",
              "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops." + name +
                  "}\nspec:\n  trigger: core.intervaltimer\n  sensors: [ops." + sensor +
                  "]\n  action: {ref: " + action + ", params: " + params + "}\n");
    }

private:
    TempDirectory directory_;
};

}  // namespace attune
