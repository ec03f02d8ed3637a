#include "cli/command.h"

#include <charconv>

#include "cli/commands.h"

namespace attune {

std::string Given::text(const std::string& name) const {
    const auto found = values_.find(name);
    return found != values_.end() ? found->second.back() : "";
}

std::optional<std::int64_t> Given::number(const std::string& name) const {
    const auto value = text(name);
    std::int64_t number = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
    return number;
}

std::vector<std::string> Given::texts(const std::string& name) const {
    const auto found = values_.find(name);
    return found != values_.end() ? found->second : std::vector<std::string>{};
}

void Given::add(const std::string& name, std::string value) {
    values_[name].push_back(std::move(value));
}

std::span<const Command> commands() {
    static const std::vector<Command> kCommands = [] {
        std::vector<Command> all;
        add_validate_command(all);
        add_parse_command(all);
        add_next_command(all);
        add_reconcile_commands(all);
        add_status_command(all);
        add_doctor_command(all);
        add_object_commands(all);
        add_ledger_commands(all);
        add_watch_command(all);
        add_request_commands(all);
        add_cancel_command(all);
        add_pause_commands(all);
        add_audit_commands(all);
        add_reference_commands(all);
        return all;
    }();
    return kCommands;
}

Option output_option(std::vector<std::string> choices) {
    std::string help = choices.front() + " (the default)";
    for (std::size_t i = 1; i < choices.size(); ++i) {
        help += (i + 1 == choices.size() ? " or " : ", ") + choices[i];
    }
    return {Option::Kind::kText, "-o,--output", "FORMAT", help, std::move(choices)};
}

Option socket_option() {
    return {Option::Kind::kText, "--socket", "PATH", "where the daemon listens"};
}

Option database_option(const std::string& help) {
    return {Option::Kind::kText, "--database", "URL", help};
}

}  // namespace attune
