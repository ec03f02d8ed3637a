// Aligned columns for people.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/columns.h"

namespace attune {

// Columns are separated by two blanks, the last one is not padded; widths count code points.
// Control characters in cells are shown as blanks.
class Table {
public:
    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}

    // One cell for each column; an empty one is shown as "-".
    void add(std::vector<std::string> cells);

    bool empty() const { return rows_.empty(); }
    void print(std::ostream& out) const;

private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

// "label:  value" lines whose values begin in one column.
class Lines {
public:
    // Left out when `value` is empty.
    void add(const std::string& label, const std::string& value);
    void print(std::ostream& out) const;

private:
    std::vector<std::pair<std::string, std::string>> lines_;
};

// printable(), cut to `width` code points, ending in "..." when something was cut off.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace attune
