// What `attune doctor` has found out, before anything is judged. Facts are gathered once
// (cli/doctor/gather.h) and judged by pure functions (cli/doctor/check.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "core/json.h"
#include "core/time.h"
#include "os/inspect.h"
#include "reconciler/config.h"
#include "store/checkup.h"

namespace attune::doctor {

// What was asked for, or why it cannot be had: whoever depends on it is skipped and says so.
template <class T>
using Fact = tl::expected<T, std::string>;

// A unit as `systemctl show` tells about it.
struct Unit {
    std::map<std::string, std::string> properties;

    // "" for one that was not told.
    std::string operator()(const std::string& property) const {
        const auto found = properties.find(property);
        return found != properties.end() ? found->second : "";
    }
};

struct NamedFile {
    std::string path;
    Fact<FileStatus> status;
    bool holds_secret = false;
};

// Somebody who was asked, and what kept them from answering: not a fact that cannot be had, but
// a fact of its own.
struct Failure {
    std::string what;
    std::string remedy;  // empty: that of the check
};

struct SettingsFacts {
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::string first;  // of the findings, in one line
    std::vector<NamedFile> files;
    std::string flags;               // that attuned would be given
    bool url_is_credential = false;  // of the unit's
};

struct SourceFacts {
    std::string path;
    bool there = true;  // else only `first` is known beside it
    std::size_t files = 0;
    std::size_t directories = 0;
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::string first;   // of the findings, in one line
    std::string digest;  // of the tree, as a revision has it; empty: it does not stay still
    std::vector<std::string> unreadable;  // for the daemon's user
    std::vector<std::string> open;        // that strangers may change
};

struct Facts {
    TimePoint now;
    TimePoint built_at;
    std::string version;     // of this command
    int schema_version = 0;  // that this command knows

    SettingsFacts settings;
    Fact<DaemonConfig> config = tl::unexpected(std::string("not asked"));
    Fact<std::vector<NamedFile>> secrets = tl::unexpected(std::string("not asked"));

    std::string daemon_user;
    std::string runner_user;
    std::optional<Account> daemon_account;
    std::optional<Account> runner_account;
    std::string group;
    bool group_exists = false;
    std::vector<std::string> members;

    Fact<Unit> service = tl::unexpected(std::string("not asked"));
    Fact<Unit> runner_socket = tl::unexpected(std::string("not asked"));
    Fact<Unit> runner = tl::unexpected(std::string("not asked"));

    std::string socket_path;
    Fact<FileStatus> socket = tl::unexpected(std::string("not asked"));
    std::optional<Failure> daemon_failure;  // it was asked and did not answer
    Fact<Json> status = tl::unexpected(std::string("not asked"));
    Fact<OpenFiles> open_files = tl::unexpected(std::string("not asked"));
    Fact<bool> program_replaced = tl::unexpected(std::string("not asked"));

    Fact<SourceFacts> source = tl::unexpected(std::string("not asked"));

    std::optional<Failure> database_failure;
    Fact<std::string> postgresql = tl::unexpected(std::string("not asked"));  // its programs
    std::optional<Failure> postgresql_failure;
    Fact<ServerCheckup> server = tl::unexpected(std::string("not asked"));
    TimePoint server_asked_at;  // by this host's clock, when the server said its own
    Fact<LedgerCheckup> ledger = tl::unexpected(std::string("not asked"));

    Fact<ClockDiscipline> clock = tl::unexpected(std::string("not asked"));
    std::string zones_version;  // empty: no zoneinfo
    bool journal = false;
    Fact<std::uint64_t> watches = tl::unexpected(std::string("not asked"));
    Fact<DiskSpace> state_disk = tl::unexpected(std::string("not asked"));
    Fact<DiskSpace> runtime_disk = tl::unexpected(std::string("not asked"));
    Fact<DiskSpace> spool_disk = tl::unexpected(std::string("not asked"));
    Fact<DiskSpace> database_disk = tl::unexpected(std::string("not asked"));
};

}  // namespace attune::doctor
