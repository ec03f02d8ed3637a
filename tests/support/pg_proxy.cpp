#include "tests/support/pg_proxy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "os/system_error.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSocketName = ".s.PGSQL.5432";

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

UniqueFd new_socket() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) throw_errno("cannot make a socket");
    return fd;
}

// The value of host='...' in a url of ours.
std::string host_in(const std::string& url) {
    const auto start = url.find("host='") + 6;
    return url.substr(start, url.find('\'', start) - start);
}

// Passes what is there to be read; false at the end of the stream.
bool forward(int from, int to, std::string& bytes) {
    std::array<char, 65536> buffer;
    const auto count = ::read(from, buffer.data(), buffer.size());
    if (count <= 0) return false;
    bytes.assign(buffer.data(), static_cast<std::size_t>(count));
    if (to < 0) return true;
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto written = ::write(to, bytes.data() + sent, bytes.size() - sent);
        if (written <= 0) return false;
        sent += static_cast<std::size_t>(written);
    }
    return true;
}

// A simple query of exactly this text, in one message: 'Q', length, text, NUL.
bool is_commit(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes ==
           "Q\0\0\0\x0b"
           "COMMIT\0"sv;
}

}  // namespace

PgProxy::PgProxy(const std::string& url) {
    auto pattern = (fs::temp_directory_path() / "attune-proxy-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw_errno("cannot make " + pattern);
    folder_ = pattern;
    const auto host = host_in(url);
    server_socket_ = host + "/" + kSocketName;
    url_ = url;
    url_.replace(url_.find(host), host.size(), folder_.string());

    listener_ = new_socket();
    const auto address = address_of((folder_ / kSocketName).string());
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0 ||
        ::listen(listener_.get(), 8) != 0) {
        throw_errno("cannot listen in " + folder_.string());
    }
    stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
    thread_ = std::thread([this] { serve(); });
}

PgProxy::~PgProxy() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void PgProxy::serve() {
    std::vector<std::jthread> connections;
    while (true) {
        std::array<pollfd, 2> waiting = {
            {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), -1);
        if (waiting[1].revents != 0) return;
        UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        connections.emplace_back([this, client = std::move(client)] { pass(client); });
    }
}

void PgProxy::pass(const UniqueFd& client) {
    const UniqueFd server = new_socket();
    const auto address = address_of(server_socket_);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        return;
    }
    std::string bytes;
    while (true) {
        std::array<pollfd, 3> waiting = {
            {{client.get(), POLLIN, 0}, {server.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), -1);
        if (waiting[2].revents != 0) return;
        if (waiting[1].revents != 0 && !forward(server.get(), client.get(), bytes)) return;
        if (waiting[0].revents == 0) continue;
        // Read without passing on, until it is known what it is.
        if (!forward(client.get(), -1, bytes)) return;
        const auto loss = is_commit(bytes) ? take_loss() : Loss::kNothing;
        if (loss == Loss::kCommit) return;
        if (::write(server.get(), bytes.data(), bytes.size()) !=
            static_cast<ssize_t>(bytes.size())) {
            return;
        }
        if (loss == Loss::kCommitReply) {
            forward(server.get(), -1, bytes);  // done; nobody hears of it
            return;
        }
    }
}

// What is to become of a COMMIT that has come.
PgProxy::Loss PgProxy::take_loss() {
    if (loss_ == Loss::kNothing || others_-- > 0) return Loss::kNothing;
    return loss_.exchange(Loss::kNothing);
}

}  // namespace attune
