// attune parse: what the YAML reader has understood.
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "core/diagnostic_text.h"
#include "core/node.h"
#include "core/yaml.h"

namespace attune {
namespace {

// Above the limit of a manifest, so that the reader says what is too long, and how much.
constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

Json with_positions(const Node& node) {
    Json shown = {{"line", node.range.line}, {"column", node.range.column}};
    switch (node.kind) {
        case Node::Kind::kSequence:
            shown["items"] = Json::array();
            for (const auto& item : node.items) shown["items"].push_back(with_positions(item));
            break;
        case Node::Kind::kMapping:
            shown["members"] = Json::object();
            for (const auto& member : node.members) {
                auto value = with_positions(member.value);
                value["key_line"] = member.key_range.line;
                value["key_column"] = member.key_range.column;
                shown["members"][member.key] = std::move(value);
            }
            break;
        case Node::Kind::kNull:
        case Node::Kind::kBoolean:
        case Node::Kind::kInteger:
        case Node::Kind::kReal:
        case Node::Kind::kString:
            shown["value"] = to_json(node);
            break;
    }
    return shown;
}

int run_parse(const Given& given, Terminal& terminal) {
    const auto file = given.text("FILE");
    const auto bytes =
        file == "-" ? read_input(terminal, kMostBytes) : read_input_file(file, kMostBytes);
    const auto name = file == "-" ? std::string("<stdin>") : file;
    const auto parsed = parse_yaml(bytes, name);
    if (!parsed.diagnostics.empty()) {
        terminal.err << render_text(parsed.diagnostics,
                                    [&](std::string_view) { return std::string_view(bytes); },
                                    {.color = terminal.err_color});
    }
    if (has_errors(parsed.diagnostics)) return kExitFailed;
    auto documents = Json::array();
    for (const auto& document : parsed.documents) {
        documents.push_back(given.has("--positions") ? with_positions(document)
                                                     : to_json(document));
    }
    show(given, terminal, documents, [&] { terminal.out << documents.dump(2) << '\n'; });
    return kExitOk;
}

}  // namespace

void add_parse_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "parse",
         .summary = "print what a YAML file means, as JSON",
         .text =
             "An array with the typed value of every document, whatever its shape: nothing "
             "but the YAML itself is judged. With --positions every value is {value | items "
             "| members, line, column}.",
         .examples = {"attune parse examples/config/packs/ops/sensors/timers.yaml",
                      "attune parse --positions - < manifest.yaml"},
         .options =
             {{Option::Kind::kOperand, "FILE", "", "a file, or - for standard input", {}, true},
              {Option::Kind::kFlag, "--positions", "",
               "say where every value stands (1-based, columns in code points)"},
              output_option({"json", "yaml"})},
         .run = run_parse});
}

}  // namespace attune
