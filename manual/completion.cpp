#include "manual/completion.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "cli/command.h"
#include "core/codes.h"
#include "core/kinds.h"
#include "daemon/command_line.h"
#include "daemon/runner/command_line.h"
#include "manual/page.h"
#include "manual/schema_text.h"
#include "wire/topics.h"

namespace attune {
namespace {

using Kind = Offer::Kind;

std::vector<std::string> plural_kinds() {
    std::vector<std::string> words;
    for (const auto& kind : kinds()) words.emplace_back(kind.plural);
    return words;
}

std::vector<std::string> schema_words() {
    std::vector<std::string> words = {"source", "daemon", "feed"};
    for (const auto& kind : kinds()) words.emplace_back(kind.singular);
    return words;
}

std::vector<std::string> code_words() {
    std::vector<std::string> words;
    for (const auto& code : codes()) {
        words.push_back(code.code);
        std::ranges::copy(code.reasons, std::back_inserter(words));
    }
    std::ranges::sort(words);
    const auto [from, to] = std::ranges::unique(words);
    words.erase(from, to);
    return words;
}

std::vector<std::string> topic_words() {
    std::vector<std::string> words;
    for (const auto& topic : kFeedTopics) words.emplace_back(topic.name);
    return words;
}

void add_keys(const OrderedJson& schema, const std::string& above,
              std::vector<std::string>& keys) {
    for (const auto& [name, property] : schema["properties"].items()) {
        if (property.contains("properties")) {
            add_keys(property, above + name + ".", keys);
        } else {
            keys.push_back(above + name);
        }
    }
}

std::vector<std::string> setting_keys() {
    std::vector<std::string> keys;
    add_keys(schema_file("daemon.schema.json"), "", keys);
    return keys;
}

// By the word, and where an operand of a command has its own sense of it by both.
const std::map<std::string, Offer>& offers() {
    static const std::map<std::string, Offer> kOffers = {
        {"ACTION", {Kind::kObjects, {"actions"}}},
        {"CODE", {Kind::kWords, code_words()}},
        {"CRON", {}},
        {"DIR", {Kind::kDirectories}},
        {"DURATION", {}},
        {"EXECUTION", {Kind::kExecutions}},
        {"FILE", {Kind::kFiles}},
        {"JSON", {Kind::kFilesAt}},
        {"KEY", {}},
        {"KEY=VALUE", {Kind::kKeys, setting_keys()}},
        {"KIND", {Kind::kWords, plural_kinds()}},
        {"pause KIND", {Kind::kWords, {"sensor", "rule"}}},
        {"resume KIND", {Kind::kWords, {"sensor", "rule"}}},
        {"schema KIND", {Kind::kWords, schema_words()}},
        {"LEVEL", {Kind::kWords, {"debug", "info", "warn", "error"}}},
        {"N", {}},
        {"PACK", {Kind::kObjects, {"packs"}}},
        {"PAGE", {}},
        {"PATH", {Kind::kFiles}},
        {"next PATH", {Kind::kPathsOrSensors}},
        {"PATTERN", {Kind::kWords, topic_words()}},
        {"REF", {Kind::kRefs}},
        {"RULE", {Kind::kObjects, {"rules"}}},
        {"SENSOR", {Kind::kObjects, {"sensors"}}},
        {"TEXT", {}},
        {"TIME", {}},
        {"TRIGGER", {Kind::kObjects, {"triggers"}}},
        {"URL", {}},
        {"USER", {Kind::kUsers}},
        {"ZONE", {Kind::kZones}},
    };
    return kOffers;
}

std::vector<std::string> names_of(const Option& option) {
    std::vector<std::string> names;
    for (std::size_t from = 0; from < option.name.size();) {
        const auto end = std::min(option.name.find(',', from), option.name.size());
        names.push_back(option.name.substr(from, end - from));
        from = end + 1;
    }
    return names;
}

CommandLineOffer offers_of(const Command& command) {
    CommandLineOffer all{command.words, command.summary, {}, {}};
    for (const auto& option : command.options) {
        if (option.kind == Option::Kind::kOperand || option.kind == Option::Kind::kOperands) {
            all.operands.push_back({option.name, option.kind == Option::Kind::kOperands,
                                    offer_for(option.name, command.words).value_or(Offer{})});
            continue;
        }
        const auto offer = option.choices.empty() ? offer_for(option.value).value_or(Offer{})
                                                  : Offer{Kind::kWords, option.choices};
        all.options.push_back({names_of(option), option.help, option.value, offer});
    }
    all.options.push_back({{"-h", "--help"}, "print this help message and exit", "", {}});
    return all;
}

}  // namespace

std::optional<Offer> offer_for(const std::string& word, const std::string& command) {
    const auto& all = offers();
    const auto special = all.find(command + " " + word);
    if (special != all.end()) return special->second;
    const auto found = all.find(word);
    return found != all.end() ? std::optional(found->second) : std::nullopt;
}

std::vector<CommandLineOffer> offers_of_command() {
    std::vector<CommandLineOffer> all;
    for (const auto& command : commands()) all.push_back(offers_of(command));
    return all;
}

CommandLineOffer offers_of_program(const std::string& name) {
    const auto& program = name == daemon_program().name ? daemon_program() : runner_program();
    if (name != program.name) throw FrameError("there is no program " + name);
    CommandLineOffer all{name, "", {}, {}};
    for (const auto& option : all_options(program)) {
        const std::string value = option.value != nullptr ? option.value : "";
        all.options.push_back({{std::string("--") + option.name},
                               option.help,
                               value,
                               offer_for(value).value_or(Offer{})});
    }
    return all;
}

}  // namespace attune
