#include "tests/support/times.h"

#include <fmt/format.h>

#include "tests/support/zones.h"

namespace attune {

TimePoint at(std::string_view text) {
    if (text.find('T') != std::string_view::npos) return parse_rfc3339(text).value();
    return parse_rfc3339(fmt::format("2026-11-23T{}Z", text)).value();
}

Schedule timer(std::string_view trigger, std::string_view config, TimePoint anchor,
               std::string_view sensor) {
    return compile_schedule(Ref::parse(trigger).value(), Json::parse(config), anchor,
                            Ref::parse(sensor).value(), system_zones())
        .value();
}

Schedule every(std::chrono::seconds period, std::string_view more, TimePoint anchor) {
    return timer("core.intervaltimer",
                 fmt::format(R"({{"unit":"seconds","interval":{}{}{}}})", period.count(),
                             more.empty() ? "" : ",", more),
                 anchor);
}

}  // namespace attune
