// The host: its clock, its time zones, its journal, what its kernel allows.
#include <fmt/format.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

Finding clock(const Facts& facts) {
    if (facts.now < facts.built_at) {
        return problem(
            fmt::format("it is {}, before this attune was built", format_rfc3339(facts.now)));
    }
    if (!facts.clock) return skipped(facts.clock.error());
    if (!facts.clock->synchronised) {
        return warning("nobody tells the kernel that the clock is synchronised");
    }
    return ok(
        "synchronised, off by " +
        format_duration(std::chrono::ceil<std::chrono::seconds>(facts.clock->largest_error)) +
        " at most");
}

Finding zones(const Facts& facts) {
    if (facts.zones_version.empty()) {
        return problem("no time zones in /usr/share/zoneinfo: only UTC is known");
    }
    return ok("tzdata " + facts.zones_version);
}

Finding journal(const Facts& facts) {
    if (!facts.service) return skipped(facts.service.error());
    if (!facts.journal) return problem("/run/systemd/journal/socket is not there");
    return ok("journald listens");
}

// Each directory of the source takes a watch, and other programs of the same user take some.
Finding watches(const Facts& facts) {
    if (!facts.source) return skipped(facts.source.error());
    if (!facts.watches) return skipped(facts.watches.error());
    if (!facts.source->there) return skipped("the source cannot be read (see source.valid)");
    const auto needed = facts.source->directories + 2;
    const auto seen = fmt::format("{} directories to watch, {} watches for each user",
                                  facts.source->directories, *facts.watches);
    if (needed > *facts.watches) {
        return warning(seen + ": changes are noticed only every 5 s",
                       {{"NUMBER", std::to_string(needed * 2)}});
    }
    return ok(seen);
}

}  // namespace

void add_host_checks(std::vector<Check>& checks) {
    checks.push_back({"host.clock", "the clock: not before this attune was built, synchronised",
                      "timedatectl set-ntp true", clock});
    checks.push_back({"host.zones", "the system's time zones and their version",
                      "apt install --reinstall tzdata", zones});
    checks.push_back(
        {"host.journal", "journald's socket", "systemctl restart systemd-journald", journal});
    checks.push_back(
        {"host.watches",
         "inotify watches for the source's directories (fs.inotify.max_user_watches)",
         "sysctl -w fs.inotify.max_user_watches=NUMBER", watches});
}

}  // namespace attune::doctor
