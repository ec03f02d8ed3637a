#include "daemon/health.h"

#include <fmt/format.h>

namespace attune {
namespace {

std::vector<std::string> reasons(const Health& health) {
    std::vector<std::string> all;
    for (const auto& loop : health.hanging) all.push_back("the loop " + loop + " hangs");
    if (health.database_silent_since) {
        all.push_back("no answer of the database since " +
                      format_rfc3339(*health.database_silent_since));
    }
    all.insert(all.end(), health.troubles.begin(), health.troubles.end());
    if (!health.source_trouble.empty()) all.push_back("source " + health.source_trouble);
    return all;
}

}  // namespace

std::string status_text(const Health& health) {
    auto text =
        fmt::format("generation {}, {} timers, {}{} executions wait, {} of {} slots busy",
                    health.generation.value, health.timers, health.waiting,
                    health.waiting >= 1000 ? " or more" : "", health.busy_slots, health.slots);
    const auto troubles = reasons(health);
    if (troubles.empty()) return text + ", database ok";
    std::string degraded;
    for (const auto& trouble : troubles) {
        degraded += (degraded.empty() ? "degraded: " : "; ") + trouble;
    }
    return one_status_line(degraded + "; " + text);
}

std::string one_status_line(std::string text) {
    for (auto& c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    }
    if (text.size() <= kStatusBytes) return text;
    text.resize(kStatusBytes - 3);
    // Not in the middle of a character: systemd takes only UTF-8 for a status.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
        text.pop_back();
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
    return text + "...";
}

}  // namespace attune
