// A private PostgreSQL as one who cares for speed would set it up, with every commit on the
// disk.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/connection.h"
#include "store/embedded_cluster.h"

namespace attune {

class BenchCluster {
public:
    // In a folder of its own below $TMPDIR or /var/tmp, migrated. Throws ClusterError.
    BenchCluster();
    ~BenchCluster();
    BenchCluster(const BenchCluster&) = delete;
    BenchCluster& operator=(const BenchCluster&) = delete;

    Database database() const { return {.url = cluster_->url(), .application = "bench"}; }

    // Another one in the same cluster, empty and migrated; an earlier one of that name goes.
    Database fresh_database(const std::string& name) const;

    // CPU time that the processes of the server have used so far.
    double cpu_seconds() const;

private:
    pid_t postmaster() const;

    std::filesystem::path folder_;
    std::unique_ptr<EmbeddedCluster> cluster_;
};

// Statements that arrange something, however long they take.
void run(Database database, const std::string& sql);

// The one number that a query answers.
double number(const Database& database, const std::string& sql);

}  // namespace attune
