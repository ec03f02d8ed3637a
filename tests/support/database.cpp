#include "tests/support/database.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "store/embedded_cluster.h"
#include "store/migrate.h"
#include "store/session.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemplate = "attune_template";

// In memory where there is room: a test's database is 300 files, which a disk takes a second
// for and memory milliseconds.
fs::path roomy_folder() {
    constexpr std::uintmax_t kRoom = 1024ULL * 1024 * 1024;
    std::error_code missing;
    const auto memory = fs::space("/dev/shm", missing);
    return !missing && memory.available > kRoom ? fs::path("/dev/shm")
                                                : fs::temp_directory_path();
}

// Owns the cluster and its folder; destroyed at exit, on the main thread that made it.
class Cluster {
public:
    Cluster() {
        // The server runs as another user than root and must be able to reach it.
        auto pattern = (roomy_folder() / "attune-pg-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder_ = pattern;
        fs::permissions(folder_,
                        fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
        ClusterOptions options;
        options.directory = folder_ / "pg";
        options.durable = false;
        options.settings = {"max_connections=200", "autovacuum=off"};
        cluster_ = std::make_unique<EmbeddedCluster>(options);
        admin_ = std::make_unique<Connection>(
            Database{.url = cluster_->url("postgres"), .idle_timeout = Duration(0)});
        administer(fmt::format("CREATE DATABASE {}", kTemplate));
        migrate({.url = cluster_->url(kTemplate)});
    }

    ~Cluster() {
        admin_.reset();
        cluster_.reset();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    EmbeddedCluster& server() { return *cluster_; }
    void administer(const std::string& statement) { admin_->run_alone(statement); }

private:
    fs::path folder_;
    std::unique_ptr<EmbeddedCluster> cluster_;
    std::unique_ptr<Connection> admin_;
};

Cluster& cluster() {
    static Cluster the_cluster;
    return the_cluster;
}

std::string next_name() {
    static std::atomic<int> number = 0;
    return fmt::format("test_{}", ++number);
}

}  // namespace

EmbeddedCluster& test_cluster() { return cluster().server(); }

TestDatabase::TestDatabase(Shape shape)
    : name_(next_name()),
      connection_({.url = test_cluster().url(name_), .application = "test"}) {
    cluster().administer(fmt::format("CREATE DATABASE {} TEMPLATE {}", name_,
                                     shape == Shape::kMigrated ? kTemplate : "template0"));
}

TestDatabase::~TestDatabase() {
    connection_.drop();
    try {
        cluster().administer(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
    } catch (const std::exception&) {  // the cluster may have been stopped by the test
    }
}

Database TestDatabase::database() const {
    return {.url = test_cluster().url(name_), .application = "test"};
}

void TestDatabase::run(const std::string& sql) {
    connection_.transact([&sql](Session& session) { session.run(sql); });
}

std::string TestDatabase::value(const std::string& sql) {
    std::string text;
    connection_.read([&](Session& session) {
        const auto rows = session.run(sql);
        if (!rows.empty()) text = rows[0].text(0);
    });
    return text;
}

std::string TestDatabase::table(const std::string& sql) {
    std::string text;
    connection_.read([&](Session& session) {
        const auto rows = session.run(sql);
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

}  // namespace attune
