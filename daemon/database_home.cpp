#include "daemon/database_home.h"

#include <exception>
#include <utility>

namespace attune {

DatabaseHome::DatabaseHome(Database configured, const std::filesystem::path& state_dir,
                           const std::filesystem::path& binaries, Log& log)
    : database_(std::move(configured)), log_(log) {
    if (!database_.url.empty()) return;
    options_.directory = embedded_directory(state_dir);
    options_.binaries = binaries;
    cluster_.emplace(options_);
    database_.url = cluster_->url();
    log_.info("embedded database in {}", options_.directory.string());
}

bool DatabaseHome::has_ended() const {
    return !options_.directory.empty() && !(cluster_ && cluster_->running());
}

void DatabaseHome::watch(Duration elapsed) {
    if (!has_ended() || elapsed < retry_at_) return;
    if (cluster_) {
        log_.error(
            "the embedded database has ended by itself and is started again; its last "
            "words: {}",
            cluster_->log_tail());
        cluster_.reset();
    }
    try {
        cluster_.emplace(options_);
        backoff_.succeeded();
    } catch (const std::exception& error) {
        const auto pause = backoff_.failed();
        retry_at_ = elapsed + pause;
        log_.error("{}; again in {}", error.what(), format_duration(pause));
    }
}

}  // namespace attune
