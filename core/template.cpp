#include "core/template.h"

#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/node.h"

namespace attune {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

// What one pair of braces holds: a path, or text to be printed.
struct Tag {
    std::optional<ContextPath> path;
    std::optional<Json> fallback;
    std::string text;  // without a path
};

Refused syntax(std::string message, std::size_t at, std::string help) {
    auto refused = refuse("ATT4035", std::move(message), std::move(help));
    refused.value().column = at + 1;
    return refused;
}

// Reads the inside of one tag; `at` stands behind its opening braces.
class TagReader {
public:
    TagReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    Result<Tag> read() {
        Tag tag;
        skip_blanks();
        if (peek() == '"') {
            auto literal = json_up_to_its_end();
            if (!literal) return tl::unexpected(std::move(literal.error()));
            tag.text = literal->get<std::string>();
        } else {
            auto path = read_path();
            if (!path) return tl::unexpected(std::move(path.error()));
            tag.path = std::move(*path);
            auto fallback = read_filter();
            if (!fallback) return tl::unexpected(std::move(fallback.error()));
            tag.fallback = std::move(*fallback);
        }
        skip_blanks();
        if (text_.substr(at_, kClose.size()) != kClose) {
            return syntax(at_ >= text_.size() ? "template has no closing `}}`"
                                              : "template has more than a path and a default",
                          at_, "write {{ path }} or {{ path | default(<json>) }}");
        }
        at_ += kClose.size();
        return tag;
    }

    // Behind the closing braces, after read().
    std::size_t end() const { return at_; }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_blanks() {
        while (std::isspace(static_cast<unsigned char>(peek())) != 0) ++at_;
    }

    Result<ContextPath> read_path() {
        const std::size_t from = at_;
        const std::size_t end = text_.find_first_of(" \t\r\n|{}\"'()", at_);
        at_ = std::min(end, text_.size());
        if (at_ == from) {
            return syntax("template names no path", from,
                          "write {{ event.payload.x }}; to print braces write {{ \"{{\" }}");
        }
        auto path = ContextPath::parse(text_.substr(from, at_ - from));
        if (!path) path.error().column = from + 1;
        return path;
    }

    // `| default(<json>)`, or nothing.
    Result<std::optional<Json>> read_filter() {
        skip_blanks();
        if (peek() != '|') return std::optional<Json>();
        ++at_;
        skip_blanks();
        const std::size_t from = at_;
        while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_') ++at_;
        const std::string_view name = text_.substr(from, at_ - from);
        skip_blanks();
        if (name != "default" || peek() != '(') {
            return syntax(fmt::format("unknown filter `{}`", name), from,
                          "the only filter is default(<json>), as in {{ event.payload.x | "
                          "default(0) }}");
        }
        ++at_;
        skip_blanks();
        auto value = json_up_to_its_end();
        if (!value) return tl::unexpected(std::move(value.error()));
        skip_blanks();
        if (peek() != ')')
            return syntax("default( is not closed", at_, "write default(<json>)");
        ++at_;
        return std::optional<Json>(std::move(*value));
    }

    // One JSON value, wherever it ends: outside quotes and brackets.
    Result<Json> json_up_to_its_end() {
        const std::size_t from = at_;
        std::size_t depth = 0;
        bool quoted = false;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (quoted) {
                if (c == '\\') {
                    ++at_;
                } else if (c == '"') {
                    quoted = false;
                    if (depth == 0) {
                        ++at_;
                        break;
                    }
                }
                continue;
            }
            if (c == '"') quoted = true;
            if ((c == '[' || c == '{') && ++depth > limits::kDepth) {
                return syntax(fmt::format("default nested deeper than {}", limits::kDepth),
                              from, "flatten it");
            }
            if (depth == 0 && (c == ')' || c == '}' || c == ']')) break;
            if (c == ']' || c == '}') --depth;
        }
        at_ = std::min(at_, text_.size());
        const std::string_view json = text_.substr(from, at_ - from);
        Json value = json.size() <= limits::kScalarBytes
                         ? Json::parse(json, nullptr, /*allow_exceptions=*/false)
                         : Json(Json::value_t::discarded);
        if (value.is_discarded()) {
            return syntax(fmt::format("`{}` is not JSON", json), from,
                          "a text needs double quotes, as in default(\"none\")");
        }
        return value;
    }

    std::string_view text_;
    std::size_t at_;
};

// As it stands inside a JSON string.
std::string escaped(std::string_view text) {
    const std::string quoted = compact(Json(text));
    return quoted.substr(1, quoted.size() - 2);
}

// A value put into other text.
std::string as_text(const Json& value) {
    return escaped(value.is_string() ? value.get_ref<const std::string&>() : compact(value));
}

}  // namespace

// Writes the value as JSON text, cut where a path stands.
struct Template::Compiler {
    Template result;
    std::vector<Fault> faults;

    void value(const Json& written, const std::string& pointer);
    void string(const std::string& written, const std::string& pointer);
    void slot(Tag tag, bool within_text, const std::string& pointer);
    void add(Fault fault, const std::string& pointer);
};

void Template::Compiler::value(const Json& written,  // NOLINT(misc-no-recursion)
                               const std::string& pointer) {
    std::string& out = result.tail_;
    if (written.is_string()) return string(written.get_ref<const std::string&>(), pointer);
    if (!written.is_structured()) {
        out += compact(written);
        return;
    }
    bool first = true;
    out += written.is_array() ? '[' : '{';
    for (const auto& [key, member] : written.items()) {
        if (!first) out += ',';
        first = false;
        const std::string below = fmt::format("{}/{}", pointer, pointer_segment(key));
        if (written.is_object()) {
            if (key.find(kOpen) != std::string::npos) {
                Refused refused =
                    refuse("ATT4036", fmt::format("template in the key `{}`", key),
                           "only values can be templates");
                add(std::move(refused.value()), below);
            }
            out += compact(Json(key));
            out += ':';
        }
        value(member, below);
    }
    out += written.is_array() ? ']' : '}';
}

void Template::Compiler::string(const std::string& written, const std::string& pointer) {
    std::string& out = result.tail_;
    std::size_t from = 0;
    std::size_t open = written.find(kOpen);
    const bool starts_with_tag = open == 0;
    if (!starts_with_tag) out += '"';
    while (open != std::string::npos) {
        TagReader reader(written, open + kOpen.size());
        auto tag = reader.read();
        if (!tag) return add(std::move(tag.error()), pointer);
        const bool whole = starts_with_tag && from == 0 && reader.end() == written.size();
        if (whole && tag->path) return slot(std::move(*tag), /*within_text=*/false, pointer);
        if (starts_with_tag && from == 0) out += '"';
        out += escaped(std::string_view(written).substr(from, open - from));
        if (tag->path) {
            slot(std::move(*tag), /*within_text=*/true, pointer);
        } else {
            out += escaped(tag->text);
        }
        from = reader.end();
        open = written.find(kOpen, from);
    }
    out += escaped(std::string_view(written).substr(from));
    out += '"';
}

void Template::Compiler::slot(Tag tag, bool within_text, const std::string& pointer) {
    result.slots_.push_back({.before = std::exchange(result.tail_, {}),
                             .path = std::move(*tag.path),
                             .fallback = std::move(tag.fallback),
                             .within_text = within_text,
                             .pointer = pointer});
}

void Template::Compiler::add(Fault fault, const std::string& pointer) {
    if (faults.size() > limits::kFindings) return;
    fault.pointer = pointer;
    faults.push_back(std::move(fault));
}

tl::expected<std::string, std::string> Template::render(Context& context) const {
    const auto too_long = [] {
        return tl::unexpected(
            fmt::format("rendered parameters are over {} bytes", limits::kRenderedParamsBytes));
    };
    std::string out;
    for (const Slot& slot : slots_) {
        const Json* found = context.find(slot.path);
        if (found == nullptr && slot.fallback) found = &*slot.fallback;
        if (found == nullptr) {
            return tl::unexpected(
                fmt::format("undefined: {} in {}", slot.path.text(), slot.pointer));
        }
        out += slot.before;
        out += slot.within_text ? as_text(*found) : compact(*found);
        // Asked at each slot: many slots of a large payload must not pile up first.
        if (out.size() > limits::kRenderedParamsBytes) return too_long();
    }
    out += tail_;
    if (out.size() > limits::kRenderedParamsBytes) return too_long();
    return out;
}

Compiled<Template> compile_template(const Json& value) {
    Template::Compiler compiler;
    compiler.value(value, "");
    std::size_t constant = compiler.result.tail_.size();
    for (const auto& slot : compiler.result.slots_) constant += slot.before.size();
    if (constant > limits::kRenderedParamsBytes) {
        Refused refused = refuse("ATT4037",
                                 fmt::format("parameters of {} bytes, the limit is {}",
                                             constant, limits::kRenderedParamsBytes),
                                 "put large content into a file of the pack");
        compiler.add(std::move(refused.value()), "");
    }
    if (!compiler.faults.empty()) return tl::unexpected(std::move(compiler.faults));
    return std::move(compiler.result);
}

bool holds_template(const Json& value) {
    return value.is_string() &&
           value.get_ref<const std::string&>().find(kOpen) != std::string::npos;
}

}  // namespace attune
