// Which files of a tree are none of ours: patterns in the syntax of gitignore(5).
//
// Built in: names that start with `.` or `#`, or end in `~ .swp .tmp .bak .orig .rej`. A tree
// adds its own in `.attuneignore` at its root; they cannot bring back what is built in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune {

class IgnoreRules {
public:
    IgnoreRules() = default;

    // `text`: the content of .attuneignore. One pattern a line; `#` comments, `!` brings back,
    // a slash at the end means directories only, one elsewhere anchors at the root; `*`, `?`
    // and `[a-z]` stay within a segment, `**` crosses them. Every text is valid.
    explicit IgnoreRules(std::string_view text);

    // `path` is relative to the root, '/' between segments. To be asked on the way down: of
    // an ignored directory nothing below it is looked at.
    bool ignores(std::string_view path, bool directory) const;

private:
    struct Pattern {
        std::vector<std::string> segments;
        bool directories_only = false;
        bool brings_back = false;
    };

    std::vector<Pattern> patterns_;
};

}  // namespace attune
