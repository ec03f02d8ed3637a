#include "core/yaml_tree.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/yaml_bytes.h"
#include "core/yaml_scalar.h"

namespace attune {
namespace {

constexpr std::size_t kUsualMembers = 4;  // of a mapping; saves moving them as they come

bool is_collection(const Node& node) {
    return node.kind == Node::Kind::kSequence || node.kind == Node::Kind::kMapping;
}

std::size_t count_nodes(const Node& node) {
    std::size_t count = 1;
    for (const auto& item : node.items) count += count_nodes(item);
    for (const auto& member : node.members) count += count_nodes(member.value);
    return count;
}

std::size_t depth_of(const Node& node) {
    std::size_t deepest = 0;
    for (const auto& item : node.items) deepest = std::max(deepest, depth_of(item));
    for (const auto& member : node.members) deepest = std::max(deepest, depth_of(member.value));
    return deepest + (is_collection(node) ? 1 : 0);
}

std::size_t bytes_of(const Node& node) {
    std::size_t bytes = node.text.size();
    for (const auto& item : node.items) bytes += bytes_of(item);
    for (const auto& member : node.members) bytes += member.key.size() + bytes_of(member.value);
    return bytes;
}

bool ends_token(char c) {
    return std::string_view(" \t\r\n:,]}").find(c) != std::string_view::npos;
}

bool is_null_word(std::string_view word) {
    return word == "null" || word == "Null" || word == "NULL" || word == "~";
}

}  // namespace

YamlTree::YamlTree(const TextPlaces& places, std::string_view file)
    : places_(places), text_(places.text()), file_(file) {}

void YamlTree::start_document(std::size_t at) {
    if (++documents_ > limits::kDocuments) {
        stop("ATT1014", at, at + 3,
             fmt::format("more than {} documents in one file", limits::kDocuments),
             "split the file");
    }
    if (documents_ > 1) require_separator(at);
    anchors_.clear();
}

void YamlTree::end_document() {
    if (root_) documents.push_back(std::move(*root_));
    root_.reset();
}

void YamlTree::null(std::size_t at, Anchor anchor) {
    const auto span = span_of_scalar(text_, at, "null");
    if (expects_key()) {
        take_null_key(span);
        return;
    }
    check_colon();
    check_empty_item(span.begin);
    Node node;
    node.text = explicit_null(span.begin);
    if (!node.text.empty()) {
        last_end_ = span.begin + node.text.size();
        node.range = places_.range(span.begin, last_end_);
    } else if (frames_.empty()) {
        return;  // an empty document
    } else {
        node.range = frames_.back().pending ? frames_.back().pending->key_range
                                            : places_.range(last_end_, last_end_);
    }
    remember(anchor, node);
    add(std::move(node));
}

void YamlTree::alias(std::size_t at, Anchor anchor) {
    auto end = std::min(at + 1, text_.size());
    while (end < text_.size() && !ends_token(text_[end])) ++end;
    if (expects_key()) stop("ATT1019", at, end, "an alias cannot be a key", "write it out");
    check_colon();
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
        auto& diagnostic = report("ATT1011", places_.range(at, end),
                                  "an alias stands inside the value that its anchor names",
                                  "a value cannot contain itself");
        if (const auto open = open_anchor(anchor)) {
            diagnostic.related.push_back({"the anchor", file_, *open});
        }
        throw YamlStop{};
    }
    const auto& anchored = found->second;
    nodes_ += anchored.nodes - 1;  // add() counts the root
    copied_bytes_ += anchored.bytes;
    if (nodes_ > limits::kNodes || copied_bytes_ > limits::kCopiedBytes) {
        too_many(places_.range(at, end), &anchored.node.range);
    }
    check_depth(anchored.depth, at, end);
    Node copy = anchored.node;
    copy.range = places_.range(at, end);
    last_end_ = end;
    add(std::move(copy));
}

void YamlTree::scalar(std::size_t at, std::string_view tag, Anchor anchor,
                      const std::string& value) {
    const auto span = span_of_scalar(text_, at, value);
    check_separated(at, span.begin);
    check_scalar(span, value);
    if (expects_key()) {
        take_key(span, value);
        Node key;
        key.kind = Node::Kind::kString;
        key.text = value;
        remember(anchor, key);
        return;
    }
    check_colon();
    if (value == "-" && span.style == ScalarSpan::Style::kPlain) {
        stop("ATT1007", span.begin, span.end, "a plain value cannot be `-`", "quote it: \"-\"");
    }
    Node node;
    node.range = places_.range(span.begin, span.end);
    last_end_ = span.end;
    type(node, span, tag, value);
    remember(anchor, node);
    add(std::move(node));
}

void YamlTree::open(Node::Kind kind, std::size_t at, std::string_view tag, Anchor anchor,
                    bool flow) {
    const auto begin = skip_properties(text_, at);
    check_separated(at, begin);
    if (expects_key()) {
        // To the parser a bracket that nothing closes starts a key.
        const auto closer = text_.find(kind == Node::Kind::kMapping ? '}' : ']', begin);
        if (flow && closer == std::string_view::npos) {
            stop("ATT1031", begin, begin + 1, "a bracket is not closed", "close it");
        }
        stop("ATT1019", begin, begin + 1, "a list or mapping cannot be a key", "keys are text");
    }
    check_colon();
    check_depth(1, begin, begin + 1);
    if (!tag_allows(tag, kind == Node::Kind::kMapping ? "map" : "seq")) {
        const auto fault = unknown_tag(tag);
        report(fault.code, places_.range(at, begin), fault.message, fault.help);
    }
    Frame frame;
    frame.node.kind = kind;
    if (kind == Node::Kind::kMapping) frame.node.members.reserve(kUsualMembers);
    frame.anchor = anchor;
    frame.flow = flow;
    frame.begin = begin;
    last_end_ = flow ? begin + 1 : begin;
    frames_.push_back(std::move(frame));
}

void YamlTree::close() {
    auto frame = std::move(frames_.back());
    frames_.pop_back();
    check_duplicates(frame.node);
    if (frame.flow) {
        last_end_ = end_of_flow(last_end_);
        const auto out = falls_out_at_block(frame.begin, last_end_);
        if (out != std::string_view::npos) {
            stop("ATT1030", out, out + 1, "this line leaves the mapping that the bracket is in",
                 "indent every line up to the closing bracket deeper than the key");
        }
    }
    frame.node.range = places_.range(frame.begin, last_end_);
    remember(frame.anchor, frame.node);
    add(std::move(frame.node));
}

std::optional<Range> YamlTree::open_bracket() const {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
        if (frame->flow) return places_.range(frame->begin, frame->begin + 1);
    }
    return std::nullopt;
}

Diagnostic& YamlTree::record(std::string_view code, const Range& range, std::string message,
                             std::string help) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.file = file_;
    diagnostic.range = range;
    diagnostic.help = std::move(help);
    diagnostics.push_back(std::move(diagnostic));
    return diagnostics.back();
}

Diagnostic& YamlTree::report(std::string_view code, const Range& range, std::string message,
                             std::string help) {
    auto& diagnostic = record(code, range, std::move(message), std::move(help));
    if (++errors_ > limits::kFindings) throw YamlStop{};
    return diagnostic;
}

void YamlTree::warn(std::string_view code, const Range& range, std::string message,
                    std::string help) {
    if (++warnings_ > limits::kFindings + 1) return;
    record(code, range, std::move(message), std::move(help)).severity = Severity::kWarning;
}

void YamlTree::stop(std::string_view code, std::size_t begin, std::size_t end,
                    std::string message, std::string help) {
    report(code, places_.range(begin, end), std::move(message), std::move(help));
    throw YamlStop{};
}

bool YamlTree::expects_key() const {
    return !frames_.empty() && frames_.back().node.kind == Node::Kind::kMapping &&
           !frames_.back().pending;
}

// A second document starts at `---`, or after a line `...`. The parser takes anything that
// follows a finished document for the next one, even nothing, for ever.
void YamlTree::require_separator(std::size_t at) {
    if (text_.substr(at, 3) == "---") return;
    for (int number = places_.line_of(at) - 1; places_.line_start(number) > last_end_;
         --number) {
        if (places_.line(number).starts_with("...")) return;
    }
    stop("ATT1029", at, at + 1, "text after the end of the document",
         "separate documents by a line `---`");
}

// The text of a null that is written, "" when the value is left out. The parser marks a
// missing value where the next token starts, which may be a key spelt `null`.
std::string YamlTree::explicit_null(std::size_t at) const {
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
        if (text_.substr(at, word.size()) != word) continue;
        const auto after = skip_blanks(text_, at + word.size());
        const bool is_key = after < text_.size() && text_[after] == ':' &&
                            (after + 1 == text_.size() || text_[after + 1] <= ' ');
        return is_key ? "" : std::string(word);
    }
    return {};
}

// Between a key and its value stands a colon; the parser does not insist on it. Flow mappings
// may leave the value out.
void YamlTree::check_colon() {
    if (frames_.empty() || !frames_.back().pending || frames_.back().flow) return;
    const auto& frame = frames_.back();
    const auto colon = skip_blanks(text_, frame.key_end);
    if (colon < text_.size() && text_[colon] == ':') return;
    if (is_explicit_key(text_, frame.key_begin)) return;
    stop("ATT1005", frame.key_begin, frame.key_end, "a line of a mapping has no `:`",
         "write `key: value`");
}

// What a tag and an anchor at `at` belong to stands behind a blank; only nothing needs none.
void YamlTree::check_separated(std::size_t at, std::size_t begin) {
    if (begin <= at || begin >= text_.size()) return;
    if (std::string_view(" \t\r\n").find(text_[begin - 1]) != std::string_view::npos) return;
    if (std::string_view(",]}").find(text_[begin]) != std::string_view::npos) return;
    stop("ATT1029", begin, begin + 1, "text right behind a tag or an anchor",
         "put a blank between them");
}

// `[ , ]` and `{ , }`: between brackets only a value may stand before a comma.
void YamlTree::check_empty_item(std::size_t at) {
    if (frames_.empty() || !frames_.back().flow || frames_.back().pending) return;
    if (at >= text_.size() || text_[at] != ',') return;
    stop("ATT1031", at, at + 1, "nothing stands before this comma", "remove it");
}

void YamlTree::check_scalar(const ScalarSpan& span, const std::string& value) {
    using enum ScalarSpan::Style;
    if (span.style == kSingleQuoted || span.style == kDoubleQuoted) check_quotes(span);
    if (value.size() > limits::kScalarBytes) {
        stop("ATT1015", span.begin, span.begin + 1,
             fmt::format("a value of {} bytes; at most {} are read", value.size(),
                         limits::kScalarBytes),
             "keep large texts in a file of the pack");
    }
    if (span.style == kDoubleQuoted) check_escapes(span, value);
}

// Where what stands in text[begin, end) leaves the block mapping it is a value of.
std::size_t YamlTree::falls_out_at_block(std::size_t begin, std::size_t end) const {
    if (frames_.empty() || frames_.back().flow ||
        frames_.back().node.kind != Node::Kind::kMapping) {
        return std::string_view::npos;
    }
    return falls_out_at(text_, begin, end, indent_of_line(text_, frames_.back().begin));
}

void YamlTree::check_quotes(const ScalarSpan& span) {
    const bool falls_out = falls_out_at_block(span.begin, span.end) != std::string_view::npos;
    if (!span.closed || falls_out) {
        stop("ATT1004", span.begin, span.begin + 1, "this quote is not closed",
             "add the closing quote; quoted text that goes on in the next line is indented");
    }
    if (span.end < text_.size() && !ends_token(text_[span.end])) {
        stop("ATT1029", span.end, span.end + 1, "text right behind a closing quote",
             "put all of the value into quotes");
    }
}

// Escapes can make what bytes may not be.
void YamlTree::check_escapes(const ScalarSpan& span, const std::string& value) {
    if (value.find('\0') != std::string::npos) {
        stop("ATT1003", span.begin, span.end, "an escape makes a NUL character",
             "the database cannot store it; remove it");
    }
    if (find_invalid_utf8(value) != std::string_view::npos) {
        stop("ATT1032", span.begin, span.end, "an escape that names no character",
             "write a code point that exists and is no surrogate");
    }
}

void YamlTree::check_depth(std::size_t added, std::size_t begin, std::size_t end) {
    if (frames_.size() + added <= limits::kDepth) return;
    stop("ATT1013", begin, end, fmt::format("nested deeper than {}", limits::kDepth),
         "flatten it");
}

void YamlTree::check_duplicates(const Node& mapping) {
    std::vector<const Member*> sorted;
    sorted.reserve(mapping.members.size());
    for (const auto& member : mapping.members) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->key < b->key; });
    for (std::size_t first = 0, i = 1; i < sorted.size(); ++i) {
        if (sorted[i]->key != sorted[first]->key) {
            first = i;
            continue;
        }
        auto& diagnostic = report("ATT1009", sorted[i]->key_range,
                                  fmt::format("key `{}` is given twice", sorted[i]->key),
                                  "remove one of them");
        diagnostic.related.push_back({"first given here", file_, sorted[first]->key_range});
    }
}

void YamlTree::take_null_key(ScalarSpan span) {
    for (const std::size_t length : {std::size_t{4}, std::size_t{1}}) {
        const auto word = text_.substr(span.begin, length);
        if (!is_null_word(word)) continue;
        span.end = span.begin + word.size();
        take_key(span, std::string(word));
        return;
    }
    stop("ATT1019", span.begin, span.begin + 1, "a key is missing", "write it before the `:`");
}

void YamlTree::take_key(const ScalarSpan& span, const std::string& key) {
    if (key.size() > limits::kKeyBytes) {
        stop("ATT1016", span.begin, span.begin + 1,
             fmt::format("a key of {} bytes; at most {} are read", key.size(),
                         limits::kKeyBytes),
             "shorten it");
    }
    auto& frame = frames_.back();
    Member member;
    member.key = key;
    member.key_range = places_.range(span.begin, span.end);
    if (key == "<<" && span.style == ScalarSpan::Style::kPlain) {
        report("ATT1018", member.key_range, "merge keys are not supported",
               "write the merged keys out, or quote \"<<\" if it is meant as a key");
    }
    const bool several_lines = member.key_range.line != member.key_range.end_line;
    if (several_lines && !frame.flow && !is_explicit_key(text_, span.begin)) {
        const auto line = places_.line(member.key_range.line);
        stop("ATT1005", span.begin, places_.line_start(member.key_range.line) + line.size(),
             "a line of a mapping has no `:`", "write `key: value`");
    }
    frame.key_begin = span.begin;
    frame.key_end = span.end;
    last_end_ = span.end;
    frame.pending = std::move(member);
}

void YamlTree::type(Node& node, const ScalarSpan& span, std::string_view tag,
                    const std::string& value) {
    const auto notes = type_scalar(tag, span.style == ScalarSpan::Style::kPlain, value, node);
    if (!notes) {
        report(notes.error().code, node.range, notes.error().message, notes.error().help);
        return;
    }
    if (notes->leading_zero) {
        warn("ATT1026", node.range,
             fmt::format("`{}` is the decimal number {}", value, node.integer),
             "remove the leading zero; octal numbers are written 0o17");
    }
    if (notes->beyond_2_53) {
        warn("ATT1027", node.range, fmt::format("integer {} is beyond 2^53", value),
             "it is kept exactly here, but many JSON readers round it; quote it to make it "
             "text");
    }
}

// Behind the bracket that closes a flow collection whose last part ends at `at`.
std::size_t YamlTree::end_of_flow(std::size_t at) const {
    const auto bracket = text_.find_first_not_of(" \t\r\n,:", at);
    if (bracket == std::string_view::npos) return at;
    return text_[bracket] == ']' || text_[bracket] == '}' ? bracket + 1 : at;
}

void YamlTree::remember(Anchor anchor, const Node& node) {
    if (anchor == 0) return;
    Anchored anchored{node, count_nodes(node), depth_of(node), bytes_of(node)};
    anchored_nodes_ += anchored.nodes;
    copied_bytes_ += anchored.bytes;
    if (anchored_nodes_ > limits::kNodes || copied_bytes_ > limits::kCopiedBytes) {
        too_many(node.range, &node.range);
    }
    anchors_.insert_or_assign(anchor, std::move(anchored));
}

std::optional<Range> YamlTree::open_anchor(Anchor anchor) const {
    for (const auto& frame : frames_) {
        if (frame.anchor == anchor) return places_.range(frame.begin, frame.begin + 1);
    }
    return std::nullopt;
}

// Of what stands in the text itself there cannot be too many bytes.
void YamlTree::too_many(const Range& range, const Range* anchor) {
    const bool bytes = copied_bytes_ > limits::kCopiedBytes;
    auto& diagnostic =
        report("ATT1012", range,
               bytes ? fmt::format("anchors and aliases stand for more than {} bytes",
                                   limits::kCopiedBytes)
                     : fmt::format("more than {} values in one file", limits::kNodes),
               anchor == nullptr ? "split the file" : "aliases count as what they stand for");
    if (anchor != nullptr) diagnostic.related.push_back({"the anchor", file_, *anchor});
    throw YamlStop{};
}

void YamlTree::add(Node node) {
    if (++nodes_ > limits::kNodes) too_many(node.range, nullptr);
    if (frames_.empty()) {
        root_ = std::move(node);
        return;
    }
    auto& frame = frames_.back();
    if (frame.node.kind == Node::Kind::kSequence) {
        frame.node.items.push_back(std::move(node));
        return;
    }
    frame.pending->value = std::move(node);
    frame.node.members.push_back(std::move(*frame.pending));
    frame.pending.reset();
}

}  // namespace attune
