#include "cli/table.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "core/printable.h"

namespace attune {
namespace {

bool begins_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string padded(std::string_view text, std::size_t width) {
    std::string wide(text);
    const auto used = code_points(text);
    if (used < width) wide.append(width - used, ' ');
    return wide;
}

void Table::add(std::vector<std::string> cells) {
    assert(cells.size() == header_.size());
    for (auto& cell : cells) cell = cell.empty() ? "-" : printable(cell);
    rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
    std::vector<std::size_t> widths;
    for (std::size_t column = 0; column < header_.size(); ++column) {
        auto widest = code_points(header_[column]);
        for (const auto& row : rows_) widest = std::max(widest, code_points(row[column]));
        widths.push_back(widest);
    }
    widths.back() = 0;
    const auto print_row = [&](const std::vector<std::string>& row) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (column > 0) out << "  ";
            out << padded(row[column], widths[column]);
        }
        out << '\n';
    };
    print_row(header_);
    for (const auto& row : rows_) print_row(row);
}

void Lines::add(const std::string& label, const std::string& value) {
    if (!value.empty()) lines_.emplace_back(label + ":", printable(value));
}

void Lines::print(std::ostream& out) const {
    std::size_t widest = 0;
    for (const auto& [label, value] : lines_) widest = std::max(widest, code_points(label));
    for (const auto& [label, value] : lines_) {
        out << padded(label, widest + 2) << value << '\n';
    }
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

std::string shortened(std::string_view text, std::size_t width_wanted) {
    auto shown = printable(text);
    if (code_points(shown) <= width_wanted) return shown;
    std::size_t points = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (!begins_code_point(shown[i]) || ++points <= width_wanted - 3) continue;
        shown.resize(i);
        break;
    }
    return shown + "...";
}

}  // namespace attune
