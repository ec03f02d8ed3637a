#include "tests/bench/bench_cluster.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "store/migrate.h"
#include "store/session.h"

namespace attune {
namespace fs = std::filesystem;

BenchCluster::BenchCluster(const std::vector<std::string>& settings) {
    const char* folder = std::getenv("TMPDIR");
    auto pattern =
        (fs::path(folder != nullptr ? folder : "/var/tmp") / "attune-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    fs::permissions(folder_, fs::perms(0711));
    ClusterOptions options;
    options.directory = folder_ / "pg";
    options.settings = {"shared_buffers=1GB", "max_wal_size=4GB"};
    options.settings.insert(options.settings.end(), settings.begin(), settings.end());
    cluster_ = std::make_unique<EmbeddedCluster>(options);
    migrate({.url = cluster_->url()});
}

BenchCluster::~BenchCluster() {
    cluster_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Database BenchCluster::reach(const std::string& name) const {
    return {.url = cluster_->url(name),
            .application = "bench",
            .statement_timeout = std::chrono::minutes(10)};
}

Database BenchCluster::fresh_database(const std::string& name) const {
    Connection admin(reach("postgres"));
    admin.run_alone("DROP DATABASE IF EXISTS " + name);
    admin.run_alone("CREATE DATABASE " + name);
    migrate(reach(name));
    return reach(name);
}

std::string BenchCluster::run(const Database& database, const std::string& sql) {
    std::string text;
    Connection(database).transact([&](Session& session) {
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

void BenchCluster::run_alone(const std::string& statement) const {
    Connection(database()).run_alone(statement);
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

}  // namespace attune
