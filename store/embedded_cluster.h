// A private PostgreSQL in a directory of ours: for trying attune and for a single host.
//
// It listens on a unix socket only, inside a directory no other user can enter, and runs
// unprivileged: started by root it becomes `postgres`, else `nobody`, and owns its directory.
// The server receives SIGINT (fast stop) when the process that started it dies, however it
// dies; start() waits until such an earlier server has left.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/time.h"
#include "store/connection.h"

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
    // Name=value lines that win over ours; tests turn fsync off.
    std::vector<std::string> settings;
};

class EmbeddedCluster {
public:
    // Makes the cluster on first use (initdb), starts its server, waits until it answers.
    // Throws ClusterError, or SystemError when a process cannot be started at all.
    explicit EmbeddedCluster(ClusterOptions options);
    // Stops the server: open transactions are rolled back (fast), then waits for it to leave.
    ~EmbeddedCluster();
    EmbeddedCluster(const EmbeddedCluster&) = delete;
    EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

    // The conninfo of database `name`, "host=/.../run user=attune dbname=attune".
    std::string url(const std::string& name = "attune") const;

    // false: the server has ended by itself; the last lines of its log say why.
    bool running();
    std::string log_tail() const;

    void stop();

private:
    struct Server;
    ClusterOptions options_;
    std::unique_ptr<Server> server_;
};

// The folder with initdb and postgres: of version 15 or later, the newest of
// /usr/lib/postgresql/*/bin and /usr/pgsql-*/bin, else /usr/bin. `configured` is taken as it
// is. Throws ClusterError naming everywhere it looked and the packages to install.
std::filesystem::path find_postgresql(const std::filesystem::path& configured);

}  // namespace attune
