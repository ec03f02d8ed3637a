#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

bool is_word(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

// `text` with `name` replaced where it stands as a word.
std::string replaced(std::string text, const std::string& name, const std::string& value) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
        const auto end = at + name.size();
        const bool whole =
            (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]));
        if (whole) text.replace(at, name.size(), value);
        at += whole ? value.size() : name.size();
    }
    return text;
}

}  // namespace

std::string to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::kOk:
            return "ok";
        case Verdict::kWarning:
            return "warning";
        case Verdict::kProblem:
            return "problem";
        case Verdict::kSkipped:
            return "skipped";
    }
    return {};
}

std::span<const Check> checks() {
    static const std::vector<Check> kChecks = [] {
        std::vector<Check> all;
        add_host_checks(all);
        add_disk_checks(all);
        add_settings_checks(all);
        add_unit_checks(all);
        add_daemon_checks(all);
        add_source_checks(all);
        add_database_checks(all);
        add_work_checks(all);
        return all;
    }();
    return kChecks;
}

std::string remedy_of(const Check& check, const Finding& finding) {
    if (finding.verdict == Verdict::kOk || finding.verdict == Verdict::kSkipped) return "";
    auto remedy = finding.remedy.empty() ? check.remedy : finding.remedy;
    for (const auto& [name, value] : finding.names) remedy = replaced(remedy, name, value);
    // A name may stand for nothing.
    remedy.resize(remedy.find_last_not_of(' ') + 1);
    return remedy;
}

}  // namespace attune::doctor
