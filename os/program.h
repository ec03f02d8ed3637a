// The running program as a file.
#pragma once

namespace attune {

// Whether the file this program was started from has been removed or replaced: an upgrade. What
// runs then is the old program. Throws SystemError.
bool program_is_replaced();

}  // namespace attune
