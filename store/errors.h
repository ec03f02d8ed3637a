// How the store fails. All are exceptions: the world is at fault, never somebody's input.
//
// A loop catches StoreError once, and what it does next follows from the class alone:
//
//   StoreUnavailable   back off, step again, for ever         nothing was written
//   StoreConflict      step again at once, then back off      nothing was written
//   StoreInDoubt       Ledger::read_back(), repeat the rest   all was written, or nothing
//   StoreRefused       halve the batch, find the offender     nothing was written
//
// The classes derive from the SQLSTATE (PostgreSQL manual, appendix A), see classify().
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace attune {

class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The database is away, full, or shutting down: no connection, a lost one, or SQLSTATE 08xxx,
// 25006, 25P03, 53xxx, 57xxx, 58xxx.
class StoreUnavailable : public StoreError {
public:
    using StoreError::StoreError;
};

// Another transaction was in the way: 40xxx (serialisation, deadlock) or 55P03 (lock timeout).
class StoreConflict : public StoreError {
public:
    using StoreError::StoreError;
};

// The connection was lost between sending COMMIT and its reply.
class StoreInDoubt : public StoreError {
public:
    using StoreError::StoreError;
};

// The database understood and said no: any other SQLSTATE.
class StoreRefused : public StoreError {
public:
    StoreRefused(std::string sqlstate, const std::string& message)
        : StoreError(message + " (SQLSTATE " + sqlstate + ")"),
          sqlstate_(std::move(sqlstate)) {}

    // Five characters, "22P02".
    const std::string& sqlstate() const { return sqlstate_; }

    // Whether what was to be written is at fault (a value, a constraint, a limit, an arrow),
    // and not what this program may do there, or the schema: then everything is refused.
    bool is_about_data() const;

private:
    std::string sqlstate_;
};

// The schema was written by a newer attune: this binary must not touch it (exit 65).
class SchemaTooNew : public StoreError {
public:
    using StoreError::StoreError;
};

// The schema is not one this binary's chain leads from, or a migration could not convert what
// it found; the message names the object. Nothing was changed.
class SchemaRefused : public StoreError {
public:
    using StoreError::StoreError;
};

// Another node is alive on this database.
class SecondNode : public StoreError {
public:
    using StoreError::StoreError;
};

enum class StoreFailure { kUnavailable, kConflict, kRefused };

// The class a SQLSTATE belongs to; "" (the server never answered) is kUnavailable.
StoreFailure classify(std::string_view sqlstate);

}  // namespace attune
