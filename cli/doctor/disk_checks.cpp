// Room on the disks that are written to.
#include <fmt/format.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
// Below these a write may fail soon, or any moment: PostgreSQL's log of writes comes in files
// of 16 MiB.
constexpr std::uint64_t kLow = 1024 * kMiB;
constexpr std::uint64_t kFull = 100 * kMiB;

std::string amount(std::uint64_t bytes) {
    return bytes >= 10 * 1024 * kMiB ? fmt::format("{} GiB", bytes / (1024 * kMiB))
                                     : fmt::format("{} MiB", bytes / kMiB);
}

Finding room(const std::string& path, const Fact<DiskSpace>& disk, std::uint64_t low,
             std::uint64_t full) {
    if (!disk) return skipped(disk.error());
    const std::map<std::string, std::string> names = {{"PATH", path}};
    if (disk->read_only)
        return problem(path + " is on a disk that is mounted read-only", names);
    const auto seen =
        fmt::format("{}: {} free of {}", path, amount(disk->free_bytes), amount(disk->bytes));
    if (disk->free_bytes < full) return problem(seen, names);
    if (disk->inodes > 0 && disk->free_inodes < disk->inodes / 100) {
        return problem(
            fmt::format("{}: {} of {} inodes free", path, disk->free_inodes, disk->inodes),
            names);
    }
    if (disk->free_bytes < low && disk->free_bytes < disk->bytes / 10)
        return warning(seen, names);
    return ok(seen);
}

Finding state(const Facts& facts) {
    return room(facts.config ? facts.config->state_dir : "", facts.state_disk, kLow, kFull);
}

// Sockets only.
Finding runtime(const Facts& facts) {
    return room(facts.config ? facts.config->runtime_dir : "", facts.runtime_disk, kMiB, 1);
}

Finding spool(const Facts& facts) {
    return room("/var/lib/attune-runner", facts.spool_disk, kLow, kFull);
}

Finding database(const Facts& facts) {
    return room(facts.server ? facts.server->data_directory : "", facts.database_disk, kLow,
                kFull);
}

}  // namespace

void add_disk_checks(std::vector<Check>& checks) {
    checks.push_back({"disk.state", "room in state_dir, with the embedded database",
                      "du -xhd 2 PATH", state});
    checks.push_back(
        {"disk.runtime", "room in runtime_dir, for the sockets", "df -h PATH", runtime});
    checks.push_back(
        {"disk.spool", "room for outcomes that attune-runner keeps", "du -xhd 2 PATH", spool});
    checks.push_back(
        {"disk.database", "room for a database on this host", "du -xhd 2 PATH", database});
}

}  // namespace attune::doctor
