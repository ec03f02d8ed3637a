// What the body of a transaction may do, for the .cpp files of store/: run statements and read
// rows. libpqxx stays behind it, in session.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace attune {

// A statement of the program: prepared at its first use on a connection, under its name.
struct Statement {
    const char* name;
    const char* sql;
};

// What a statement is given for $1, $2, ... in this order, in PostgreSQL's text form.
class Params {
public:
    Params& add(std::string_view text);
    Params& add(const char* text) { return add(std::string_view(text)); }
    Params& add(const std::string& text) { return add(std::string_view(text)); }
    Params& add(std::int64_t number);
    Params& add(int number) { return add(static_cast<std::int64_t>(number)); }
    Params& add(bool truth) { return add(std::string_view(truth ? "t" : "f")); }
    Params& add(TimePoint moment);  // as microseconds since 1970, for instant(int8)
    Params& add_null();

    template <class T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }

    Params& add(std::string&& text);  // taken without copying: the big ones

    const std::vector<std::optional<std::string>>& values() const { return values_; }

private:
    std::vector<std::optional<std::string>> values_;
};

// Builds an array's text, "{1,2,NULL}", element by element; numbers and words only need no
// quoting, everything else is quoted.
class ArrayText {
public:
    ArrayText& add(std::int64_t number);
    ArrayText& add(TimePoint moment);  // microseconds
    ArrayText& add(bool truth);
    ArrayText& add_word(std::string_view word);  // [a-z0-9_-]+ as it is
    ArrayText& add_quoted(std::string_view text);
    ArrayText& add_null();

    std::string take();  // leaves it empty

private:
    void separate();
    std::string text_ = "{";
};

// Builds a list of JSON texts for string_to_array($n, E'\n', ''), where it needs no quoting:
// compact JSON has no newline, and in other JSON a newline is as good as a blank. An empty
// line is null.
class LineText {
public:
    void add(std::string_view line);
    std::string take();

private:
    std::string text_;
    bool first_ = true;
};

// Microseconds since 1970, and back. kNever becomes no value.
std::int64_t micros(TimePoint moment);
TimePoint from_micros(std::int64_t value);

class Rows;
struct Answer;  // of the server, with its values laid out

// One row; keeps the rows it is one of. Views hold as long as it does.
class Row {
public:
    bool is_null(int column) const;
    std::string_view text(int column) const;  // null: empty
    std::string string(int column) const { return std::string(text(column)); }
    std::int64_t number(int column) const;  // null: 0
    bool truth(int column) const;
    TimePoint moment(int column) const;  // of a column in microseconds
    std::optional<TimePoint> moment_or_none(int column) const;

private:
    friend class Rows;
    Row(std::shared_ptr<const Answer> answer, const std::string_view* values)
        : answer_(std::move(answer)), values_(values) {}

    std::shared_ptr<const Answer> answer_;
    const std::string_view* values_;  // column by column
};

class Rows {
public:
    Rows() = default;
    explicit Rows(std::shared_ptr<const Answer> answer);

    int size() const { return size_; }
    bool empty() const { return size_ == 0; }
    Row operator[](int row) const;
    Row only() const;  // exactly one is there
    int columns() const;
    int affected() const;  // rows an INSERT, UPDATE or DELETE changed

private:
    std::shared_ptr<const Answer> answer_;
    int size_ = 0;
};

class Session {
public:
    // Connects. Throws StoreUnavailable.
    explicit Session(const std::string& conninfo);
    ~Session();

    Rows run(const Statement& statement, const Params& params = {});

    // Plain text, perhaps several statements: the rows of the last.
    Rows run(const std::string& sql);

    // The transaction is to be rolled back when the body returns, without an error.
    void give_up() { given_up_ = true; }

private:
    friend class Connection;
    struct State;

    void begin(const char* mode);
    void commit();
    void roll_back();
    bool usable() const;
    [[noreturn]] void fail() const;  // from within a catch: as what store/errors.h lists

    std::unique_ptr<State> state_;
    bool begun_ = false;  // BEGIN was sent; it goes with the first statement
    bool given_up_ = false;
    const char* mode_ = "";
};

}  // namespace attune
