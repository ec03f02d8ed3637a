#include "cli/output.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "cli/yaml_text.h"
#include "core/time.h"

namespace attune {

void show(const Given& given, Terminal& terminal, const Json& value,
          const std::function<void()>& table) {
    const auto format = given.text("--output");
    if (format == "json") {
        terminal.out << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    } else if (format == "yaml") {
        terminal.out << yaml_text(value);
    } else {
        table();
    }
}

std::string cell(const Json& value, const std::string& path) {
    const Json* at = &value;
    for (std::size_t from = 0; from <= path.size();) {
        const auto slash = std::min(path.find('/', from), path.size());
        const auto key = path.substr(from, slash - from);
        if (!at->is_object() || !at->contains(key)) return "";
        at = &(*at)[key];
        from = slash + 1;
    }
    if (at->is_null()) return "";
    return at->is_string() ? at->get<std::string>() : compact(*at);
}

std::string table_time(const std::string& rfc3339) {
    const auto moment = parse_rfc3339(rfc3339);
    if (!moment) return rfc3339;
    using namespace std::chrono;
    const auto day = floor<days>(*moment);
    const year_month_day date(day);
    const hh_mm_ss time(floor<milliseconds>(*moment - day));
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(),
                       time.subseconds().count());
}

std::string diagnostic_place(const Json& diagnostic) {
    const auto place = place_text(diagnostic);
    const auto column = cell(diagnostic, "column");
    return place == cell(diagnostic, "file") || column.empty() ? place : place + ":" + column;
}

std::string place_text(const Json& object) {
    const auto file = cell(object, "file");
    if (file.empty()) return "";
    const auto line = cell(object, "line");
    return line.empty() || line == "0" ? file : file + ":" + line;
}

}  // namespace attune
