// Fills a frame: a text written by hand, in which a line like
//
//     @options attuned@
//
// is replaced by what the section "options" makes of "attuned". Whatever is known to the
// programs' own tables is put in this way, and so cannot differ from them.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace attune {

// The text that stands in the place of a line, its newline included; of the words behind the
// section's name.
using Section = std::function<std::string(const std::string& words)>;
using Sections = std::map<std::string, Section, std::less<>>;

// A frame that asks for what there is not.
class FrameError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// All sections: of pages and of completions.
const Sections& all_sections();

void add_command_sections(Sections& sections);
void add_program_sections(Sections& sections);
void add_schema_sections(Sections& sections);
void add_event_sections(Sections& sections);
void add_bash_sections(Sections& sections);
void add_zsh_sections(Sections& sections);

// Throws FrameError for an unknown section, naming it.
std::string fill(std::string_view frame, const Sections& sections);

}  // namespace attune
