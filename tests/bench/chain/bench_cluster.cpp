#include "tests/bench/chain/bench_cluster.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "store/migrate.h"
#include "store/session.h"

namespace attune {
namespace fs = std::filesystem;

BenchCluster::BenchCluster() {
    const char* folder = std::getenv("TMPDIR");
    auto pattern =
        (fs::path(folder != nullptr ? folder : "/var/tmp") / "attune-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    fs::permissions(folder_, fs::perms(0711));
    ClusterOptions options;
    options.directory = folder_ / "pg";
    options.settings = {"shared_buffers=1GB", "max_wal_size=4GB"};
    cluster_ = std::make_unique<EmbeddedCluster>(options);
    migrate({.url = cluster_->url()});
}

BenchCluster::~BenchCluster() {
    cluster_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Database BenchCluster::fresh_database(const std::string& name) const {
    Connection admin({.url = cluster_->url("postgres"), .application = "bench"});
    admin.run_alone("DROP DATABASE IF EXISTS " + name);
    admin.run_alone("CREATE DATABASE " + name);
    Database made{.url = cluster_->url(name), .application = "bench"};
    migrate(made);
    return made;
}

pid_t BenchCluster::postmaster() const {
    std::ifstream file(folder_ / "pg" / "data" / "postmaster.pid");
    pid_t pid = 0;
    file >> pid;
    return pid;
}

double BenchCluster::cpu_seconds() const {
    const pid_t server = postmaster();
    double ticks = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        std::istringstream fields(line.substr(line.rfind(')') + 1));
        std::string state;
        pid_t parent = 0;
        fields >> state >> parent;
        if (parent != server) continue;
        std::string skipped;
        for (int n = 5; n < 14; ++n) fields >> skipped;
        double user = 0;
        double system = 0;
        fields >> user >> system;
        ticks += user + system;
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void run(Database database, const std::string& sql) {
    database.statement_timeout = std::chrono::minutes(5);
    Connection(database).transact([&sql](Session& session) { session.run(sql); });
}

double number(const Database& database, const std::string& sql) {
    double found = 0;
    Connection(database).read(
        [&](Session& session) { found = std::stod(session.run(sql).only().string(0)); });
    return found;
}

}  // namespace attune
