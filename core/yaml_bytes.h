// What must hold for bytes before any parser sees them.
#pragma once

#include <string_view>

#include "core/diagnostic.h"

namespace attune {

struct CheckedBytes {
    std::string_view text;  // without a byte order mark at its start
    Diagnostics diagnostics;
};

// ATT1001 larger than limits::kFileBytes   ATT1002 not UTF-8   ATT1003 control characters
// ATT1022 a carriage return alone          ATT1023 a byte order mark inside
// The first of each kind; `file` names the bytes in them.
CheckedBytes check_bytes(std::string_view bytes, std::string_view file);

// The first byte of `text` that is not UTF-8 (overlong forms, surrogates and values above
// U+10FFFF are not), or npos.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace attune
