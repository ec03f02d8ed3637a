#include "core/codes.h"

#include <algorithm>
#include <cassert>

#include "core/json.h"
#include "core/yaml.h"
#include "schemas/embedded.h"

namespace attune {
namespace {

std::string text_of(const Json& entry, const char* key) {
    auto text = entry.value(key, std::string());
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

std::vector<CodeInfo> read_codes() {
    std::vector<CodeInfo> codes;
    for (const auto& file : embedded_codes()) {
        const auto yaml = parse_yaml(file.text, file.name);
        assert(yaml.diagnostics.empty() && yaml.documents.size() == 1);
        const auto entries = to_json(yaml.documents.front());
        for (const auto& [code, entry] : entries.items()) {
            codes.push_back({code, text_of(entry, "title"), text_of(entry, "text"),
                             text_of(entry, "bad"), text_of(entry, "good"),
                             entry.value("reasons", std::vector<std::string>())});
        }
    }
    std::sort(codes.begin(), codes.end(),
              [](const auto& a, const auto& b) { return a.code < b.code; });
    return codes;
}

}  // namespace

const std::vector<CodeInfo>& codes() {
    static const std::vector<CodeInfo> kCodes = read_codes();
    return kCodes;
}

const CodeInfo* find_code(std::string_view word) {
    std::string upper(word);
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    for (const auto& known : codes()) {
        if (known.code == upper || known.code == "ATT" + upper) return &known;
        if (std::find(known.reasons.begin(), known.reasons.end(), word) !=
            known.reasons.end()) {
            return &known;
        }
    }
    return nullptr;
}

}  // namespace attune
