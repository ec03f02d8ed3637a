#include "manual/page.h"

#include <algorithm>

namespace attune {
namespace {

std::string filled(const std::string& asked, const Sections& sections) {
    const auto blank = std::min(asked.find(' '), asked.size());
    const auto section = sections.find(asked.substr(0, blank));
    if (section == sections.end()) throw FrameError("there is no section @" + asked + "@");
    return section->second(asked.substr(std::min(blank + 1, asked.size())));
}

}  // namespace

const Sections& all_sections() {
    static const Sections kSections = [] {
        Sections sections;
        add_command_sections(sections);
        add_program_sections(sections);
        add_schema_sections(sections);
        add_event_sections(sections);
        add_bash_sections(sections);
        add_zsh_sections(sections);
        return sections;
    }();
    return kSections;
}

std::string fill(std::string_view frame, const Sections& sections) {
    std::string page;
    for (std::size_t from = 0; from < frame.size();) {
        const auto end = std::min(frame.find('\n', from), frame.size());
        const std::string line(frame.substr(from, end - from));
        if (line.size() > 2 && line.front() == '@' && line.back() == '@') {
            page += filled(line.substr(1, line.size() - 2), sections);
        } else {
            page += line + '\n';
        }
        from = end + 1;
    }
    return page;
}

}  // namespace attune
