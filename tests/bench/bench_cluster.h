// A PostgreSQL of a benchmark's own, as one who cares for speed would set it up, with every
// commit on the disk of $TMPDIR, /var/tmp without it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/connection.h"
#include "store/embedded_cluster.h"

namespace attune {

class BenchCluster {
public:
    // Migrated. `settings` of the server, besides ours. Throws ClusterError.
    explicit BenchCluster(const std::vector<std::string>& settings = {});
    ~BenchCluster();
    BenchCluster(const BenchCluster&) = delete;
    BenchCluster& operator=(const BenchCluster&) = delete;

    const std::filesystem::path& folder() const { return folder_; }

    // Patient: arranging takes long.
    Database database() const { return reach("attune"); }
    // Another one in the same cluster, empty and migrated; an earlier one of that name goes.
    Database fresh_database(const std::string& name) const;

    // Rows of the last statement, as "a|b|c" lines.
    std::string run(const std::string& sql) const { return run(database(), sql); }
    static std::string run(const Database& database, const std::string& sql);
    // Outside of a transaction.
    void run_alone(const std::string& statement) const;

    // CPU time that the processes of the server have used so far.
    double cpu_seconds() const;

private:
    Database reach(const std::string& name) const;
    pid_t postmaster() const;

    std::filesystem::path folder_;
    std::unique_ptr<EmbeddedCluster> cluster_;
};

}  // namespace attune
