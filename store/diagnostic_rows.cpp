#include "store/diagnostic_rows.h"

#include "core/json.h"

namespace attune {
namespace {

Json range_to_json(const Range& range) {
    return Json::array({range.line, range.column, range.end_line, range.end_column});
}

Range range_from_json(const Json& json) {
    if (!json.is_array() || json.size() != 4) return {};
    return {.line = json[0], .column = json[1], .end_line = json[2], .end_column = json[3]};
}

const char* word_of(Severity severity) {
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

Severity severity_of(const std::string& word) {
    if (word == "warning") return Severity::kWarning;
    return word == "note" ? Severity::kNote : Severity::kError;
}

Json diagnostic_to_json(const Diagnostic& diagnostic) {
    Json json = {{"severity", word_of(diagnostic.severity)},
                 {"code", diagnostic.code},
                 {"message", diagnostic.message},
                 {"range", range_to_json(diagnostic.range)}};
    const auto add = [&json](const char* name, const std::string& text) {
        if (!text.empty()) json[name] = text;
    };
    add("reason", diagnostic.reason);
    add("file", diagnostic.file);
    add("kind", diagnostic.object_kind);
    add("ref", diagnostic.object_ref);
    add("pointer", diagnostic.pointer);
    add("label", diagnostic.label);
    add("help", diagnostic.help);
    if (!diagnostic.notes.empty()) json["notes"] = diagnostic.notes;
    for (const auto& place : diagnostic.related) {
        json["related"].push_back({{"message", place.message},
                                   {"file", place.file},
                                   {"range", range_to_json(place.range)}});
    }
    if (diagnostic.fix) {
        json["fix"] = {{"range", range_to_json(diagnostic.fix->range)},
                       {"text", diagnostic.fix->text},
                       {"certain", diagnostic.fix->certain}};
    }
    return json;
}

Diagnostic diagnostic_from_json(const Json& json) {
    const auto text = [&json](const char* name) { return json.value(name, std::string()); };
    Diagnostic diagnostic;
    diagnostic.severity = severity_of(text("severity"));
    diagnostic.code = text("code");
    diagnostic.reason = text("reason");
    diagnostic.message = text("message");
    diagnostic.file = text("file");
    diagnostic.range = range_from_json(json.value("range", Json()));
    diagnostic.object_kind = text("kind");
    diagnostic.object_ref = text("ref");
    diagnostic.pointer = text("pointer");
    diagnostic.label = text("label");
    diagnostic.help = text("help");
    diagnostic.notes = json.value("notes", std::vector<std::string>());
    for (const auto& place : json.value("related", Json::array())) {
        diagnostic.related.push_back({.message = place.at("message"),
                                      .file = place.at("file"),
                                      .range = range_from_json(place.at("range"))});
    }
    if (const auto fix = json.find("fix"); fix != json.end()) {
        diagnostic.fix = Fix{.range = range_from_json(fix->at("range")),
                             .text = fix->at("text"),
                             .certain = fix->at("certain")};
    }
    return diagnostic;
}

}  // namespace

std::string diagnostics_to_column(const Diagnostics& diagnostics) {
    Json json = Json::array();
    for (const auto& diagnostic : diagnostics) json.push_back(diagnostic_to_json(diagnostic));
    // jsonb has no NUL, which quoted input may bring here.
    std::string text = compact(json);
    for (std::size_t at = 0; (at = text.find("\\u0000", at)) != std::string::npos;) {
        text.replace(at, 6, "\\ufffd");
    }
    return text;
}

Diagnostics diagnostics_from_column(std::string_view text) {
    Diagnostics diagnostics;
    try {
        for (const auto& json : Json::parse(text)) {
            diagnostics.push_back(diagnostic_from_json(json));
        }
    } catch (const Json::exception&) {  // a row of an attune that wrote them otherwise
    }
    return diagnostics;
}

}  // namespace attune
