#include "daemon/runner/environment.h"

#include <map>

#include <fmt/format.h>

#include "os/command_path.h"

namespace attune {
namespace {

bool is_name(const std::string& name) {
    return !name.empty() && name.find('=') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

tl::expected<std::vector<std::string>, std::string> make_environment(const ProcessClaim& claim,
                                                                     const std::string& home) {
    std::map<std::string, std::string> entries = {
        {"PATH", kCommandPath}, {"HOME", home}, {"LANG", "C.UTF-8"}};
    for (const auto& [name, value] : claim.env) {
        if (!is_name(name)) return tl::unexpected("env has a name that cannot be one: " + name);
        if (value.find('\0') != std::string::npos) {
            return tl::unexpected("env " + name + " contains a NUL byte");
        }
        entries[name] = value;
    }
    entries["ATTUNE_EXECUTION_ID"] = std::to_string(claim.key.id.value);
    entries["ATTUNE_ATTEMPT"] = std::to_string(claim.attempt);
    entries["ATTUNE_ACTION"] = claim.action_ref;
    entries["ATTUNE_IDEMPOTENCY_KEY"] = claim.idempotency_key;
    entries.erase("ATTUNE_RULE");
    entries.erase("ATTUNE_EVENT_ID");
    if (!claim.rule_ref.empty()) entries["ATTUNE_RULE"] = claim.rule_ref;
    if (claim.event) entries["ATTUNE_EVENT_ID"] = std::to_string(claim.event.value);

    std::vector<std::string> environment;
    environment.reserve(entries.size());
    for (const auto& [name, value] : entries)
        environment.push_back(fmt::format("{}={}", name, value));
    return environment;
}

std::string execution_mark(ExecutionId execution) {
    return "ATTUNE_EXECUTION_ID=" + std::to_string(execution.value);
}

}  // namespace attune
