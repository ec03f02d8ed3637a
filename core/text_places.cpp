#include "core/text_places.h"

#include <algorithm>

namespace attune {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); }));
}

TextPlaces::TextPlaces(std::string_view text) : text_(text), starts_{0} {
    for (auto at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        starts_.push_back(static_cast<std::uint32_t>(at + 1));
    }
}

int TextPlaces::line_of(std::size_t offset) const {
    const bool in_last_line = starts_[last_line_ - 1] <= offset &&
                              (last_line_ == starts_.size() || offset < starts_[last_line_]);
    if (!in_last_line) {
        const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
        last_line_ = static_cast<std::size_t>(after - starts_.begin());
    }
    return static_cast<int>(last_line_);
}

std::size_t TextPlaces::line_start(int number) const {
    const auto index = static_cast<std::size_t>(std::max(number, 1)) - 1;
    return index < starts_.size() ? starts_[index] : text_.size();
}

std::string_view TextPlaces::line(int number) const {
    if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
    const auto start = line_start(number);
    const auto end = text_.find('\n', start);
    auto line = text_.substr(start, end - start);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

int TextPlaces::column_of(int line, std::size_t offset) const {
    const auto start = line_start(line);
    if (last_offset_ < start || last_offset_ > offset) {
        last_offset_ = start;
        last_column_ = 1;
    }
    last_column_ +=
        static_cast<int>(count_code_points(text_.substr(last_offset_, offset - last_offset_)));
    last_offset_ = offset;
    return last_column_;
}

std::size_t TextPlaces::before_line_end(std::size_t offset) const {
    const bool splits = offset > 0 && text_.substr(offset - 1, 2) == "\r\n";
    return splits ? offset - 1 : offset;
}

Range TextPlaces::range(std::size_t begin, std::size_t end) const {
    begin = before_line_end(std::min(begin, text_.size()));
    end = before_line_end(std::clamp(end, begin, text_.size()));
    Range range;
    range.line = line_of(begin);
    range.column = column_of(range.line, begin);
    range.end_line = line_of(end);
    range.end_column = column_of(range.end_line, end);
    return range;
}

std::size_t TextPlaces::offset_of(int number, int column) const {
    const auto text = line(number);
    std::size_t at = 0;
    for (int left = column; at < text.size(); ++at) {
        if (!continues(text[at]) && --left == 0) break;
    }
    return line_start(number) + at;
}

}  // namespace attune
