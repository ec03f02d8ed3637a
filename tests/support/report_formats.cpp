#include "tests/support/report_formats.h"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include "core/json_schema.h"

namespace attune {
namespace {

const JsonSchema& sarif_schema() {
    static const JsonSchema kSchema = [] {
        std::ifstream file(ATTUNE_SOURCE_DIR "/tests/fixtures/sarif.schema.json");
        return JsonSchema::compile(Json::parse(file)).value();
    }();
    return kSchema;
}

// Calls use(region) for every region anywhere in `value`.
template <class Use>
void each_region(const Json& value, const Use& use) {
    if (value.is_object() && value.contains("startLine")) use(value);
    if (!value.is_structured()) return;
    for (const auto& inner : value) each_region(inner, use);
}

}  // namespace

std::vector<std::string> faults_of_sarif(const Json& log) {
    std::vector<std::string> faults;
    for (const auto& violation : sarif_schema().validate(log)) {
        faults.push_back(violation.pointer + ": " + violation.message);
    }
    if (!faults.empty()) return faults;
    const auto& run = log.at("runs")[0];
    std::set<std::string> described;
    for (const auto& rule : run.at("tool").at("driver").at("rules")) {
        const auto id = rule.at("id").get<std::string>();
        if (!described.insert(id).second) faults.push_back(id + " is described twice");
    }
    for (const auto& result : run.at("results")) {
        const auto id = result.at("ruleId").get<std::string>();
        if (!described.contains(id)) faults.push_back(id + " is not described");
    }
    each_region(run.at("results"), [&](const Json& region) {
        const auto at = [&](const char* name) { return region.at(name).get<int>(); };
        if (std::tuple(at("startLine"), at("startColumn")) >
            std::tuple(at("endLine"), at("endColumn"))) {
            faults.push_back("ends before it starts: " + region.dump());
        }
    });
    return faults;
}

// docs.github.com, "Workflow commands": ::NAME PROPERTY=VALUE,...::MESSAGE, with % as %25, CR
// and LF as %0D and %0A, and in values : and , as %3A and %2C.
std::vector<std::string> faults_of_github(std::string_view text) {
    static const std::regex kCommand(
        R"(::(error|warning|notice) (file=([^%:,]|%(25|0D|0A|3A|2C))+,)"
        R"((line=[1-9]\d*,col=[1-9]\d*,endLine=[1-9]\d*,endColumn=[1-9]\d*,)?)?)"
        R"(title=ATT\d{4}::([^%\r]|%(25|0D|0A))+)");
    std::vector<std::string> faults;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        if (!std::regex_match(line, kCommand)) faults.push_back(line);
    }
    return faults;
}

}  // namespace attune
