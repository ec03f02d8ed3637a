#include "core/diagnostic_json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/codes.h"

namespace attune {
namespace {

std::string_view word(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "error";
        case Severity::kWarning:
            return "warning";
        case Severity::kNote:
            return "note";
    }
    return "";
}

void put_range(Json& json, const Range& range) {
    if (range.line == 0) return;
    json["line"] = range.line;
    json["column"] = range.column;
    json["end_line"] = range.end_line;
    json["end_column"] = range.end_column;
}

void put(Json& json, const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
}

// SARIF's region; its columns are counted in the unit the run declares.
Json region(const Range& range) {
    return {{"startLine", range.line},
            {"startColumn", range.column},
            {"endLine", range.end_line},
            {"endColumn", range.end_column}};
}

// A path as a URI reference, relative as it is: what RFC 3986 reserves or forbids is escaped.
std::string uri_of(std::string_view path) {
    std::string uri = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain) {
            uri += c;
        } else {
            uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return uri;
}

Json artifact(const std::string& file) {
    Json location = {{"uri", uri_of(file)}};
    if (!file.starts_with('/')) location["uriBaseId"] = "SRCROOT";
    return location;
}

Json location(const std::string& file, const Range& range) {
    Json physical = {{"artifactLocation", artifact(file)}};
    if (range.line != 0) physical["region"] = region(range);
    return {{"physicalLocation", std::move(physical)}};
}

Json sarif_result(const Diagnostic& diagnostic) {
    auto text = diagnostic.message;
    for (const auto& note : diagnostic.notes) text += "; " + note;
    if (!diagnostic.help.empty()) text += ". " + diagnostic.help;
    Json result = {{"ruleId", diagnostic.code},
                   {"level", word(diagnostic.severity)},
                   {"message", {{"text", std::move(text)}}}};
    auto at = location(diagnostic.file, diagnostic.range);
    if (!diagnostic.object_ref.empty()) {
        at["logicalLocations"] = Json::array(
            {{{"name", diagnostic.object_ref},
              {"kind", "resource"},
              {"fullyQualifiedName",
               diagnostic.object_kind + " " + diagnostic.object_ref + diagnostic.pointer}}});
    }
    if (!diagnostic.file.empty()) result["locations"] = Json::array({std::move(at)});
    for (const auto& related : diagnostic.related) {
        auto place = location(related.file, related.range);
        place["message"]["text"] = related.message;
        result["relatedLocations"].push_back(std::move(place));
    }
    if (diagnostic.fix) {
        const Json replacement = {{"deletedRegion", region(diagnostic.fix->range)},
                                  {"insertedContent", {{"text", diagnostic.fix->text}}}};
        const Json change = {{"artifactLocation", artifact(diagnostic.file)},
                             {"replacements", Json::array({replacement})}};
        result["fixes"] = Json::array(
            {{{"description",
               {{"text", diagnostic.help.empty() ? "put this instead" : diagnostic.help}}},
              {"artifactChanges", Json::array({change})}}});
    }
    return result;
}

Json sarif_rules(const Diagnostics& diagnostics) {
    std::set<std::string> used;
    for (const auto& diagnostic : diagnostics) used.insert(diagnostic.code);
    Json rules = Json::array();
    for (const auto& code : used) {
        Json rule = {{"id", code}};
        if (const auto* known = find_code(code)) {
            rule["shortDescription"]["text"] = known->title;
            rule["fullDescription"]["text"] = known->text;
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

// GitHub's workflow commands escape what would end them.
std::string escaped(std::string_view text, bool property) {
    std::string result;
    for (const char c : text) {
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            result +=
                fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            result += c;
        }
    }
    return result;
}

}  // namespace

Json to_json(const Diagnostic& diagnostic) {
    Json json = {{"severity", word(diagnostic.severity)},
                 {"code", diagnostic.code},
                 {"message", diagnostic.message}};
    put(json, "reason", diagnostic.reason);
    put(json, "file", diagnostic.file);
    put_range(json, diagnostic.range);
    if (!diagnostic.object_kind.empty()) {
        json["object"] = {{"kind", diagnostic.object_kind}, {"ref", diagnostic.object_ref}};
    }
    if (!diagnostic.object_kind.empty() || !diagnostic.pointer.empty()) {
        json["pointer"] = diagnostic.pointer;
    }
    put(json, "label", diagnostic.label);
    put(json, "help", diagnostic.help);
    if (!diagnostic.notes.empty()) json["notes"] = diagnostic.notes;
    for (const auto& related : diagnostic.related) {
        Json place = {{"message", related.message}, {"file", related.file}};
        put_range(place, related.range);
        json["related"].push_back(std::move(place));
    }
    if (diagnostic.fix) {
        json["fix"] = {{"text", diagnostic.fix->text}, {"certain", diagnostic.fix->certain}};
        put_range(json["fix"], diagnostic.fix->range);
    }
    return json;
}

Json diagnostics_json(const Diagnostics& diagnostics, std::size_t files) {
    const auto count = [&](Severity severity) {
        return std::count_if(
            diagnostics.begin(), diagnostics.end(),
            [&](const auto& diagnostic) { return diagnostic.severity == severity; });
    };
    Json list = Json::array();
    for (const auto& diagnostic : diagnostics) list.push_back(to_json(diagnostic));
    return {{"format_version", 1},
            {"valid", !has_errors(diagnostics)},
            {"errors", count(Severity::kError)},
            {"warnings", count(Severity::kWarning)},
            {"files", files},
            {"diagnostics", std::move(list)}};
}

Json diagnostics_sarif(const Diagnostics& diagnostics) {
    Json results = Json::array();
    for (const auto& diagnostic : diagnostics) results.push_back(sarif_result(diagnostic));
    const Json run = {
        {"tool", {{"driver", {{"name", "attune"}, {"rules", sarif_rules(diagnostics)}}}}},
        {"columnKind", "unicodeCodePoints"},
        {"originalUriBaseIds",
         {{"SRCROOT", {{"description", {{"text", "Where attune was started."}}}}}}},
        {"results", std::move(results)}};
    return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
            {"version", "2.1.0"},
            {"runs", Json::array({run})}};
}

std::string diagnostics_github(const Diagnostics& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics) {
        const auto command =
            diagnostic.severity == Severity::kNote ? "notice" : word(diagnostic.severity);
        text += fmt::format("::{} ", command);
        if (!diagnostic.file.empty()) {
            text += fmt::format("file={},", escaped(diagnostic.file, true));
        }
        const auto& range = diagnostic.range;
        if (range.line != 0) {
            text += fmt::format("line={},col={},endLine={},endColumn={},", range.line,
                                range.column, range.end_line, range.end_column);
        }
        auto message = diagnostic.message;
        if (!diagnostic.help.empty()) message += "\n" + diagnostic.help;
        text += fmt::format("title={}::{}\n", escaped(diagnostic.code, true),
                            escaped(message, false));
    }
    return text;
}

}  // namespace attune
