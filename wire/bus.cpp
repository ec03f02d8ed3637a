#include "wire/bus.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <utility>

#include <zmq.h>

namespace attune {

// The C interface on purpose: zmq_send copies our bytes inside the library, so that nothing
// of ours is ever shared between threads, and ThreadSanitizer has nothing to be unsure of.
struct Bus::Core {
    void* context = nullptr;
    Lose lose;
};

namespace {

std::runtime_error bus_error(const std::string& doing) {
    return std::runtime_error(doing + ": " + zmq_strerror(zmq_errno()));
}

void set(void* socket, int option, int value) {
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0) {
        throw bus_error("cannot set up a socket of the bus");
    }
}

SocketPtr make_socket(void* context, int type) {
    SocketPtr socket(zmq_socket(context, type));
    if (!socket) {
        if (zmq_errno() == ETERM) throw BusClosed();
        throw bus_error("cannot make a socket of the bus");
    }
    // What is unsent when a thread ends is lost on purpose; the default waits for ever.
    set(socket.get(), ZMQ_LINGER, 0);
    return socket;
}

constexpr int kClosed = -1;

// Asking for ZMQ_EVENTS makes the socket take in what its descriptor announced; only then
// will the descriptor announce anything again.
int events_of(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    while (zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) != 0) {
        if (zmq_errno() == ETERM) return kClosed;
        if (zmq_errno() != EINTR) throw bus_error("cannot look at a socket of the bus");
    }
    return events;
}

// -1, which every poll passes over, once the bus is closed.
int fd_of(void* socket) {
    int fd = -1;
    std::size_t size = sizeof fd;
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0 && zmq_errno() != ETERM) {
        throw bus_error("no descriptor");
    }
    return fd;
}

Woken look(void* socket) {
    const int events = events_of(socket);
    if (events == kClosed) return {.closed = true};
    return {.message = (events & ZMQ_POLLIN) != 0};
}

// zmq_poll would do, but knows milliseconds only and blurs the events of plain descriptors.
Woken wait_for(void* socket, std::optional<Duration> timeout, std::span<pollfd> others) {
    const auto before = look(socket);
    for (auto& other : others) other.revents = 0;
    const bool must_not_wait = before.message || before.closed;
    if (must_not_wait && others.empty()) return before;

    std::vector<pollfd> all;
    all.reserve(others.size() + 1);
    all.push_back({.fd = fd_of(socket), .events = POLLIN, .revents = 0});
    all.insert(all.end(), others.begin(), others.end());
    if (must_not_wait) timeout = Duration::zero();
    timespec span{};
    if (timeout) {
        const auto left = std::max(*timeout, Duration::zero());
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        span.tv_sec = seconds.count();
        span.tv_nsec = std::chrono::nanoseconds(left - seconds).count();
    }
    if (ppoll(all.data(), all.size(), timeout ? &span : nullptr, nullptr) < 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "ppoll");
        return before;
    }
    std::copy(all.begin() + 1, all.end(), others.begin());
    return must_not_wait ? before : look(socket);
}

// One part of a message, without waiting; nullopt when there is none or the bus is closed.
std::optional<std::string> receive_part(void* socket) {
    zmq_msg_t part;
    zmq_msg_init(&part);
    int size = -1;
    do {
        size = zmq_msg_recv(&part, socket, ZMQ_DONTWAIT);
    } while (size < 0 && zmq_errno() == EINTR);
    std::optional<std::string> bytes;
    if (size >= 0) {
        bytes.emplace(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part));
    }
    const bool failed = size < 0 && zmq_errno() != EAGAIN && zmq_errno() != ETERM;
    zmq_msg_close(&part);
    if (failed) throw bus_error("cannot receive");
    return bytes;
}

bool more_parts(void* socket) {
    int more = 0;
    std::size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more != 0;
}

bool send_part(void* socket, std::string_view bytes, int flags) {
    while (zmq_send(socket, bytes.data(), bytes.size(), flags | ZMQ_DONTWAIT) < 0) {
        if (zmq_errno() == EAGAIN || zmq_errno() == ETERM) return false;
        if (zmq_errno() != EINTR) throw bus_error("cannot send");
    }
    return true;
}

std::string inbox_address(const std::string& name) { return "inproc://" + name; }

}  // namespace

void SocketCloser::operator()(void* socket) const noexcept { zmq_close(socket); }

BusClosed::BusClosed() : std::runtime_error("the bus is shut down") {}

Bus::Bus() : Bus(Lose()) {}

Bus::Bus(Lose lose) : core_(std::make_unique<Core>()) {
    core_->lose = std::move(lose);
    core_->context = zmq_ctx_new();
    if (core_->context == nullptr) throw bus_error("cannot make the bus");
    zmq_ctx_set(core_->context, ZMQ_BLOCKY, 0);
}

Bus::~Bus() {
    while (zmq_ctx_term(core_->context) != 0 && zmq_errno() == EINTR) {
    }
}

void Bus::shutdown() noexcept { zmq_ctx_shutdown(core_->context); }

Inbox::Inbox(Bus& bus, const std::string& name)
    : name_(name), socket_(make_socket(bus.core_->context, ZMQ_PULL)) {
    // What may wait is the sum of both ends' marks, so the outboxes' marks decide.
    set(socket_.get(), ZMQ_RCVHWM, 1);
    if (zmq_bind(socket_.get(), inbox_address(name).c_str()) != 0) {
        if (zmq_errno() == ETERM) throw BusClosed();
        throw bus_error("inbox " + name);
    }
}

// Closing gives the name back only later, on another thread; unbinding does it now.
Inbox::~Inbox() { zmq_unbind(socket_.get(), inbox_address(name_).c_str()); }

std::optional<std::string> Inbox::receive() { return receive_part(socket_.get()); }

Woken Inbox::wait(std::optional<Duration> timeout, std::span<pollfd> others) {
    return wait_for(socket_.get(), timeout, others);
}

int Inbox::fd() const { return fd_of(socket_.get()); }

bool Inbox::has_message() { return look(socket_.get()).message; }

Outbox::Outbox(Bus& bus, const std::vector<std::string>& inboxes, std::size_t capacity)
    : core_(bus.core_.get()), socket_(make_socket(core_->context, ZMQ_PUSH)) {
    assert(!inboxes.empty() && capacity >= 1);
    set(socket_.get(), ZMQ_SNDHWM, static_cast<int>(capacity));
    set(socket_.get(), ZMQ_IMMEDIATE, 1);
    for (const auto& inbox : inboxes) {
        if (zmq_connect(socket_.get(), inbox_address(inbox).c_str()) == 0) continue;
        if (zmq_errno() == ETERM) throw BusClosed();
        throw bus_error("outbox to " + inbox);
    }
}

bool Outbox::send(std::string_view bytes) {
    assert(bytes.size() <= limits::kMessageBytes);
    if (core_->lose && core_->lose(bytes)) return true;
    if (send_part(socket_.get(), bytes, 0)) return true;
    // A send looks for room that was made since only about once a millisecond.
    const int events = events_of(socket_.get());
    return events != kClosed && (events & ZMQ_POLLOUT) != 0 &&
           send_part(socket_.get(), bytes, 0);
}

TopicPublisher::TopicPublisher(Bus& bus, const std::string& path, int listening_fd,
                               std::size_t capacity)
    : socket_(make_socket(bus.core_->context, ZMQ_XPUB)) {
    set(socket_.get(), ZMQ_SNDHWM, static_cast<int>(capacity));
    set(socket_.get(), ZMQ_USE_FD, listening_fd);
    if (zmq_bind(socket_.get(), ("ipc://" + path).c_str()) != 0) {
        throw bus_error("cannot publish at " + path);
    }
}

int TopicPublisher::fd() const { return fd_of(socket_.get()); }

bool TopicPublisher::has_subscribers() {
    // The first wish for a prefix comes as 1, the end of the last one as 0.
    while (const auto wish = receive_part(socket_.get())) {
        if (wish->starts_with('\1')) ++prefixes_;
        if (wish->starts_with('\0')) --prefixes_;
    }
    return prefixes_ > 0;
}

void TopicPublisher::publish(std::string_view topic, std::string_view data) {
    if (send_part(socket_.get(), topic, ZMQ_SNDMORE)) send_part(socket_.get(), data, 0);
}

TopicSubscriber::TopicSubscriber(Bus& bus, const std::string& path,
                                 const std::vector<std::string>& prefixes)
    : socket_(make_socket(bus.core_->context, ZMQ_SUB)) {
    for (const auto& prefix : prefixes) {
        zmq_setsockopt(socket_.get(), ZMQ_SUBSCRIBE, prefix.data(), prefix.size());
    }
    if (zmq_connect(socket_.get(), ("ipc://" + path).c_str()) != 0) {
        throw bus_error("cannot listen at " + path);
    }
}

std::optional<TopicMessage> TopicSubscriber::receive() {
    auto topic = receive_part(socket_.get());
    if (!topic) return std::nullopt;
    TopicMessage message{std::move(*topic), {}};
    // All parts of a message arrive together.
    for (bool first = true; more_parts(socket_.get()); first = false) {
        auto part = receive_part(socket_.get());
        if (part && first) message.data = std::move(*part);
    }
    return message;
}

Woken TopicSubscriber::wait(std::optional<Duration> timeout, std::span<pollfd> others) {
    return wait_for(socket_.get(), timeout, others);
}

}  // namespace attune
