#include "tests/fuzz/inputs.h"

#include <fmt/format.h>

#include "core/params.h"
#include "core/text_places.h"
#include "core/yaml.h"
#include "tests/fuzz/targets.h"

namespace attune {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

class Bounds {
public:
    explicit Bounds(std::string_view text)
        : places_(text.starts_with(kMark) ? text.substr(kMark.size()) : text),
          lines_(places_.line_of(places_.text().size())) {}

    void hold(const Range& range, std::string_view what) const {
        if (range.line == 0) {
            promise(range == Range{}, fmt::format("half a range of {}", what));
            return;
        }
        const bool forward = range.line < range.end_line ||
                             (range.line == range.end_line && range.column <= range.end_column);
        promise(forward && is_place(range.line, range.column) &&
                    is_place(range.end_line, range.end_column),
                fmt::format("{} at {}:{}-{}:{} in {} lines", what, range.line, range.column,
                            range.end_line, range.end_column, lines_));
    }

private:
    bool is_place(int line, int column) const {
        if (line < 1 || line > lines_ || column < 1) return false;
        return static_cast<std::size_t>(column) <= count_code_points(places_.line(line)) + 1;
    }

    TextPlaces places_;
    int lines_;
};

}  // namespace

std::pair<std::string_view, std::string_view> halves(std::string_view bytes) {
    constexpr std::string_view kSeparator = "\n---\n";
    const auto at = bytes.find(kSeparator);
    if (at == std::string_view::npos) return {bytes, {}};
    return {bytes.substr(0, at + 1), bytes.substr(at + kSeparator.size())};
}

Json value_of(std::string_view text) {
    const auto read = parse_yaml(text, "");
    if (!read.documents.empty()) return to_json(read.documents.front());
    return parse_untrusted(text).value_or(Json());
}

std::string payload_of(std::string_view text) {
    const auto value = value_of(text);
    return value.is_object() ? compact(value) : "{}";
}

void promise_places(const Diagnostics& diagnostics, std::string_view file,
                    std::string_view text) {
    const Bounds bounds(text);
    for (const auto& diagnostic : diagnostics) {
        if (diagnostic.file == file) bounds.hold(diagnostic.range, diagnostic.code);
        if (diagnostic.fix && diagnostic.file == file) {
            promise(diagnostic.fix->range.line > 0, diagnostic.code + ": a fix of nothing");
            bounds.hold(diagnostic.fix->range, diagnostic.code + "'s fix");
        }
        for (const auto& related : diagnostic.related) {
            if (related.file == file) bounds.hold(related.range, related.message);
        }
    }
}

}  // namespace attune
