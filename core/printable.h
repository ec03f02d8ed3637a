// Text from outside, made fit for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace attune {

// `text` with a blank in the place of each control character (C0, DEL and C1), of which one
// could move the cursor, change colours or forge a line. Its code points stay as many.
std::string printable(std::string_view text);

}  // namespace attune
