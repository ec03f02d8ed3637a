// Both ends of the control protocol on Boost.Beast, which lives in this file only. Everything
// of a server but the handlers happens on its one I/O thread.

// All handlers run on one thread and are handed to it under a lock, so nothing hangs on the
// library's memory fences, which ThreadSanitizer does not know.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <fcntl.h>

#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "os/system_error.h"
#include "wire/control_client.h"
#include "wire/control_server.h"
#include "wire/handler_pool.h"
#include "wire/peer.h"
#include "wire/unix_socket.h"

namespace attune {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = net::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

namespace {

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::size_t kResponseBytes = 64 * 1024 * 1024;
// How long a client that was refused is listened to, so that it reads why instead of losing
// the connection under its own request.
constexpr std::chrono::seconds kFarewell{1};
constexpr std::chrono::milliseconds kAcceptAgain{100};

// `bodiless`: an answer to HEAD, which tells the length of the body and has none (RFC 9110,
// 9.3.2).
http::response<http::string_body> http_response(ControlResponse response, bool keep_alive,
                                                bool bodiless) {
    http::response<http::string_body> message;
    message.version(11);
    message.result(static_cast<unsigned>(response.status));
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.keep_alive(keep_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    if (bodiless) message.body().clear();
    return message;
}

// What to answer to a request that could not be read; nullopt: nobody is there to answer.
std::optional<ControlResponse> response_to_fault(const error_code& fault) {
    if (fault == http::error::end_of_stream) return std::nullopt;
    if (fault == http::error::body_limit) {
        return error_response(413, "too_large", "the body of the request is too large",
                              "at most 1 MiB is taken");
    }
    if (fault == http::error::header_limit) {
        return error_response(431, "header_too_large", "the head of the request is too large");
    }
    if (fault.category() == http::make_error_code(http::error::bad_version).category()) {
        return error_response(400, "malformed", "the request is no HTTP: " + fault.message());
    }
    return std::nullopt;
}

}  // namespace

class ControlServer::Impl {
public:
    Impl(ControlServerOptions options,
         const std::function<std::unique_ptr<ControlHandler>(int)>& make_handler);
    ~Impl() { stop(); }
    void stop();

private:
    class Session;

    void accept();
    void on_session_end();
    void admit(Local::socket socket);
    void report(const std::string& text) const {
        if (options_.report) options_.report(text);
    }

    ControlServerOptions options_;
    UnixListener listener_;
    // Those that are served, and those that are being told why not. Outlive io_, whose end
    // ends the last of them.
    std::set<Session*> served_;
    std::set<Session*> refused_;
    bool stopping_ = false;
    net::io_context io_{1};
    // Keeps the I/O thread while the only sessions left are with their handlers.
    std::optional<net::executor_work_guard<net::io_context::executor_type>> busy_{
        io_.get_executor()};
    Local::acceptor acceptor_{io_};
    net::steady_timer again_{io_};
    net::steady_timer farewell_{io_};
    HandlerPool pool_;
    std::thread thread_;
};

// One connection. Lives as long as something is under way on it.
class ControlServer::Impl::Session : public std::enable_shared_from_this<Session> {
public:
    Session(Impl& server, std::set<Session*>& others, Local::socket socket, Peer peer)
        : server_(server), others_(others), stream_(std::move(socket)), peer_(std::move(peer)) {
        others_.insert(this);
    }
    ~Session() {
        others_.erase(this);
        server_.on_session_end();
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void serve() {
        parser_.emplace();
        parser_->header_limit(kHeaderBytes);
        parser_->body_limit(server_.options_.body_bytes);
        // One deadline from the first byte to the last, so that dripping bytes wins no time.
        stream_.expires_after(server_.options_.deadline);
        reading_ = true;
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](error_code fault, std::size_t) {
                                    self->on_head(fault);
                                });
    }

    // The last words: nothing more is read than it takes to be heard.
    void refuse(ControlResponse response) { write(std::move(response), false); }

    // Nothing is lost: it was waiting for the client to speak.
    void stop_reading() {
        if (reading_) close();
    }

    void close() { stream_.close(); }

private:
    void on_head(error_code fault) {
        if (fault) return on_request(fault);
        if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read();
        continue_ = {http::status::continue_, 11};
        http::async_write(stream_, continue_,
                          [self = shared_from_this()](error_code failed, std::size_t) {
                              if (!failed) self->read();
                          });
    }

    void read() {
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code fault, std::size_t) {
                             self->on_request(fault);
                         });
    }

    void on_request(error_code fault) {
        reading_ = false;
        head_ = false;
        if (fault) {
            if (auto response = response_to_fault(fault)) refuse(*std::move(response));
            return;
        }
        auto message = parser_->release();
        head_ = message.method() == http::verb::head;
        const auto target = message.target();
        auto parsed = parse_target({target.data(), target.size()});
        if (!parsed) {
            return refuse(error_response(400, parsed.error().code, parsed.error().message,
                                         parsed.error().help));
        }
        keep_alive_ = message.keep_alive();
        stream_.expires_never();
        const auto method = message.method_string();
        server_.pool_.submit(
            {.method = std::string(method.data(), method.size()),
             .path = std::move(parsed->path),
             .query = std::move(parsed->query),
             .body = std::move(message.body()),
             .peer = peer_},
            [self = shared_from_this()](ControlResponse response) mutable {
                // The only reference goes along: a session ends on the I/O thread.
                auto& io = self->server_.io_;
                net::post(
                    io, [session = std::move(self), answer = std::move(response)]() mutable {
                        const bool keep = session->keep_alive_ && !session->server_.stopping_;
                        session->write(std::move(answer), keep);
                    });
            });
    }

    void write(ControlResponse response, bool keep_alive) {
        message_ = http_response(std::move(response), keep_alive, head_);
        stream_.expires_after(server_.options_.deadline);
        http::async_write(
            stream_, message_,
            [self = shared_from_this(), keep_alive](error_code failed, std::size_t) {
                if (failed) return;
                if (keep_alive && !self->server_.stopping_) return self->serve();
                self->say_farewell();
            });
    }

    void say_farewell() {
        error_code ignored;
        stream_.socket().shutdown(Local::socket::shutdown_send, ignored);
        stream_.expires_after(kFarewell);
        reading_ = true;
        if (server_.stopping_) return;
        drain();
    }

    void drain() {
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(kHeaderBytes),
                                [self = shared_from_this()](error_code fault, std::size_t) {
                                    if (!fault) self->drain();
                                });
    }

    Impl& server_;
    std::set<Session*>& others_;
    Stream stream_;
    Peer peer_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::empty_body> continue_;
    http::response<http::string_body> message_;
    bool keep_alive_ = false;
    bool head_ = false;  // the request at hand is a HEAD
    bool reading_ = false;
};

ControlServer::Impl::Impl(
    ControlServerOptions options,
    const std::function<std::unique_ptr<ControlHandler>(int)>& make_handler)
    : options_(std::move(options)),
      listener_(options_.listening_fd
                    ? UnixListener::adopt(*options_.listening_fd)
                    : UnixListener::bind(options_.socket_path, options_.group)),
      pool_(options_.handler_threads, make_handler, options_.report) {
    acceptor_.assign(Local(), listener_.release());
    accept();
    thread_ = std::thread([this] { io_.run(); });
}

void ControlServer::Impl::stop() {
    if (!thread_.joinable()) return;
    net::post(io_, [this] {
        stopping_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        again_.cancel();
        for (auto* session : served_) session->stop_reading();
        for (auto* session : refused_) session->stop_reading();
    });
    pool_.stop();
    // The last answers are on their way; whoever does not take them now never will.
    net::post(io_, [this] {
        busy_.reset();
        if (served_.empty() && refused_.empty()) return;
        farewell_.expires_after(kFarewell);
        farewell_.async_wait([this](error_code cancelled) {
            if (cancelled) return;
            for (auto* session : served_) session->close();
            for (auto* session : refused_) session->close();
        });
    });
    thread_.join();
}

void ControlServer::Impl::accept() {
    acceptor_.async_accept([this](error_code failed, Local::socket socket) {
        if (stopping_) return;
        if (!failed) {
            admit(std::move(socket));
            return accept();
        }
        // Out of descriptors, most likely: those who wait are taken once some are free.
        report("cannot accept a control client: " + failed.message());
        again_.expires_after(kAcceptAgain);
        again_.async_wait([this](error_code cancelled) {
            if (!cancelled && !stopping_) accept();
        });
    });
}

void ControlServer::Impl::on_session_end() {
    if (stopping_ && served_.empty() && refused_.empty()) farewell_.cancel();
}

void ControlServer::Impl::admit(Local::socket socket) {
    Peer peer;
    try {
        ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
        peer = peer_of(socket.native_handle());
    } catch (const SystemError& error) {
        return report(error.what());
    }
    const bool allowed = may_control(peer, ::geteuid(), options_.group);
    if (allowed && served_.size() < options_.clients) {
        return std::make_shared<Session>(*this, served_, std::move(socket), peer)->serve();
    }
    // So many are being refused that even saying so is too much: the connection just ends.
    if (refused_.size() >= options_.clients) return;
    std::make_shared<Session>(*this, refused_, std::move(socket), peer)
        ->refuse(
            allowed
                ? error_response(503, "busy", "attuned has as many clients as it takes",
                                 "try again")
                : error_response(403, "forbidden",
                                 "uid " + std::to_string(peer.uid) + " may not control attuned",
                                 "root, its own user and members of its group may"));
}

ControlServer::ControlServer(
    ControlServerOptions options,
    const std::function<std::unique_ptr<ControlHandler>(int)>& make_handler)
    : impl_(std::make_unique<Impl>(std::move(options), make_handler)) {}

ControlServer::~ControlServer() = default;

void ControlServer::stop() { impl_->stop(); }

ControlResponse ControlClient::request(std::string_view method, std::string_view target,
                                       std::string_view body, Duration deadline) const {
    auto connection = reach(socket_path_, deadline);
    net::io_context io{1};
    Stream stream(io);
    stream.socket().assign(Local(), connection.release());

    http::request<http::string_body> request;
    request.version(11);
    request.method_string({method.data(), method.size()});
    request.target({target.data(), target.size()});
    request.set(http::field::host, "attune");
    if (!body.empty()) request.set(http::field::content_type, "application/json");
    request.keep_alive(false);
    request.body() = body;
    request.prepare_payload();

    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kResponseBytes);
    error_code failed;
    stream.expires_after(deadline);
    // A server that refuses early stops reading: the reason is there even when the request
    // could not be sent to its end.
    http::async_write(stream, request, [&](error_code, std::size_t) {
        http::async_read(stream, buffer, parser,
                         [&](error_code fault, std::size_t) { failed = fault; });
    });
    io.run();
    using Why = ControlUnreachable::Why;
    if (failed == beast::error::timeout) {
        throw ControlUnreachable(Why::kDeadline,
                                 "attuned at " + socket_path_ + " did not answer in time");
    }
    if (failed) {
        throw ControlUnreachable(Why::kBroken, "no answer from attuned at " + socket_path_ +
                                                   ": " + failed.message());
    }
    auto response = parser.release();
    const auto type = response[http::field::content_type];
    return {.status = static_cast<int>(response.result_int()),
            .body = std::move(response.body()),
            .content_type = std::string(type.data(), type.size())};
}

}  // namespace attune
