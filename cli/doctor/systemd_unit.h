// What systemd knows about our units, and what follows from it for the daemon's settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/facts.h"
#include "reconciler/config.h"

namespace attune::doctor {

// Asks `systemctl show`. Not had where systemd does not run the host.
Fact<Unit> show_unit(const std::string& name);

// "Name=value" lines; the values of a name that is told several times, one a line.
Unit parse_unit(std::string_view shown);

// What a line of systemd's is made of: words separated by blanks, quoted where they have some.
std::vector<std::string> unit_words(std::string_view text);

// What the daemon is given when that unit starts it: directories, environment, flags, and,
// while it runs, its credentials.
ConfigRequest request_of(const Unit& service);

// Its files, one after the other: what `systemctl show` does not tell stands there. What cannot
// be read is left out.
std::string unit_text(const Unit& service);

// The credentials that a unit with that text loads from files. An empty setting undoes those
// before it (systemd.exec(5)).
struct CredentialFile {
    std::string name;
    std::string path;
    bool encrypted = false;
};
std::vector<CredentialFile> credential_files(std::string_view text);

}  // namespace attune::doctor
