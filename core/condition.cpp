#include "core/condition.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/comparison.h"
#include "core/limits.h"
#include "core/node.h"
#include "core/suggest.h"

namespace attune {

struct Condition::Node {
    struct Test {
        ContextPath path;
        Comparison comparison;
    };
    struct All {
        std::vector<Node> parts;
    };
    struct Any {
        std::vector<Node> parts;
    };
    struct Not {
        std::shared_ptr<const Node> part;
    };

    std::variant<All, Any, Not, Test> kind;

    bool holds(Context& context) const;
    // Why it does not hold. Requires that it does not.
    std::string why_not(Context& context) const;
};

bool Condition::Node::holds(Context& context) const {  // NOLINT(misc-no-recursion)
    const auto part_holds = [&](const Node& part) { return part.holds(context); };
    if (const auto* test = std::get_if<Test>(&kind)) {
        return test->comparison.apply(context.find(test->path)) == Comparison::Outcome::kHolds;
    }
    if (const auto* all = std::get_if<All>(&kind)) {
        return std::all_of(all->parts.begin(), all->parts.end(), part_holds);
    }
    if (const auto* any = std::get_if<Any>(&kind)) {
        return std::any_of(any->parts.begin(), any->parts.end(), part_holds);
    }
    return !std::get<Not>(kind).part->holds(context);
}

std::string Condition::Node::why_not(Context& context) const {  // NOLINT(misc-no-recursion)
    if (const auto* test = std::get_if<Test>(&kind)) {
        return test->comparison.explain(test->path.text(), context.find(test->path));
    }
    if (const auto* all = std::get_if<All>(&kind)) {
        const auto first = std::find_if(all->parts.begin(), all->parts.end(),
                                        [&](const Node& part) { return !part.holds(context); });
        return first->why_not(context);
    }
    if (const auto* any = std::get_if<Any>(&kind)) {
        return fmt::format("any: none of {} holds, the first: {}", any->parts.size(),
                           any->parts.front().why_not(context));
    }
    const auto* test = std::get_if<Test>(&std::get<Not>(kind).part->kind);
    return fmt::format("not: {} holds", test != nullptr
                                            ? test->comparison.describe(test->path.text())
                                            : "the group");
}

// Walks a value as it was written and notes every fault with its pointer.
struct Condition::Compiler {
    std::vector<Fault> faults;
    Patterns patterns;

    Node any_shape(const Json& value, const std::string& pointer, std::size_t depth);
    std::vector<Node> list(const Json& value, const std::string& pointer, std::size_t depth);
    Node group(const Json& value, const std::string& key, const std::string& pointer,
               std::size_t depth);
    Node test(const Json& value, const std::string& pointer);
    std::optional<ContextPath> path(const Json& value, const std::string& pointer);
    std::optional<Comparison> comparison(const Json& value, const std::string& pointer);
    void check_keys(const Json& value, const std::string& pointer);
    void add(std::string code, std::string message, std::string help, std::string pointer);
    void add(Fault fault, const std::string& pointer);
};

Condition::Node Condition::Compiler::any_shape(  // NOLINT(misc-no-recursion)
    const Json& value, const std::string& pointer, std::size_t depth) {
    if (depth > limits::kDepth) {
        add("ATT2001", "conditions are nested too deeply", "flatten the groups", pointer);
        return {};
    }
    if (value.is_array()) return {Node::All{list(value, pointer, depth)}};
    if (!value.is_object()) {
        add("ATT2001", fmt::format("a condition cannot be a {}", value.type_name()),
            "write {path: ..., op: ..., value: ...}, or a group all, any or not", pointer);
        return {};
    }
    for (const char* key : {"all", "any", "not"}) {
        if (value.contains(key)) return group(value, key, pointer, depth);
    }
    return test(value, pointer);
}

std::vector<Condition::Node> Condition::Compiler::list(  // NOLINT(misc-no-recursion)
    const Json& value, const std::string& pointer, std::size_t depth) {
    std::vector<Node> parts;
    for (std::size_t n = 0; n < value.size(); ++n) {
        parts.push_back(any_shape(value[n], fmt::format("{}/{}", pointer, n), depth + 1));
    }
    return parts;
}

Condition::Node Condition::Compiler::group(  // NOLINT(misc-no-recursion)
    const Json& value, const std::string& key, const std::string& pointer, std::size_t depth) {
    if (value.size() > 1) {
        add("ATT2001", fmt::format("`{}` must stand alone in its condition", key),
            "put the other keys into a condition of their own", pointer);
    }
    const Json& inside = value[key];
    const std::string below = fmt::format("{}/{}", pointer, key);
    if (key == "not") {
        return {Node::Not{std::make_shared<const Node>(any_shape(inside, below, depth + 1))}};
    }
    if (!inside.is_array()) {
        add("ATT2001", fmt::format("`{}` needs a list of conditions", key),
            "write them as a list, each with path and op", below);
        return {};
    }
    if (key == "all") return {Node::All{list(inside, below, depth)}};
    if (inside.empty()) {
        add("ATT2001", "`any` of nothing never holds",
            "list a condition, or leave the group out", below);
    }
    return {Node::Any{list(inside, below, depth)}};
}

Condition::Node Condition::Compiler::test(const Json& value, const std::string& pointer) {
    check_keys(value, pointer);
    auto where = path(value, pointer);
    auto what = comparison(value, pointer);
    if (!where || !what) return {};
    return {Node::Test{std::move(*where), std::move(*what)}};
}

std::optional<ContextPath> Condition::Compiler::path(const Json& value,
                                                     const std::string& pointer) {
    const auto written = value.find("path");
    if (written == value.end() || !written->is_string()) {
        const bool there = written != value.end();
        add("ATT2001", there ? "`path` must be a string" : "a condition needs a `path`",
            "as in {path: event.payload.load, op: greater_than, value: 5}",
            there ? pointer + "/path" : pointer);
        return std::nullopt;
    }
    auto parsed = ContextPath::parse(written->get_ref<const std::string&>());
    if (parsed) return std::move(*parsed);
    add(std::move(parsed.error()), pointer + "/path");
    return std::nullopt;
}

std::optional<Comparison> Condition::Compiler::comparison(const Json& value,
                                                          const std::string& pointer) {
    const auto op = value.find("op");
    if (op == value.end() || !op->is_string()) {
        const bool there = op != value.end();
        add("ATT2001", there ? "`op` must be a string" : "a condition needs an `op`",
            "as in {path: event.payload.load, op: greater_than, value: 5}",
            there ? pointer + "/op" : pointer);
        return std::nullopt;
    }
    const auto operand = value.find("value");
    auto compiled = Comparison::compile(op->get_ref<const std::string&>(),
                                        operand != value.end() ? &*operand : nullptr, patterns);
    if (compiled) return std::move(*compiled);
    add(std::move(compiled.error()), pointer);
    return std::nullopt;
}

void Condition::Compiler::check_keys(const Json& value, const std::string& pointer) {
    static const std::vector<std::string> kKeys = {"path", "op", "value", "all", "any", "not"};
    for (const auto& [key, member] : value.items()) {
        if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) continue;
        const auto near = suggest(key, kKeys);
        add("ATT2004", fmt::format("unknown property `{}` in a condition", key),
            near ? fmt::format("did you mean `{}`?", *near)
                 : "known: path, op, value, all, any, not",
            fmt::format("{}/{}", pointer, pointer_segment(key)));
    }
}

void Condition::Compiler::add(std::string code, std::string message, std::string help,
                              std::string pointer) {
    if (faults.size() > limits::kFindings) return;
    Refused refused = refuse(std::move(code), std::move(message), std::move(help));
    refused.value().pointer = std::move(pointer);
    faults.push_back(std::move(refused.value()));
}

// `pointer` is of the condition, the fault's own is below it.
void Condition::Compiler::add(Fault fault, const std::string& pointer) {
    if (faults.size() > limits::kFindings) return;
    fault.pointer = pointer + fault.pointer;
    faults.push_back(std::move(fault));
}

Match Condition::evaluate(Context& context) const {
    if (root_ == nullptr || root_->holds(context)) return {};
    return {.matched = false, .reason = root_->why_not(context)};
}

Compiled<Condition> compile_condition(const Json& conditions) {
    if (conditions.is_null()) return Condition();
    Condition::Compiler compiler;
    Condition::Node root = compiler.any_shape(conditions, "", 1);
    if (!compiler.faults.empty()) return tl::unexpected(std::move(compiler.faults));
    return Condition(std::make_shared<const Condition::Node>(std::move(root)));
}

}  // namespace attune
