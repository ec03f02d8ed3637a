#include <unistd.h>

#include <fmt/format.h>

#include "cli/doctor/gather.h"
#include "cli/output.h"
#include "os/system_clock.h"
#include "store/embedded_cluster.h"
#include "store/errors.h"

namespace attune::doctor {
namespace {

constexpr const char* kCredential =
    "the database's address is a credential: only root sees it, while the daemon runs";

// The address as the daemon has it, or why it cannot be had here.
Fact<Database> address(const Facts& facts) {
    if (!facts.config) return tl::unexpected(facts.config.error());
    Database database{.url = facts.config->database_url,
                      .password = facts.config->database_password,
                      .application = "attune doctor"};
    if (!database.url.empty()) return database;
    if (facts.settings.url_is_credential) return tl::unexpected(std::string(kCredential));
    const auto directory = embedded_directory(facts.config->state_dir);
    if (!facts.status) {
        return tl::unexpected(std::string(
            "the embedded database runs only with the daemon, which does not answer"));
    }
    const auto socket = directory / "run" / ".s.PGSQL.5432";
    if (::access(socket.c_str(), W_OK) != 0 && errno == EACCES) {
        return tl::unexpected(
            "only root and its own user may connect to the embedded database in " +
            directory.string());
    }
    database.url = embedded_url(directory);
    return database;
}

void look_for_programs(Facts& facts) {
    if (!facts.config) {
        facts.postgresql = tl::unexpected(facts.config.error());
    } else if (!facts.config->database_url.empty() || facts.settings.url_is_credential) {
        facts.postgresql = tl::unexpected(std::string("the database is not embedded"));
    } else {
        try {
            facts.postgresql = find_postgresql(facts.config->database_binaries).string();
        } catch (const ClusterError& error) {
            facts.postgresql_failure = Failure{error.what(), ""};
            facts.postgresql = tl::unexpected(std::string(error.what()));
        }
    }
}

void ask_server(const Database& database, Facts& facts) {
    const SystemClock clock;
    try {
        // The connection takes its time, the answer none: of two looks the second tells the
        // skew.
        examine_server(database);
        const auto before = clock.now();
        facts.server = examine_server(database);
        facts.server_asked_at = before + (clock.now() - before) / 2;
    } catch (const StoreError& error) {
        // Whom the server knows as the daemon's user it need not know as this one.
        if (facts.status && cell(*facts.status, "database/state") == "ok") {
            facts.server = tl::unexpected(fmt::format(
                "the daemon reaches it, and {} does not ({}); try `runuser -u {} -- "
                "attune doctor`",
                own_account().name, error.what(), facts.daemon_user));
            return;
        }
        facts.database_failure = Failure{error.what(), ""};
        facts.server = tl::unexpected(std::string(error.what()));
    }
}

Fact<LedgerCheckup> ask_ledger(const Database& database, const Facts& facts) {
    if (!facts.server) {
        return tl::unexpected(facts.database_failure
                                  ? "the database cannot be reached (see database.reachable)"
                                  : facts.server.error());
    }
    if (facts.server->schema_version != facts.schema_version) {
        return tl::unexpected(std::string("its schema is not this command's"));
    }
    return look_at([&] { return examine_ledger(database, SystemClock().now()); });
}

}  // namespace

void gather_database(Facts& facts) {
    look_for_programs(facts);
    const auto database = address(facts);
    if (!database) {
        facts.server = tl::unexpected(database.error());
        facts.ledger = tl::unexpected(database.error());
        facts.database_disk = tl::unexpected(database.error());
        return;
    }
    ask_server(*database, facts);
    facts.ledger = ask_ledger(*database, facts);
    if (!facts.server || !facts.server->local || facts.server->data_directory.empty()) {
        facts.database_disk =
            tl::unexpected(std::string("the database does not tell where on this host it is"));
        return;
    }
    facts.database_disk = look_at([&] { return disk_space(facts.server->data_directory); });
}

}  // namespace attune::doctor
