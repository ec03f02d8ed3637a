// Builds Nodes from a YAML parser's events and refuses what the parser lets pass.
//
// The events carry byte offsets into the text; core/yaml.cpp translates the parser's. A
// finding that would make going on unbounded or nonsense throws YamlStop, after reporting it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/node.h"
#include "core/text_places.h"
#include "core/yaml_source.h"

namespace attune {

struct YamlStop {};

class YamlTree {
public:
    using Anchor = std::size_t;  // 0: none

    // Findings carry `file`. Both references must outlive this.
    YamlTree(const TextPlaces& places, std::string_view file);

    void start_document(std::size_t at);
    void end_document();
    void null(std::size_t at, Anchor anchor);
    void alias(std::size_t at, Anchor anchor);
    void scalar(std::size_t at, std::string_view tag, Anchor anchor, const std::string& value);
    // `kind` is kSequence or kMapping; `flow`: written with brackets.
    void open(Node::Kind kind, std::size_t at, std::string_view tag, Anchor anchor, bool flow);
    void close();

    // The innermost bracket that is not closed yet.
    std::optional<Range> open_bracket() const;

    std::vector<Node> documents;  // finished ones, empty ones left out
    Diagnostics diagnostics;

private:
    struct Frame {
        Node node;
        Anchor anchor = 0;
        bool flow = false;
        std::size_t begin = 0;
        std::optional<Member> pending;  // a key that waits for its value
        std::size_t key_begin = 0;
        std::size_t key_end = 0;
    };

    struct Anchored {
        Node node;
        std::size_t nodes = 1;
        std::size_t depth = 0;
        std::size_t bytes = 0;
    };

    Diagnostic& record(std::string_view code, const Range& range, std::string message,
                       std::string help);
    // Throws YamlStop after one error more than are told.
    Diagnostic& report(std::string_view code, const Range& range, std::string message,
                       std::string help);
    void warn(std::string_view code, const Range& range, std::string message, std::string help);
    [[noreturn]] void stop(std::string_view code, std::size_t begin, std::size_t end,
                           std::string message, std::string help);

    bool expects_key() const;
    void require_separator(std::size_t at);
    std::string explicit_null(std::size_t at) const;
    void check_separated(std::size_t at, std::size_t begin);
    void check_colon();
    void check_empty_item(std::size_t at);
    void check_scalar(const ScalarSpan& span, const std::string& value);
    std::size_t falls_out_at_block(std::size_t begin, std::size_t end) const;
    void check_quotes(const ScalarSpan& span);
    void check_escapes(const ScalarSpan& span, const std::string& value);
    void check_depth(std::size_t added, std::size_t begin, std::size_t end);
    void check_duplicates(const Node& mapping);
    void take_null_key(ScalarSpan span);
    void take_key(const ScalarSpan& span, const std::string& key);
    void type(Node& node, const ScalarSpan& span, std::string_view tag,
              const std::string& value);
    std::size_t end_of_flow(std::size_t at) const;
    void remember(Anchor anchor, const Node& node);
    std::optional<Range> open_anchor(Anchor anchor) const;
    [[noreturn]] void too_many(const Range& range, const Range* anchor);
    void add(Node node);

    const TextPlaces& places_;
    std::string_view text_;
    std::string file_;
    std::vector<Frame> frames_;
    std::optional<Node> root_;
    std::map<Anchor, Anchored> anchors_;
    std::size_t documents_ = 0;
    std::size_t nodes_ = 0;
    std::size_t anchored_nodes_ = 0;
    std::size_t copied_bytes_ = 0;  // by anchors and aliases
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
    std::size_t last_end_ = 0;  // of the last scalar, alias or flow collection
};

}  // namespace attune
