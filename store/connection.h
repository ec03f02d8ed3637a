// One connection to PostgreSQL, owned by one thread.
//
// It opens itself at the first use and again after it was lost: a lost connection is dropped as
// an object, because libpqxx 6.4 would otherwise reconnect silently in the middle of a story
// (a transaction, a session's locks) that the new session knows nothing about.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/time.h"

namespace attune {

class Session;  // store/session.h: what a body may do; for the .cpp files of store/

struct Database {
    // Any form libpq knows, keyword/value or URI, several hosts included. Passwords belong
    // beside it: below, into a password file or a service file.
    std::string url;

    // For a url without one; empty: none, or libpq's own ways to find one.
    std::string password = {};

    // Shown in pg_stat_activity, "attuned executor 0".
    std::string application = "attune";

    // A statement that takes longer, a lock that is waited for longer, a transaction left open
    // longer: refused by the server as 57014, 55P03, 25P03.
    Duration statement_timeout = std::chrono::seconds(10);
    Duration lock_timeout = std::chrono::seconds(5);
    Duration idle_timeout = std::chrono::seconds(15);
    Duration connect_timeout = std::chrono::seconds(5);
};

// How its session is set up, through the conninfo's `options`, so that it costs no round trip.
enum class SessionKind {
    kHot,   // generic plans, no JIT, rows by their keys: the same plan with and without
            // statistics
    kCold,  // the server's own choices: lists, audit, migrations
};

class Connection {
public:
    explicit Connection(Database database, SessionKind kind = SessionKind::kCold);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Runs `body` in one READ COMMITTED transaction and commits; an exception of the body rolls
    // back, and so does Session::give_up(). Throws what store/errors.h lists. `body` runs once:
    // repeating is the caller's.
    void transact(const std::function<void(Session&)>& body);

    // The same READ ONLY and REPEATABLE READ: all of `body` sees one moment. Never in doubt.
    void read(const std::function<void(Session&)>& body);

    // Runs one statement that PostgreSQL refuses within a transaction (CREATE DATABASE).
    void run_alone(const std::string& statement);

    // Closes it; the next use opens a new one.
    void drop();

    const Database& database() const { return database_; }

private:
    void run(Session& session, const std::function<void(Session&)>& body);
    Session& open();

    Database database_;
    SessionKind kind_;
    std::unique_ptr<Session> session_;
};

}  // namespace attune
