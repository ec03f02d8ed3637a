#include "wire/system_bus.h"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <utility>

#include <systemd/sd-bus.h>

#include "os/system_clock.h"
#include "wire/system_bus_values.h"

namespace attune {
namespace {

// Of one process(): whoever floods the bus must not keep its owner from the rest of the work.
constexpr int kMessagesAtOnce = 64;

constexpr const char* kFailed = "org.freedesktop.DBus.Error.Failed";
constexpr const char* kMalformed = "org.freedesktop.DBus.Error.InconsistentMessage";

struct Unref {
    void operator()(sd_bus_message* message) const noexcept { ::sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const noexcept { ::sd_bus_slot_unref(slot); }
    void operator()(sd_bus* bus) const noexcept { ::sd_bus_close_unref(bus); }
};
using MessagePtr = std::unique_ptr<sd_bus_message, Unref>;
using SlotPtr = std::unique_ptr<sd_bus_slot, Unref>;
using BusPtr = std::unique_ptr<sd_bus, Unref>;

std::string text(const char* word) { return word == nullptr ? "" : word; }

[[noreturn]] void lost(int error, const std::string& what) {
    throw BusError(kBusDisconnected, what + ": " + std::strerror(-error));
}

void expect(int result, const std::string& what) {
    if (result < 0) lost(result, what);
}

BusError as_error(const sd_bus_error& error) {
    return BusError(text(error.name), text(error.message));
}

std::string signature_of(sd_bus_message* message) {
    return text(::sd_bus_message_get_signature(message, 1));
}

// What a message from another service says. Throws BusError.
BusBody body_of(sd_bus_message* message) {
    try {
        return {signature_of(message), read_values(message)};
    } catch (const std::invalid_argument& error) {
        throw BusError(kMalformed, error.what());
    }
}

MessagePtr new_call(sd_bus* bus, const BusCall& call) {
    sd_bus_message* made = nullptr;
    const int result = ::sd_bus_message_new_method_call(
        bus, &made, call.destination.c_str(), call.path.c_str(), call.interface.c_str(),
        call.member.c_str());
    if (result == -EINVAL) throw std::invalid_argument("no D-Bus call: " + call.member);
    expect(result, "cannot call " + call.member);
    MessagePtr message(made);
    append_values(made, call.body.signature, call.body.values);
    return message;
}

std::uint64_t microseconds(Duration patience) {
    return static_cast<std::uint64_t>(std::max(patience, Duration{1}).count());
}

}  // namespace

BusError::BusError(std::string name, std::string message)
    : std::runtime_error(name + ": " + message),
      name_(std::move(name)),
      message_(std::move(message)) {}

// No exception leaves a callback: the first one waits here for process().
struct SystemBus::Connection {
    BusPtr bus;
    std::exception_ptr failure;

    template <class Work>
    void shield(Work&& work) noexcept {
        try {
            work();
        } catch (...) {
            if (!failure) failure = std::current_exception();
        }
    }
};

struct SystemBus::Listening : std::enable_shared_from_this<SystemBus::Listening> {
    explicit Listening(Connection& owner) : connection(&owner) {}

    Connection* connection;  // alive whenever a handler is called: process() calls it
    OnSignal on_signal;
    OnRequest on_request;
    SlotPtr slot;  // the last to be made, the first to go
};

SystemBus::SystemBus(const std::string& address) : connection_(std::make_unique<Connection>()) {
    sd_bus* bus = nullptr;
    if (address.empty()) {
        expect(::sd_bus_open_system(&bus), "cannot reach the system's message bus");
        connection_->bus.reset(bus);
        return;
    }
    expect(::sd_bus_new(&bus), "cannot make a connection to a message bus");
    connection_->bus.reset(bus);
    expect(::sd_bus_set_address(bus, address.c_str()), "no address of a message bus");
    expect(::sd_bus_set_bus_client(bus, 1), "cannot be a client of a message bus");
    expect(::sd_bus_start(bus), "cannot reach the message bus at " + address);
}

SystemBus::~SystemBus() = default;

int SystemBus::fd() const { return ::sd_bus_get_fd(connection_->bus.get()); }

short SystemBus::events() const {
    const int events = ::sd_bus_get_events(connection_->bus.get());
    return static_cast<short>(events < 0 ? POLLIN : events);
}

std::optional<Duration> SystemBus::deadline() const {
    std::uint64_t at = 0;
    if (::sd_bus_get_timeout(connection_->bus.get(), &at) < 0) return Duration{0};
    if (at > static_cast<std::uint64_t>(std::numeric_limits<Duration::rep>::max())) {
        return std::nullopt;
    }
    return std::max(Duration(static_cast<Duration::rep>(at)) - monotonic_time(), Duration{0});
}

bool SystemBus::process() {
    for (int i = 0; i < kMessagesAtOnce; ++i) {
        const int result = ::sd_bus_process(connection_->bus.get(), nullptr);
        if (const auto failure = std::exchange(connection_->failure, nullptr)) {
            std::rethrow_exception(failure);
        }
        expect(result, "the message bus is lost");
        if (result == 0) return false;
    }
    return true;
}

BusBody SystemBus::call(const BusCall& call) {
    const auto message = new_call(connection_->bus.get(), call);
    struct Error {
        ~Error() { ::sd_bus_error_free(&error); }
        sd_bus_error error = SD_BUS_ERROR_NULL;
    } told;
    sd_bus_message* reply = nullptr;
    const int result = ::sd_bus_call(connection_->bus.get(), message.get(),
                                     microseconds(call.patience), &told.error, &reply);
    const MessagePtr owned(reply);
    if (::sd_bus_error_is_set(&told.error) != 0) throw as_error(told.error);
    expect(result, "cannot call " + call.member);
    return body_of(reply);
}

namespace {

struct Awaited {
    std::function<void(sd_bus_message*)> take;
};

int take_reply(sd_bus_message* message, void* data, sd_bus_error*) {
    static_cast<Awaited*>(data)->take(message);
    return 1;
}

void forget(void* data) { delete static_cast<Awaited*>(data); }

}  // namespace

void SystemBus::call(const BusCall& call, OnReply on_reply) {
    auto* connection = connection_.get();
    const auto message = new_call(connection->bus.get(), call);
    auto awaited = std::make_unique<Awaited>();
    awaited->take = [connection, on_reply = std::move(on_reply)](sd_bus_message* reply) {
        connection->shield([&] {
            const auto* error = ::sd_bus_message_get_error(reply);
            auto outcome = [&]() -> Reply {
                if (error != nullptr) return tl::make_unexpected(as_error(*error));
                try {
                    return body_of(reply);
                } catch (const BusError& malformed) {
                    return tl::make_unexpected(malformed);
                }
            }();
            on_reply(std::move(outcome));
        });
    };
    sd_bus_slot* slot = nullptr;
    expect(::sd_bus_call_async(connection->bus.get(), &slot, message.get(), take_reply,
                               awaited.get(), microseconds(call.patience)),
           "cannot call " + call.member);
    // From here on it lives as long as the library waits for the reply.
    ::sd_bus_slot_set_destroy_callback(slot, forget);
    ::sd_bus_slot_set_floating(slot, 1);
    ::sd_bus_slot_unref(slot);
    [[maybe_unused]] const auto* theirs = awaited.release();
}

Json SystemBus::property(const std::string& destination, const std::string& path,
                         const std::string& interface, const std::string& name) {
    auto body = call({.destination = destination,
                      .path = path,
                      .interface = "org.freedesktop.DBus.Properties",
                      .member = "Get",
                      .body = {"ss", {interface, name}}});
    if (body.signature != "v") throw BusError(kMalformed, "no property: " + body.signature);
    return std::move(body.values.at(0).at("data"));
}

SystemBus::Slot SystemBus::watch(const std::string& rule, OnSignal on_signal) {
    auto listening = std::make_shared<Listening>(*connection_);
    listening->on_signal = std::move(on_signal);
    const auto heard = [](sd_bus_message* message, void* data, sd_bus_error*) {
        // Kept: the handler may drop its own slot.
        const auto kept = static_cast<Listening*>(data)->shared_from_this();
        kept->connection->shield([&] {
            kept->on_signal({.sender = text(::sd_bus_message_get_sender(message)),
                             .path = text(::sd_bus_message_get_path(message)),
                             .interface = text(::sd_bus_message_get_interface(message)),
                             .member = text(::sd_bus_message_get_member(message)),
                             .body = body_of(message)});
            // Others may watch for the same one.
            ::sd_bus_message_rewind(message, 1);
        });
        return 0;
    };
    sd_bus_slot* slot = nullptr;
    expect(::sd_bus_add_match_async(connection_->bus.get(), &slot, rule.c_str(), heard, nullptr,
                                    listening.get()),
           "cannot watch for signals");
    listening->slot.reset(slot);
    return listening;
}

SystemBus::Slot SystemBus::serve(const std::string& prefix, OnRequest on_request) {
    auto listening = std::make_shared<Listening>(*connection_);
    listening->on_request = std::move(on_request);
    const auto asked = [](sd_bus_message* message, void* data, sd_bus_error*) {
        const auto kept = static_cast<Listening*>(data)->shared_from_this();
        kept->connection->shield([&] { kept->on_request(BusRequest(message)); });
        return 1;
    };
    sd_bus_slot* slot = nullptr;
    expect(::sd_bus_add_fallback(connection_->bus.get(), &slot, prefix.c_str(), asked,
                                 listening.get()),
           "cannot serve objects");
    listening->slot.reset(slot);
    return listening;
}

void SystemBus::emit(const std::string& path, const std::string& interface,
                     const std::string& member, const BusBody& body,
                     const std::string& destination) {
    sd_bus_message* made = nullptr;
    expect(::sd_bus_message_new_signal(connection_->bus.get(), &made, path.c_str(),
                                       interface.c_str(), member.c_str()),
           "cannot emit " + member);
    const MessagePtr message(made);
    append_values(made, body.signature, body.values);
    const auto* const only = destination.empty() ? nullptr : destination.c_str();
    expect(::sd_bus_send_to(connection_->bus.get(), made, only, nullptr),
           "cannot emit " + member);
}

BusRequest::BusRequest(sd_bus_message* borrowed) : message_(::sd_bus_message_ref(borrowed)) {}

void BusRequest::Drop::operator()(sd_bus_message* message) const noexcept {
    const sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(kFailed, "the call was dropped");
    ::sd_bus_reply_method_error(message, &error);
    ::sd_bus_message_unref(message);
}

std::string BusRequest::sender() const {
    return text(::sd_bus_message_get_sender(message_.get()));
}
std::string BusRequest::path() const { return text(::sd_bus_message_get_path(message_.get())); }
std::string BusRequest::interface() const {
    return text(::sd_bus_message_get_interface(message_.get()));
}
std::string BusRequest::member() const {
    return text(::sd_bus_message_get_member(message_.get()));
}
std::string BusRequest::signature() const { return signature_of(message_.get()); }

bool BusRequest::may_ask() const {
    return ::sd_bus_message_get_allow_interactive_authorization(message_.get()) > 0;
}

Json BusRequest::values() const {
    ::sd_bus_message_rewind(message_.get(), 1);
    return read_values(message_.get());
}

void BusRequest::reply(const BusBody& body) {
    sd_bus_message* made = nullptr;
    if (::sd_bus_message_new_method_return(message_.get(), &made) < 0) return;
    const MessagePtr message(made);
    append_values(made, body.signature, body.values);
    const MessagePtr answered(message_.release());
    ::sd_bus_send(nullptr, made, nullptr);
}

void BusRequest::refuse(const BusError& error) {
    const MessagePtr answered(message_.release());
    const sd_bus_error told =
        SD_BUS_ERROR_MAKE_CONST(error.name().c_str(), error.message().c_str());
    ::sd_bus_reply_method_error(answered.get(), &told);
}

}  // namespace attune
