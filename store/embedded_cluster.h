// A private PostgreSQL in a directory of ours: for trying attune and for a single host.
//
// It listens on a unix socket only, inside a directory no other user can enter, and runs
// unprivileged: started by root it becomes `postgres`, else `nobody`, and owns its directory.
// The server receives SIGINT (fast stop) when the process that started it dies, however it
// dies; start() waits until such an earlier server has left.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/time.h"
#include "os/account.h"
#include "os/spawn.h"

namespace attune {

// It cannot be set up, and trying again will not help: no binaries, a directory that is not
// ours, a socket path that is too long. The message names the remedy.
class ClusterError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct ClusterOptions {
    std::filesystem::path directory;  // absolute; data/ and run/ are made inside
    std::filesystem::path binaries;   // empty: searched, see find_postgresql()
    // Longest wait for an earlier server to leave, and for this one to answer.
    Duration patience = std::chrono::seconds(60);
    // false: no write waits for the disk, so a power cut may ruin the cluster. For tests.
    bool durable = true;
    // "name=value" settings of the server, stronger than ours.
    std::vector<std::string> settings;
};

class EmbeddedCluster {
public:
    // Makes the cluster on first use (initdb), starts its server, waits until it answers and
    // has the database `attune`. To be called on a thread that lives as long as the server is
    // to live: the kernel ties a child's death signal to the thread that started it.
    // Throws ClusterError, or SystemError when a process cannot be started at all.
    explicit EmbeddedCluster(ClusterOptions options);
    // Stops the server: open transactions are rolled back (fast), then waits for it to leave.
    ~EmbeddedCluster();
    EmbeddedCluster(const EmbeddedCluster&) = delete;
    EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

    // The conninfo of database `name`, "host=/.../run user=attune dbname=attune".
    std::string url(const std::string& name = "attune") const;

    // false: the server has ended by itself; the last lines of its log say why.
    bool running() const;
    std::string log_tail() const;
    std::filesystem::path log_file() const { return options_.directory / "postgres.log"; }

    void stop();

private:
    void prepare_directory();
    void make_cluster();
    void start();
    bool wait_until_ready();
    void make_database();

    std::filesystem::path data() const { return options_.directory / "data"; }
    std::filesystem::path sockets() const { return options_.directory / "run"; }

    ClusterOptions options_;
    std::optional<Account> account_;  // whom the server runs as; none: as us
    std::optional<Child> server_;
};

// Where the embedded cluster of a daemon is, below its state directory.
std::filesystem::path embedded_directory(const std::filesystem::path& state_dir);

// The conninfo of its database, whether its server runs or not.
std::string embedded_url(const std::filesystem::path& directory,
                         const std::string& name = "attune");

// The folder with initdb and postgres: of version 15 or later, the newest of
// /usr/lib/postgresql/*/bin and /usr/pgsql-*/bin, else /usr/bin. `configured` is taken as it
// is. Throws ClusterError naming everywhere it looked and the packages to install.
std::filesystem::path find_postgresql(const std::filesystem::path& configured);

}  // namespace attune
