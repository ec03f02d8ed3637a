#include "core/formats.h"

#include <algorithm>
#include <array>

#include "core/pattern.h"
#include "core/time.h"

namespace attune {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool hex(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// `count` digits at `at` as a number, -1 when they are none.
int number(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const int year = number(text, 0, 4);
    const int month = number(text, 5, 2);
    const int day = number(text, 8, 2);
    if (year < 0 || month < 0 || day < 0) return false;
    return std::chrono::year_month_day(std::chrono::year(year),
                                       std::chrono::month(static_cast<unsigned>(month)),
                                       std::chrono::day(static_cast<unsigned>(day)))
        .ok();
}

bool is_offset(std::string_view text) {
    if (text == "Z" || text == "z") return true;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    const int hours = number(text, 1, 2);
    const int minutes = number(text, 4, 2);
    return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

// RFC 3339 full-time, without leap seconds: no event can be at :60.
bool is_time(std::string_view text) {
    if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
    const int hours = number(text, 0, 2);
    const int minutes = number(text, 3, 2);
    const int seconds = number(text, 6, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59) {
        return false;
    }
    std::size_t at = 8;
    if (text[at] == '.') {
        const auto first = ++at;
        while (at < text.size() && digit(text[at])) ++at;
        if (at == first) return false;
    }
    return is_offset(text.substr(at));
}

bool is_date_time(std::string_view text) {
    return text.size() > 11 && (text[10] == 'T' || text[10] == 't') &&
           is_date(text.substr(0, 10)) && is_time(text.substr(11));
}

bool is_hostname(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    while (true) {
        const auto label = text.substr(0, text.find('.'));
        const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
            return digit(c) || letter(c) || c == '-';
        });
        if (label.empty() || label.size() > 63 || !plain || label.front() == '-' ||
            label.back() == '-') {
            return false;
        }
        if (label.size() == text.size()) return true;
        text.remove_prefix(label.size() + 1);
    }
}

bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        const auto octet = text.substr(0, text.find('.'));
        const int value =
            octet.empty() || octet.size() > 3 ? -1 : number(octet, 0, octet.size());
        if (value < 0 || value > 255 || (octet.size() > 1 && octet.front() == '0'))
            return false;
        text.remove_prefix(octet.size());
        if (part == 3) return text.empty();
        if (text.empty()) return false;
        text.remove_prefix(1);
    }
    return false;
}

// How many 16-bit groups `text` has, separated by single colons; an IPv4 tail counts two.
// -1: something is no group.
int ipv6_groups(std::string_view text, bool may_end_in_ipv4) {
    if (text.empty()) return 0;
    int groups = 0;
    while (true) {
        const auto group = text.substr(0, text.find(':'));
        const bool last = group.size() == text.size();
        if (last && may_end_in_ipv4 && is_ipv4(group)) return groups + 2;
        if (group.empty() || group.size() > 4 ||
            !std::all_of(group.begin(), group.end(), hex)) {
            return -1;
        }
        ++groups;
        if (last) return groups;
        text.remove_prefix(group.size() + 1);
    }
}

bool is_ipv6(std::string_view text) {
    const auto gap = text.find("::");
    if (gap == std::string_view::npos) return ipv6_groups(text, true) == 8;
    const int before = ipv6_groups(text.substr(0, gap), false);
    const int after = ipv6_groups(text.substr(gap + 2), true);
    return before >= 0 && after >= 0 && before + after <= 7;
}

bool is_email(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return false;
    const auto local = text.substr(0, at);
    const bool plain = std::all_of(local.begin(), local.end(), [](char c) {
        return digit(c) || letter(c) ||
               std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
    });
    return plain && local.front() != '.' && local.back() != '.' &&
           local.find("..") == std::string_view::npos && is_hostname(text.substr(at + 1));
}

// RFC 3986: a scheme, a colon, and only characters that a URI may have.
bool is_uri(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !letter(text[0])) return false;
    for (const char c : text.substr(0, colon)) {
        if (!letter(c) && !digit(c) && c != '+' && c != '-' && c != '.') return false;
    }
    const auto rest = text.substr(colon + 1);
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const char c = rest[i];
        if (c == '%') {
            if (i + 2 >= rest.size() || !hex(rest[i + 1]) || !hex(rest[i + 2])) return false;
        } else if (c <= ' ' || c == 0x7F || static_cast<unsigned char>(c) >= 0x80 ||
                   std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
            return false;
        }
    }
    return std::count(rest.begin(), rest.end(), '#') <= 1;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !hex(text[i])) return false;
    }
    return true;
}

bool is_regex(std::string_view text) { return Patterns().add(std::string(text)).has_value(); }

bool is_duration(std::string_view text) { return parse_duration(text).has_value(); }

struct Format {
    std::string_view name;
    bool (*accepts)(std::string_view text);
};

constexpr std::array kFormats = {
    Format{"date-time", is_date_time}, Format{"date", is_date},         Format{"time", is_time},
    Format{"email", is_email},         Format{"hostname", is_hostname}, Format{"ipv4", is_ipv4},
    Format{"ipv6", is_ipv6},           Format{"uri", is_uri},           Format{"uuid", is_uuid},
    Format{"regex", is_regex},         Format{"duration", is_duration},
};

constexpr auto kNames = [] {
    std::array<std::string_view, kFormats.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFormats[i].name;
    return names;
}();

}  // namespace

std::span<const std::string_view> formats() { return kNames; }

bool has_format(std::string_view format, std::string_view text) {
    for (const auto& known : kFormats) {
        if (known.name == format) return known.accepts(text);
    }
    return false;
}

}  // namespace attune
