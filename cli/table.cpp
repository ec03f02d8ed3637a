#include "cli/table.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "core/printable.h"

namespace attune {
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
