#include "core/ignore.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace attune {
namespace {

bool built_in(std::string_view name) {
    constexpr std::array<std::string_view, 6> kEndings = {"~",    ".swp",  ".tmp",
                                                          ".bak", ".orig", ".rej"};
    if (name.starts_with('.') || name.starts_with('#')) return true;
    return std::ranges::any_of(kEndings, [&](auto ending) { return name.ends_with(ending); });
}

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    while (true) {
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

// Matches `letter` against the bracket expression that `pattern` starts with, and takes it off
// the pattern. nullopt: no closing bracket, so `[` stands for itself.
std::optional<bool> match_bracket(std::string_view& pattern, char letter) {
    std::size_t at = 1;
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    if (negated) ++at;
    bool found = false;
    for (bool first = true; at < pattern.size(); first = false) {
        if (pattern[at] == ']' && !first) {
            pattern.remove_prefix(at + 1);
            return found != negated;
        }
        const char low = pattern[at++];
        char high = low;
        if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
            high = pattern[at + 1];
            at += 2;
        }
        found = found || (low <= letter && letter <= high);
    }
    return std::nullopt;
}

// One step of a match without wildcard: whether `letter` passes, and the pattern behind it.
bool match_one(std::string_view& pattern, char letter) {
    if (pattern.front() == '[') {
        if (const auto matched = match_bracket(pattern, letter)) return *matched;
    } else if (pattern.front() == '?') {
        pattern.remove_prefix(1);
        return true;
    } else if (pattern.front() == '\\' && pattern.size() > 1) {
        pattern.remove_prefix(1);
    }
    const bool same = pattern.front() == letter;
    pattern.remove_prefix(1);
    return same;
}

// Going back to the last `*` only is enough, and keeps it linear in pattern times name.
bool match_segment(std::string_view pattern, std::string_view name) {
    std::optional<std::string_view> after_star;
    std::string_view retry;
    while (!name.empty()) {
        if (!pattern.empty() && pattern.front() == '*') {
            pattern.remove_prefix(1);
            after_star = pattern;
            retry = name;
            continue;
        }
        if (!pattern.empty() && match_one(pattern, name.front())) {
            name.remove_prefix(1);
            continue;
        }
        if (!after_star) return false;
        retry.remove_prefix(1);
        name = retry;
        pattern = *after_star;
    }
    return std::ranges::all_of(pattern, [](char c) { return c == '*'; });
}

bool match_path(std::span<const std::string> pattern, std::span<const std::string> path) {
    // As match_segment, with `**` in the part of `*` and whole segments as letters.
    std::optional<std::span<const std::string>> after_stars;
    std::span<const std::string> retry;
    while (!path.empty()) {
        if (!pattern.empty() && pattern.front() == "**") {
            // At the end `**` means everything inside, not the directory itself; it has
            // something left to match here, which is what that asks for.
            if (pattern.size() == 1) return true;
            pattern = pattern.subspan(1);
            after_stars = pattern;
            retry = path;
            continue;
        }
        if (!pattern.empty() && match_segment(pattern.front(), path.front())) {
            pattern = pattern.subspan(1);
            path = path.subspan(1);
            continue;
        }
        if (!after_stars) return false;
        retry = retry.subspan(1);
        path = retry;
        pattern = *after_stars;
    }
    return pattern.empty();
}

// Spaces at the end do not count unless a backslash keeps them.
std::string_view trim_end(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    return line;
}

}  // namespace

IgnoreRules::IgnoreRules(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = trim_end(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;

        Pattern pattern;
        pattern.brings_back = line.starts_with('!');
        if (pattern.brings_back) line.remove_prefix(1);
        pattern.directories_only = line.ends_with('/');
        if (pattern.directories_only) line.remove_suffix(1);
        const bool anchored = line.find('/') != std::string_view::npos;
        if (line.starts_with('/')) line.remove_prefix(1);
        if (line.empty()) continue;
        pattern.segments = split(line);
        if (!anchored) pattern.segments.insert(pattern.segments.begin(), "**");
        patterns_.push_back(std::move(pattern));
    }
}

bool IgnoreRules::ignores(std::string_view path, bool directory) const {
    const auto segments = split(path);
    if (built_in(segments.back())) return true;
    bool ignored = false;
    for (const auto& pattern : patterns_) {
        if (pattern.directories_only && !directory) continue;
        if (match_path(pattern.segments, segments)) ignored = !pattern.brings_back;
    }
    return ignored;
}

}  // namespace attune
