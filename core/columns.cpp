#include "core/columns.h"

#include <algorithm>

namespace attune {

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string padded(std::string_view text, std::size_t width) {
    std::string wide(text);
    const auto used = code_points(text);
    if (used < width) wide.append(width - used, ' ');
    return wide;
}

std::string wrapped(std::string_view text, std::size_t width_wanted) {
    std::string result;
    std::size_t used = 0;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find_first_of(" \n", from), text.size());
        const auto word = text.substr(from, end - from);
        if (used > 0 && used + 1 + code_points(word) > width_wanted) {
            result += '\n';
            used = 0;
        } else if (used > 0) {
            result += ' ';
            ++used;
        }
        result += word;
        used += code_points(word);
        if (end < text.size() && text[end] == '\n') {
            result += '\n';
            used = 0;
        }
        from = end + 1;
    }
    return result;
}

}  // namespace attune
