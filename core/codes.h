// Every diagnostic code with its explanation and an example of each kind, for `attune explain`
// and docs/diagnostics.md. The texts are schemas/codes/*.yaml.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attune {

struct CodeInfo {
    std::string code;   // "ATT2004"
    std::string title;  // "unknown property"
    std::string text;   // what it means, why it is refused, what to do
    std::string bad;    // an example that draws the code; empty where no text can
    std::string good;   // the same put right
    std::vector<std::string> reasons;  // the stable words this code may carry
};

// Sorted by code; read once.
const std::vector<CodeInfo>& codes();

// By code ("ATT2004", "att2004", "2004") or by reason word; nullptr when there is none.
const CodeInfo* find_code(std::string_view word);

}  // namespace attune
