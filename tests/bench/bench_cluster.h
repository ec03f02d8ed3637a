// A PostgreSQL of a benchmark's own, as one who cares for speed would set it up, with every
// commit on the disk of $TMPDIR, /var/tmp without it.
#pragma once

#include <stdlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/embedded_cluster.h"
#include "store/migrate.h"
#include "store/session.h"

namespace attune {

class BenchCluster {
public:
    explicit BenchCluster(const std::vector<std::string>& more_settings = {}) {
        const char* chosen = std::getenv("TMPDIR");
        auto pattern =
            std::string(chosen != nullptr ? chosen : "/var/tmp") + "/attune-bench-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder_ = pattern;
        std::filesystem::permissions(folder_, std::filesystem::perms(0711));
        ClusterOptions options;
        options.directory = folder_ / "pg";
        options.settings = {"shared_buffers=1GB", "max_wal_size=4GB"};
        options.settings.insert(options.settings.end(), more_settings.begin(),
                                more_settings.end());
        cluster_ = std::make_unique<EmbeddedCluster>(options);
        migrate({.url = cluster_->url()});
    }
    ~BenchCluster() {
        cluster_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    BenchCluster(const BenchCluster&) = delete;
    BenchCluster& operator=(const BenchCluster&) = delete;

    const std::filesystem::path& folder() const { return folder_; }

    Database database() const {
        return {.url = cluster_->url(),
                .application = "bench",
                .statement_timeout = std::chrono::minutes(10)};
    }

    // Rows of the last statement, as "a|b|c" lines.
    std::string run(const std::string& sql) {
        std::string text;
        Connection(database()).transact([&](Session& session) {
            const auto rows = session.run("SET search_path = attune;" + sql);
            for (int n = 0; n < rows.size(); ++n) {
                if (n > 0) text += '\n';
                for (int column = 0; column < rows.columns(); ++column) {
                    if (column > 0) text += '|';
                    text += rows[n].text(column);
                }
            }
        });
        return text;
    }
    // Outside of a transaction.
    void run_alone(const std::string& statement) {
        Connection(database()).run_alone(statement);
    }

private:
    std::filesystem::path folder_;
    std::unique_ptr<EmbeddedCluster> cluster_;
};

}  // namespace attune
