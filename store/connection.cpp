#include "store/connection.h"

#include "store/conninfo.h"
#include "store/errors.h"
#include "store/session.h"

namespace attune {

Connection::Connection(Database database, SessionKind kind)
    : database_(std::move(database)), kind_(kind) {}

Connection::~Connection() = default;

void Connection::drop() { session_.reset(); }

Session& Connection::open() {
    if (session_ != nullptr && !session_->usable()) session_.reset();
    if (session_ == nullptr) {
        session_ = std::make_unique<Session>(make_conninfo(database_, kind_));
    }
    return *session_;
}

void Connection::transact(const std::function<void(Session&)>& body) {
    Session& session = open();
    session.begin("ISOLATION LEVEL READ COMMITTED");
    run(session, body);
}

void Connection::read(const std::function<void(Session&)>& body) {
    Session& session = open();
    session.begin("ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    run(session, [&body](Session& reading) {
        body(reading);
        reading.give_up();  // nothing was written, and a rollback is never in doubt
    });
}

void Connection::run_alone(const std::string& statement) {
    Session& session = open();
    session.begin("");
    session.begun_ = true;  // as far as it is concerned: no BEGIN is sent
    try {
        session.run(statement);
    } catch (...) {
        session.begun_ = false;
        session.roll_back();
        throw;
    }
    session.begun_ = false;
    session.roll_back();
}

void Connection::run(Session& session, const std::function<void(Session&)>& body) {
    try {
        body(session);
        if (session.given_up_) {
            session.roll_back();
        } else {
            session.commit();
        }
    } catch (const StoreUnavailable&) {
        drop();  // also a server that talks to us but is shutting down, full, or a standby
        throw;
    } catch (...) {
        try {
            session.roll_back();
        } catch (const std::exception&) {
            drop();
        }
        if (session_ != nullptr && !session_->usable()) drop();
        throw;
    }
}

}  // namespace attune
