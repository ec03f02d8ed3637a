#include "core/event.h"

namespace attune {

std::string_view to_string(EventOrigin origin) {
    switch (origin) {
        case EventOrigin::kTimer:
            return "timer";
        case EventOrigin::kManual:
            return "manual";
        case EventOrigin::kJournal:
            return "journal";
        case EventOrigin::kSystemd:
            return "systemd";
    }
    return {};
}

std::string to_string(const ClaimToken& token) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(36);
    for (std::size_t n = 0; n < token.bytes.size(); ++n) {
        if (n == 4 || n == 6 || n == 8 || n == 10) text += '-';
        text += kDigits[token.bytes[n] >> 4U];
        text += kDigits[token.bytes[n] & 15U];
    }
    return text;
}

std::string idempotency_key(std::string_view sensor_ref, const Event& event,
                            std::string_view rule_ref) {
    const bool timer = event.origin == EventOrigin::kTimer;
    const std::string moment =
        timer ? format_rfc3339_micros(event.scheduled_at) : event.dedupe_key;
    std::string key;
    key.reserve(sensor_ref.size() + moment.size() + rule_ref.size() + 2);
    key.append(sensor_ref).append(timer ? "@" : "!").append(moment);
    return key.append("/").append(rule_ref);
}

}  // namespace attune
