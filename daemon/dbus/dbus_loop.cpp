#include "daemon/dbus/dbus_loop.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "daemon/dbus/introspection.h"
#include "wire/inboxes.h"

namespace attune {
namespace {

constexpr Duration kConnectEvery = std::chrono::seconds(30);
constexpr Duration kSecond = std::chrono::seconds(1);
constexpr const char* kBus = "org.freedesktop.DBus";

// Replies of RequestName (the D-Bus specification).
constexpr int kPrimaryOwner = 1;
constexpr int kExists = 3;
constexpr int kDoNotQueue = 4;  // a flag

BusError dbus_error(std::string_view word, const std::string& message) {
    return {fmt::format("org.freedesktop.DBus.Error.{}", word), message};
}

CalledObject called_by(const BusRequest& call) {
    return {call.path(), call.interface(), call.member(), call.signature()};
}

const BusSignalForm* signal_of(std::string_view topic) {
    for (const auto& signal : manager_interface().signals) {
        if (!signal.topic.empty() && signal.topic == topic) return &signal;
    }
    return nullptr;
}

const BusSignalForm& signals_missed() { return manager_interface().signals.back(); }

}  // namespace

DbusLoop::DbusLoop(DbusOptions options, Bus& bus, MakeHandler make_handler, Catalogs catalog,
                   std::atomic<bool>& wanted, Log& log)
    : options_(std::move(options)),
      make_handler_(std::move(make_handler)),
      catalog_(std::move(catalog)),
      wanted_(wanted),
      log_(log),
      inbox_(bus, kMessageBusInbox) {}

DbusLoop::~DbusLoop() { wanted_ = false; }

std::optional<Duration> DbusLoop::step(Moment moment) {
    bool more = false;
    try {
        connect(moment);
        hear_feed(moment.elapsed);
        for (auto& each : answers_.take()) answer(std::move(each));
        more = connection_ && connection_->bus.process();
        if (!lost_.empty()) lose(std::exchange(lost_, {}));
    } catch (const BusError& error) {
        lose(error.message());
    }
    if (more) return Duration{0};
    return missed_ > 0 ? kSecond : kLongestWait;
}

Woken DbusLoop::wait(std::optional<Duration> timeout) {
    std::array<pollfd, 2> others = {pollfd{answers_.fd(), POLLIN, 0}, pollfd{-1, 0, 0}};
    if (connection_) {
        others[1] = {connection_->bus.fd(), connection_->bus.events(), 0};
        if (const auto deadline = connection_->bus.deadline()) {
            timeout = std::min(timeout.value_or(*deadline), *deadline);
        }
    }
    return inbox_.wait(timeout, others);
}

void DbusLoop::connect(Moment moment) {
    if (connection_ || moment.elapsed < connect_at_) return;
    connect_at_ = moment.elapsed + kConnectEvery;
    connection_ = std::make_unique<Connection>(options_);
    connection_->serving =
        connection_->bus.serve("/", [this](BusRequest call) { take(std::move(call)); });
    ask_for_name();
}

void DbusLoop::ask_for_name() {
    connection_->bus.call({.destination = kBus,
                           .path = "/org/freedesktop/DBus",
                           .interface = kBus,
                           .member = "RequestName",
                           .body = {"su", {kBusName, kDoNotQueue}}},
                          [this](const SystemBus::Reply& reply) { take_name(reply); });
}

// A connection cannot be given up by a handler of its own: step() does.
void DbusLoop::take_name(const SystemBus::Reply& reply) {
    if (!reply) {
        lost_ = reply.error().message();
    } else if (reply->values.at(0) == kExists) {
        lost_ = fmt::format("another daemon is {} there", kBusName);
    } else if (reply->values.at(0) == kPrimaryOwner) {
        if (!handlers_) {
            handlers_ = std::make_unique<HandlerPool>(
                options_.handler_threads, make_handler_,
                [this](const std::string& text) { log_.warn("D-Bus: {}", text); });
        }
        connection_->named = true;
        told_.clear();
        log_.info("D-Bus: answers as {}", kBusName);
    }
}

void DbusLoop::lose(const std::string& why) {
    connection_.reset();
    note_subscribers();
    if (why == told_) return;
    told_ = why;
    log_.info("D-Bus: not there as {}: {}; everything else works, and it is tried again",
              kBusName, why);
}

void DbusLoop::take(BusRequest call) {
    const auto caller = call.sender();
    if (introspected(call)) return;
    if (!connection_->named) return call.refuse(dbus_error("Failed", "not ready yet"));
    if (is_full(caller)) {
        return call.refuse(dbus_error("LimitsExceeded", "too many calls are under way"));
    }
    auto wish = wish_of(called_by(call), [&] { return call.values(); });
    if (!wish) return call.refuse(wish.error());
    const auto number = ++calls_;
    const auto permission = wish->permission;
    const bool may_ask = call.may_ask();
    connection_->calls.emplace(number, Pending{std::move(call), caller, *std::move(wish)});
    connection_->authority.judge(
        caller, permission, may_ask,
        [this, number](Authority::Verdict verdict) { judged(number, std::move(verdict)); });
}

bool DbusLoop::is_full(const std::string& caller) const {
    const auto& calls = connection_->calls;
    const auto own = std::count_if(calls.begin(), calls.end(), [&](const auto& each) {
        return each.second.caller == caller;
    });
    return calls.size() >= limits::kBusCalls ||
           static_cast<std::size_t>(own) >= limits::kBusCallsOfOne;
}

// Names are no secret: whoever may send us calls may know what there is to call.
bool DbusLoop::introspected(BusRequest& call) {
    if (call.interface() != "org.freedesktop.DBus.Introspectable" ||
        call.member() != "Introspect") {
        return false;
    }
    if (const auto xml = introspect(call.path(), *catalog_())) {
        call.reply({"s", {*xml}});
    } else {
        call.refuse(dbus_error("UnknownObject", "there is no object " + call.path()));
    }
    return true;
}

void DbusLoop::judged(std::uint64_t number, Authority::Verdict verdict) {
    auto node = connection_->calls.extract(number);
    if (node.empty()) return;
    auto& pending = node.mapped();
    if (!verdict) return pending.call.refuse(verdict.error());
    if (!pending.wish.request) return subscribe(std::move(pending));
    auto request = *std::move(pending.wish.request);
    request.peer = *std::move(verdict);
    connection_->calls.insert(std::move(node));
    ask(number, std::move(request));
}

void DbusLoop::ask(std::uint64_t number, ControlRequest request) {
    handlers_->submit(std::move(request), [this, number](ControlResponse response) {
        answers_.put({number, std::move(response)});
    });
}

// An answer to a call of a connection that is lost is nobody's.
void DbusLoop::answer(Answers::Answer answer) {
    if (!connection_) return;
    auto node = connection_->calls.extract(answer.call);
    if (node.empty()) return;
    auto& [call, caller, wish] = node.mapped();
    if (answer.response.status >= 400) return call.refuse(error_of(answer.response));
    try {
        call.reply(wish.answer(Json::parse(answer.response.body)));
    } catch (const std::invalid_argument& error) {
        // What JSON has and D-Bus has not: a text with U+0000.
        call.refuse(dbus_error("Failed", error.what()));
    }
}

void DbusLoop::subscribe(Pending pending) {
    auto& subscribers = connection_->subscribers;
    if (pending.wish.member == "Unsubscribe") {
        subscribers.erase(pending.caller);
    } else if (subscribers.size() >= limits::kBusSubscribers &&
               !subscribers.contains(pending.caller)) {
        return pending.call.refuse(dbus_error("LimitsExceeded", "too many are subscribed"));
    } else {
        const auto leaves = fmt::format(
            "type='signal',sender='{}',interface='{}',member='NameOwnerChanged',arg0='{}'",
            kBus, kBus, pending.caller);
        subscribers[pending.caller].leaving =
            connection_->bus.watch(leaves, [this, caller = pending.caller](const BusSignal&) {
                connection_->subscribers.erase(caller);
                note_subscribers();
            });
    }
    note_subscribers();
    pending.call.reply({});
}

void DbusLoop::note_subscribers() {
    wanted_ = connection_ && !connection_->subscribers.empty();
}

void DbusLoop::hear_feed(Duration elapsed) {
    if (elapsed - second_began_ >= kSecond) {
        if (const auto missed = std::exchange(missed_, 0); missed > 0 && connection_) {
            emit(signals_missed(), {{"count", missed}});
        }
        second_began_ = elapsed;
        emitted_ = 0;
    }
    while (const auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        const auto* item = message ? std::get_if<FeedItem>(&*message) : nullptr;
        if (item != nullptr && connection_) tell(*item);
    }
}

void DbusLoop::tell(const FeedItem& item) {
    const auto* const signal = signal_of(item.topic);
    if (signal == nullptr) return;
    if (emitted_ + connection_->subscribers.size() > limits::kBusSignalsPerSecond) {
        ++missed_;
        return;
    }
    emit(*signal, Json::parse(item.data, nullptr, /*allow_exceptions=*/false));
}

void DbusLoop::emit(const BusSignalForm& signal, const Json& data) {
    const BusBody body{signature_of(signal.arguments), bus_values(signal.arguments, data)};
    for (const auto& [name, subscriber] : connection_->subscribers) {
        connection_->bus.emit(kBusRoot, kBusManager, std::string(signal.name), body, name);
        ++emitted_;
    }
}

}  // namespace attune
