// The thread that offers attune on the system's message bus, as io.attune.Attune1.
//
// A call is checked, judged (daemon/dbus/authority.h), and handed to a pool of threads that
// answer control requests; the answer comes back as a reply. So no call makes this thread wait,
// and calls do what the control endpoints do. Who subscribes is told signals, made of the items
// of the feed: hints, as those are.
//
// Without a message bus, or where its policy does not let this daemon have the name, everything
// else works: that is logged once and tried again.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/catalog.h"
#include "daemon/dbus/answers.h"
#include "daemon/dbus/authority.h"
#include "daemon/dbus/bus_request.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "wire/bus.h"
#include "wire/handler_pool.h"
#include "wire/messages.h"
#include "wire/system_bus.h"

namespace attune {

struct DbusOptions {
    std::string address;         // empty: the system's bus
    uid_t user = 0;              // the daemon's own
    std::optional<gid_t> group;  // whose members may do everything
    int handler_threads = 3;     // one of them for looking alone
};

class DbusLoop final : public Loop {
public:
    using MakeHandler = std::function<std::unique_ptr<ControlHandler>(int thread)>;
    using Catalogs = std::function<std::shared_ptr<const Catalog>()>;

    // `wanted` is kept true while anyone subscribes: then FeedItems are to be sent to
    // kMessageBusInbox. It must outlive this.
    DbusLoop(DbusOptions options, Bus& bus, MakeHandler make_handler, Catalogs catalog,
             std::atomic<bool>& wanted, Log& log);
    ~DbusLoop() override;

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

private:
    // A call that is judged or being answered.
    struct Pending {
        BusRequest call;
        std::string caller;
        BusWish wish;
    };
    struct Subscriber {
        SystemBus::Slot leaving;  // the bus tells when it is gone
    };
    // What is true while there is a connection.
    struct Connection {
        Connection(const DbusOptions& options)
            : bus(options.address), authority(bus, options.user, options.group) {}

        SystemBus bus;
        Authority authority;
        SystemBus::Slot serving;
        bool named = false;
        std::map<std::uint64_t, Pending> calls;
        std::map<std::string, Subscriber> subscribers;  // by unique name
    };

    void connect(Moment moment);
    void ask_for_name();
    void take_name(const SystemBus::Reply& reply);
    void lose(const std::string& why);

    void take(BusRequest call);
    bool is_full(const std::string& caller) const;
    bool introspected(BusRequest& call);
    void judged(std::uint64_t number, Authority::Verdict verdict);
    void ask(std::uint64_t number, ControlRequest request);
    void answer(Answers::Answer answer);

    void subscribe(Pending pending);
    void note_subscribers();
    void hear_feed(Duration elapsed);
    void tell(const FeedItem& item);
    void emit(const BusSignalForm& signal, const Json& data);

    const DbusOptions options_;
    const MakeHandler make_handler_;
    const Catalogs catalog_;
    std::atomic<bool>& wanted_;
    Log& log_;

    Inbox inbox_;
    Answers answers_;
    std::unique_ptr<HandlerPool> handlers_;  // once there was a name
    std::unique_ptr<Connection> connection_;
    std::string lost_;  // why the connection is to be given up; empty: it is not
    std::string told_;  // the last reason that was logged
    Duration connect_at_{0};
    std::uint64_t calls_ = 0;

    Duration second_began_{0};  // elapsed; of the budget of signals
    std::size_t emitted_ = 0;   // since then
    std::uint64_t missed_ = 0;
};

}  // namespace attune
