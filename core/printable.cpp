#include "core/printable.h"

namespace attune {

// In UTF-8 C1 is C2 80 to C2 9F.
std::string printable(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 = byte == 0xC2 && i + 1 < text.size() &&
                        static_cast<unsigned char>(text[i + 1]) < 0xA0;
        if (c1) ++i;
        shown += c1 || byte < 0x20 || byte == 0x7F ? ' ' : text[i];
    }
    return shown;
}

}  // namespace attune
