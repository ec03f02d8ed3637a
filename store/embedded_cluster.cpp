#include "store/embedded_cluster.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "os/files.h"
#include "os/pidfd.h"
#include "os/system_error.h"
#include "store/connection.h"
#include "store/errors.h"
#include "store/session.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr Duration kPace = milliseconds(5);  // between two looks at a starting server
constexpr std::size_t kSocketPathBytes = 107;
constexpr std::size_t kLogBytes = 1024 * 1024;
constexpr const char* kSocketName = ".s.PGSQL.5432";

// Small and quiet, for one daemon on one host.
constexpr std::string_view kSettings[] = {
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=50",
    "shared_buffers=64MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
    "log_destination=stderr",
    "logging_collector=off",
    "log_min_messages=warning",
    "log_line_prefix=%m [%p] ",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_parallel_workers_per_gather=0",
};

constexpr std::string_view kNotDurable[] = {"fsync=off", "synchronous_commit=off",
                                            "full_page_writes=off"};

std::optional<Account> unprivileged_account() {
    if (::geteuid() != 0) return std::nullopt;
    for (const char* name : {"postgres", "nobody"}) {
        if (auto account = find_account(name)) return account;
    }
    throw ClusterError(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody;"
        " set database.url, or start attuned as another user");
}

// Whether `account` may pass through `folder`, as far as its mode bits tell.
bool may_enter(const fs::path& folder, const Account& account) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return true;  // told better by who needs it
    if (status.st_uid == account.uid) return (status.st_mode & S_IXUSR) != 0;
    const auto& groups = account.groups;
    if (std::find(groups.begin(), groups.end(), status.st_gid) != groups.end()) {
        return (status.st_mode & S_IXGRP) != 0;
    }
    return (status.st_mode & S_IXOTH) != 0;
}

void require_way_to(const fs::path& directory, const Account& account) {
    for (auto folder = directory.parent_path(); folder != folder.root_path();
         folder = folder.parent_path()) {
        if (may_enter(folder, account)) continue;
        throw ClusterError(
            fmt::format("the embedded PostgreSQL runs as {} and cannot enter {}: chmod o+x it,"
                        " choose another state directory, or set database.url",
                        account.name, folder.string()));
    }
}

// What lies in a folder of the server's account may have been put there by it: a link is not
// followed, so that nothing else is given away by us as root.
UniqueFd open_folder(const fs::path& folder) {
    UniqueFd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) throw_errno("cannot open " + folder.string());
    return opened;
}

void make_private_folder(const fs::path& folder, const std::optional<Account>& owner) {
    make_directories(folder.string(), 0700);
    const auto opened = open_folder(folder);
    if (owner && ::fchown(opened.get(), owner->uid, owner->gid) != 0) {
        throw_errno("cannot give " + folder.string() + " to " + owner->name);
    }
    if (::fchmod(opened.get(), 0700) != 0) throw_errno("cannot chmod " + folder.string());
}

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

// The pid in the first line of postmaster.pid.
std::optional<pid_t> postmaster_of(const fs::path& data) {
    const auto lines = lines_of(data / "postmaster.pid");
    pid_t pid = 0;
    if (lines.empty()) return std::nullopt;
    std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), pid);
    if (pid <= 0) return std::nullopt;
    return pid;
}

// A server of an earlier life has been told to stop by the death of whoever started it; its
// pid may meanwhile belong to anybody, so it is asked for the folder it works in.
void wait_for_earlier_server(const fs::path& data, Duration patience) {
    const auto pid = postmaster_of(data);
    if (!pid) return;
    const UniqueFd process = open_pidfd(*pid);
    std::error_code gone;
    const auto folder = fs::read_symlink(fmt::format("/proc/{}/cwd", *pid), gone);
    if (!process || gone || folder != fs::canonical(data, gone)) return;
    pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
    const auto wait = std::chrono::duration_cast<milliseconds>(patience).count();
    if (::poll(&ended, 1, static_cast<int>(wait)) > 0) return;
    throw ClusterError(
        fmt::format("another PostgreSQL (pid {}) serves {} and does not end;"
                    " another attuned may be using this state directory",
                    *pid, data.string()));
}

std::vector<std::string> environment() {
    return {"LANG=C", "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC"};
}

}  // namespace

fs::path embedded_directory(const fs::path& state_dir) { return state_dir / "postgres"; }

std::string embedded_url(const fs::path& directory, const std::string& name) {
    return fmt::format("host='{}' user=attune dbname='{}'", (directory / "run").string(), name);
}

EmbeddedCluster::EmbeddedCluster(ClusterOptions options) : options_(std::move(options)) {
    options_.binaries = find_postgresql(options_.binaries);
    prepare_directory();
    if (!fs::exists(data())) make_cluster();
    wait_for_earlier_server(data(), options_.patience);
    start();
    make_database();
}

EmbeddedCluster::~EmbeddedCluster() { stop(); }

void EmbeddedCluster::prepare_directory() {
    const auto socket = (sockets() / kSocketName).string();
    if (socket.size() > kSocketPathBytes) {
        throw ClusterError(
            fmt::format("the socket's path {} has {} bytes, the kernel allows"
                        " {}: choose a shorter state directory",
                        socket, socket.size(), kSocketPathBytes));
    }
    account_ = unprivileged_account();
    if (account_) require_way_to(options_.directory, *account_);
    make_private_folder(options_.directory, account_);
    make_private_folder(sockets(), account_);
}

// Made beside its place and renamed, so that a half-made cluster is never taken for one.
void EmbeddedCluster::make_cluster() {
    const auto partial = options_.directory / "data.partial";
    fs::remove_all(partial);
    SpawnOptions initdb;
    initdb.argv = {(options_.binaries / "initdb").string(),
                   "--pgdata=" + partial.string(),
                   "--username=attune",
                   "--auth=trust",  // whoever can reach the socket's folder is us, or root
                   "--encoding=UTF8",
                   "--locale=C",
                   "--no-instructions"};
    if (!options_.durable) initdb.argv.emplace_back("--no-sync");
    initdb.env = environment();
    initdb.directory = "/";
    initdb.account = account_;
    std::string output;
    const auto status = run_to_end(initdb, &output, options_.patience);
    if (!status.succeeded()) {
        throw ClusterError(fmt::format("initdb of {} ended with {}: {}", data().string(),
                                       describe(status), output));
    }
    fs::rename(partial, data());
}

void EmbeddedCluster::start() {
    std::error_code ignored;
    const bool full = fs::file_size(log_file(), ignored) > kLogBytes && !ignored;
    const UniqueFd log(::open(
        log_file().c_str(),
        O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (full ? O_TRUNC : 0), 0600));
    if (!log) throw_errno("cannot open " + log_file().string());

    SpawnOptions postgres;
    postgres.argv = {(options_.binaries / "postgres").string(), "-D", data().string(), "-k",
                     sockets().string()};
    const auto set = [&postgres](std::string_view setting) {
        postgres.argv.emplace_back("-c");
        postgres.argv.emplace_back(setting);
    };
    for (const auto setting : kSettings) set(setting);
    if (!options_.durable) {
        for (const auto setting : kNotDurable) set(setting);
    }
    for (const auto& setting : options_.settings) set(setting);
    postgres.env = environment();
    postgres.directory = "/";
    postgres.stdout_fd = postgres.stderr_fd = log.get();
    postgres.death_signal = SIGINT;
    postgres.account = account_;

    // What an earlier server left attached to its shared memory may take a moment to go.
    for (Duration waited{0}; waited < options_.patience; waited += kPace) {
        server_ = spawn(postgres);
        if (wait_until_ready()) return;
        const auto tail = log_tail();
        const bool lingering = tail.find("is still in use") != std::string::npos;
        if (!lingering) {
            throw ClusterError(fmt::format("the embedded PostgreSQL in {} does not start: {}",
                                           options_.directory.string(), tail));
        }
    }
    throw ClusterError("processes of an earlier PostgreSQL in " + options_.directory.string() +
                       " do not end: " + log_tail());
}

// The eighth line of postmaster.pid says how far it is. False: the server has ended.
bool EmbeddedCluster::wait_until_ready() {
    for (Duration waited{0}; waited < options_.patience; waited += kPace) {
        if (server_->wait_for(kPace)) return false;
        const auto lines = lines_of(data() / "postmaster.pid");
        if (lines.size() >= 8 && lines[0] == std::to_string(server_->pid()) &&
            lines[7].starts_with("ready")) {
            return true;
        }
    }
    throw ClusterError("the embedded PostgreSQL in " + options_.directory.string() +
                       " does not become ready: " + log_tail());
}

void EmbeddedCluster::make_database() {
    Connection connection({.url = url("postgres")});
    bool there = false;
    connection.read([&there](Session& session) {
        there = !session.run("SELECT FROM pg_database WHERE datname = 'attune'").empty();
    });
    if (!there) connection.run_alone("CREATE DATABASE attune");
}

std::string EmbeddedCluster::url(const std::string& name) const {
    return embedded_url(options_.directory, name);
}

bool EmbeddedCluster::running() const { return server_ && !server_->has_ended(); }

std::string EmbeddedCluster::log_tail() const {
    constexpr std::size_t kLines = 8;
    auto lines = lines_of(log_file());
    if (lines.size() > kLines) {
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLines));
    }
    std::string tail;
    for (const auto& line : lines) tail += (tail.empty() ? "" : " | ") + line;
    return tail;
}

void EmbeddedCluster::stop() {
    if (!server_) return;
    for (const int request : {SIGINT, SIGQUIT}) {  // fast, then immediate
        server_->signal(request);
        if (server_->wait_for(options_.patience)) break;
    }
    server_.reset();
}

}  // namespace attune
