// Stands between a client and a PostgreSQL on a unix socket and passes bytes, until it is told
// to lose a COMMIT: that is how a reply gets lost on the way.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "os/unique_fd.h"

namespace attune {

class PgProxy {
public:
    enum class Loss {
        kNothing,
        kCommit,       // the client's COMMIT never arrives: nothing is committed
        kCommitReply,  // it arrives and is done, the reply never comes back
    };

    // `url` as EmbeddedCluster::url() gives it; the proxy's socket is made in a folder of its
    // own.
    explicit PgProxy(const std::string& url);
    ~PgProxy();
    PgProxy(const PgProxy&) = delete;
    PgProxy& operator=(const PgProxy&) = delete;

    // The same database through the proxy.
    const std::string& url() const { return url_; }

    // The next COMMIT, or the one that comes after `others`, on whatever connection, is lost
    // that way and its connection cut; those after it are not.
    void lose(Loss loss, int others = 0) {
        others_ = others;
        loss_ = loss;
    }
    // Whether it has come.
    bool has_lost() const { return loss_ == Loss::kNothing; }

private:
    void serve();
    void pass(const UniqueFd& client);
    Loss take_loss();

    std::filesystem::path folder_;
    std::string server_socket_;
    std::string url_;
    UniqueFd listener_;
    UniqueFd stop_;  // readable: end
    std::atomic<Loss> loss_ = Loss::kNothing;
    std::atomic<int> others_ = 0;
    std::thread thread_;
};

}  // namespace attune
