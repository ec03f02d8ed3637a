#include "core/findings.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/suggest.h"
#include "core/text_places.h"
#include "core/time.h"

namespace attune {
namespace {

struct CodeOfKeyword {
    std::string_view keyword;
    std::string_view code;
};

constexpr std::array kCodes = {
    CodeOfKeyword{"required", "ATT2003"},
    CodeOfKeyword{"additionalProperties", "ATT2004"},
    CodeOfKeyword{"type", "ATT2005"},
    CodeOfKeyword{"minimum", "ATT2006"},
    CodeOfKeyword{"maximum", "ATT2006"},
    CodeOfKeyword{"exclusiveMinimum", "ATT2006"},
    CodeOfKeyword{"exclusiveMaximum", "ATT2006"},
    CodeOfKeyword{"multipleOf", "ATT2006"},
    CodeOfKeyword{"minLength", "ATT2007"},
    CodeOfKeyword{"maxLength", "ATT2007"},
    CodeOfKeyword{"minItems", "ATT2007"},
    CodeOfKeyword{"maxItems", "ATT2007"},
    CodeOfKeyword{"minProperties", "ATT2007"},
    CodeOfKeyword{"maxProperties", "ATT2007"},
    CodeOfKeyword{"pattern", "ATT2008"},
    CodeOfKeyword{"format", "ATT2009"},
    CodeOfKeyword{"const", "ATT2010"},
    CodeOfKeyword{"enum", "ATT2011"},
    CodeOfKeyword{"uniqueItems", "ATT2012"},
    CodeOfKeyword{"propertyNames", "ATT2014"},
    CodeOfKeyword{"false", "ATT2015"},
};

std::string_view code_of(const Violation& violation) {
    if (violation.keyword == "pattern" &&
        violation.label == "must match " + std::string(kRefPattern)) {
        return "ATT3004";
    }
    for (const auto& known : kCodes) {
        if (known.keyword == violation.keyword) return known.code;
    }
    return "ATT2013";  // anyOf, oneOf, not, contains, depth
}

std::string last_key(std::string_view pointer) {
    return std::string(pointer.substr(pointer.rfind('/') + 1));
}

bool value_left_out(const Node* node) {
    return node != nullptr && node->kind == Node::Kind::kNull && node->text.empty();
}

bool wants(const Violation& violation, std::string_view type) {
    return std::find(violation.allowed.begin(), violation.allowed.end(), type) !=
           violation.allowed.end();
}

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

void help_with_type(const Violation& violation, const Node* node, Diagnostic& diagnostic) {
    if (node == nullptr) return;
    if (value_left_out(node)) {
        diagnostic.message = fmt::format("`{}` has no value", last_key(diagnostic.pointer));
        return;
    }
    const bool scalar = node->kind == Node::Kind::kBoolean ||
                        node->kind == Node::Kind::kInteger || node->kind == Node::Kind::kReal;
    if (scalar && wants(violation, "string")) {
        diagnostic.help = fmt::format("quote it to make it text: {}", in_quotes(node->text));
        diagnostic.fix = Fix{node->range, in_quotes(node->text), false};
    }
    if (node->kind != Node::Kind::kString) return;
    const bool number = wants(violation, "integer") || wants(violation, "number");
    if (number && node->quoted && Json::accept(node->text)) {
        diagnostic.help = "remove the quotes: what is quoted is text";
        diagnostic.fix = Fix{node->range, node->text, false};
    }
    if (!wants(violation, "boolean")) return;
    static constexpr std::array<std::string_view, 6> kYes = {"yes", "y",  "on",
                                                             "Yes", "On", "YES"};
    static constexpr std::array<std::string_view, 6> kNo = {"no", "n",   "off",
                                                            "No", "Off", "NO"};
    const bool yes = std::find(kYes.begin(), kYes.end(), node->text) != kYes.end();
    const bool no = std::find(kNo.begin(), kNo.end(), node->text) != kNo.end();
    if (!yes && !no) return;
    diagnostic.help = "write true or false; yes, no, on and off are text in YAML 1.2";
    diagnostic.fix = Fix{node->range, yes ? "true" : "false", true};
}

// Where a format is one of our own texts, its parser says more than that it does not match.
std::optional<Fault> fault_of_format(const Violation& violation, const Node* node) {
    if (violation.keyword != "format" || node == nullptr) return std::nullopt;
    if (wants(violation, "date-time")) {
        const auto parsed = parse_rfc3339(node->text);
        if (!parsed) return parsed.error();
    }
    if (wants(violation, "duration")) {
        const auto parsed = parse_duration(node->text);
        if (!parsed) return parsed.error();
    }
    return std::nullopt;
}

void help_with_value(const Violation& violation, const Node* node, Diagnostic& diagnostic) {
    if (node == nullptr || node->kind != Node::Kind::kString) return;
    std::vector<std::string> candidates;
    for (const auto& allowed : violation.allowed) {
        const auto value = Json::parse(allowed, nullptr, false);
        if (value.is_string()) candidates.push_back(value.get<std::string>());
    }
    const auto meant = suggest(node->text, candidates);
    if (!meant) return;
    diagnostic.help = fmt::format("did you mean `{}`?", *meant);
    diagnostic.fix = Fix{node->range, *meant, false};
}

// "allowed: a, b and 480 more".
std::string told_allowed(std::span<const std::string> known) {
    const auto some = known.first(std::min(known.size(), limits::kAllowedTold));
    auto text = fmt::format("allowed: {}", fmt::join(some, ", "));
    if (some.size() < known.size()) {
        text += fmt::format(" and {} more", known.size() - some.size());
    }
    return text;
}

void help_with_key(const Violation& violation, const Range& key, Diagnostic& diagnostic) {
    if (violation.known == nullptr || violation.known->empty()) {
        diagnostic.help = "nothing may stand here";
        return;
    }
    const auto& known = *violation.known;
    diagnostic.notes.push_back(told_allowed(known));
    if (known.size() > limits::kSuggestedProperties) return;
    if (const auto meant = suggest(violation.property, known)) {
        diagnostic.help = fmt::format("did you mean `{}`?", *meant);
        diagnostic.fix = Fix{key, *meant, false};
    }
}

// What is missing where, by pointer.
using Missing = std::map<std::string_view, std::vector<const Violation*>>;

Missing missing_in(const std::vector<Violation>& violations) {
    Missing missing;
    for (const auto& violation : violations) {
        if (violation.keyword == "required") missing[violation.pointer].push_back(&violation);
    }
    return missing;
}

// The missing property that `unknown` was probably meant to be.
const Violation* meant_by(const Violation& unknown, const Missing& missing) {
    const auto here = missing.find(unknown.pointer);
    if (here == missing.end() || here->second.size() > limits::kSuggestedProperties) {
        return nullptr;
    }
    std::vector<std::string> names;
    for (const auto* violation : here->second) names.push_back(violation->property);
    const auto meant = suggest(unknown.property, names);
    if (!meant) return nullptr;
    const auto found = std::find(names.begin(), names.end(), *meant);
    return here->second[static_cast<std::size_t>(found - names.begin())];
}

Diagnostic finding_of_violation(const Violation& violation, const Subject& subject,
                                std::string_view base, std::string_view where) {
    auto pointer = std::string(base) + violation.pointer;
    const bool unknown = violation.keyword == "additionalProperties";
    if (unknown) pointer += "/" + pointer_segment(violation.property);
    const bool at_key =
        unknown || violation.keyword == "propertyNames" || violation.keyword == "false";
    auto diagnostic = finding_at(subject, pointer, at_key ? Aim::kKey : Aim::kValue);
    diagnostic.code = code_of(violation);
    diagnostic.message = violation.message;
    diagnostic.label = violation.label;
    const auto* node = subject.document == nullptr
                           ? nullptr
                           : find(*subject.document, diagnostic.pointer).node;
    if (const auto fault = fault_of_format(violation, node)) {
        diagnostic.code = fault->code;
        diagnostic.reason = fault->reason;
        diagnostic.message = fault->message;
        diagnostic.help = fault->help;
    }
    if (unknown || violation.keyword == "required") diagnostic.message += where;
    if (unknown) help_with_key(violation, diagnostic.range, diagnostic);
    if (violation.keyword == "false") {
        diagnostic.message = fmt::format("`{}` is not allowed here", last_key(pointer));
    }
    if (violation.keyword == "type") help_with_type(violation, node, diagnostic);
    if (violation.keyword == "enum" || violation.keyword == "const") {
        help_with_value(violation, node, diagnostic);
    }
    if (diagnostic.code == "ATT3004" && node != nullptr) {
        diagnostic.message = fmt::format("`{}` is not a ref", node->text);
        diagnostic.label = "expected pack.name";
        diagnostic.help =
            "a ref is lower case `pack.name`: letters, digits and `_`, in the pack also `-`";
    }
    return diagnostic;
}

}  // namespace

Diagnostic finding_at(const Subject& subject, std::string pointer, Aim aim) {
    Diagnostic diagnostic;
    diagnostic.file = subject.file;
    diagnostic.object_kind = subject.kind;
    diagnostic.object_ref = subject.ref;
    diagnostic.pointer = std::move(pointer);
    if (subject.document == nullptr) return diagnostic;
    const auto found = find(*subject.document, diagnostic.pointer);
    if (found.node == nullptr) {
        diagnostic.range = found.parent->range;
    } else if (aim == Aim::kKey && found.member != nullptr) {
        diagnostic.range = found.member->key_range;
    } else {
        diagnostic.range = found.node->range;
    }
    return diagnostic;
}

Diagnostics findings_of(const std::vector<Violation>& violations, const Subject& subject,
                        std::string_view base, std::string_view where) {
    const auto missing = missing_in(violations);
    std::set<const Violation*> folded;
    Diagnostics found;
    for (const auto& violation : violations) {
        if (violation.keyword != "additionalProperties") continue;
        found.push_back(finding_of_violation(violation, subject, base, where));
        const auto* meant = meant_by(violation, missing);
        if (meant == nullptr) continue;
        folded.insert(meant);
        found.back().notes.push_back(fmt::format(
            "the missing required `{}` is folded into this finding", meant->property));
    }
    for (const auto& violation : violations) {
        if (violation.keyword == "additionalProperties" || folded.contains(&violation)) {
            continue;
        }
        found.push_back(finding_of_violation(violation, subject, base, where));
    }
    return found;
}

Diagnostic finding_of(const Fault& fault, const Subject& subject, std::string_view base) {
    auto diagnostic = finding_at(subject, std::string(base) + fault.pointer, Aim::kValue);
    diagnostic.code = fault.code;
    diagnostic.reason = fault.reason;
    diagnostic.message = fault.message;
    diagnostic.help = fault.help;
    if (subject.document == nullptr) return diagnostic;
    const auto found = find(*subject.document, diagnostic.pointer);
    if (found.node == nullptr || found.node->kind != Node::Kind::kString) return diagnostic;
    auto& range = diagnostic.range;
    const auto& text = found.node->text;
    if (fault.column == 0 || fault.column > text.size() || range.line != range.end_line) {
        return diagnostic;
    }
    // Only where the text stands as it was parsed, but for its quotes, do columns agree.
    const int quotes = found.node->quoted ? 1 : 0;
    const auto width = static_cast<int>(count_code_points(text));
    if (range.end_column - range.column != width + 2 * quotes) return diagnostic;
    const auto end = std::min(text.find_first_of(" \t", fault.column - 1), text.size());
    const auto before = count_code_points(std::string_view(text).substr(0, fault.column - 1));
    const auto within = std::string_view(text).substr(fault.column - 1, end - fault.column + 1);
    range.column += quotes + static_cast<int>(before);
    range.end_column = range.column + std::max(1, static_cast<int>(count_code_points(within)));
    return diagnostic;
}

}  // namespace attune
