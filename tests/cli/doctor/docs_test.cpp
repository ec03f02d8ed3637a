// docs/commands.md lists the checks as the program has them.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

// "a; b" -> "`a`, `b`": commands one by one.
std::string commands_text(std::string remedy) {
    for (std::size_t at; (at = remedy.find("; ")) != std::string::npos;) {
        remedy.replace(at, 2, "`, `");
    }
    return "`" + remedy + "`";
}

std::string table() {
    std::string rows = "| check | looks at | remedy |\n|---|---|---|\n";
    for (const auto& check : checks()) {
        rows += fmt::format("| {} | {} | {} |\n", check.id, check.looks_at,
                            commands_text(check.remedy));
    }
    return rows + "\n";
}

TEST(DoctorDocs, ListEveryCheckWithItsRemedyAndNoOther) {
    std::ifstream file(ATTUNE_SOURCE_DIR "/docs/commands.md");
    std::stringstream page;
    page << file.rdbuf();
    EXPECT_THAT(page.str(), testing::HasSubstr(table()));
}

}  // namespace
}  // namespace attune::doctor
