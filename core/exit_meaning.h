// What a program of ours says by its exit code; each program has its table.
#pragma once

#include <string_view>

namespace attune {

struct ExitMeaning {
    int code = 0;
    std::string_view meaning;  // lower case, no full stop
};

}  // namespace attune
