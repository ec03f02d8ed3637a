#include "store/session.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <unordered_set>

#include <pqxx/pqxx>

#include "os/progress.h"
#include "store/errors.h"

namespace attune {
namespace {

std::int64_t parse_number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// libpq's messages end in a newline and may have several lines; the first says it.
std::string first_line(std::string_view message) {
    return std::string(message.substr(0, message.find('\n')));
}

}  // namespace

std::int64_t micros(TimePoint moment) { return moment.time_since_epoch().count(); }

TimePoint from_micros(std::int64_t value) { return TimePoint(Duration(value)); }

// Params

Params& Params::add(std::string_view text) {
    values_.emplace_back(text);
    return *this;
}

Params& Params::add(std::string&& text) {
    values_.emplace_back(std::move(text));
    return *this;
}

Params& Params::add(std::int64_t number) {
    values_.emplace_back(std::to_string(number));
    return *this;
}

Params& Params::add(TimePoint moment) {
    return moment == kNever ? add_null() : add(micros(moment));
}

Params& Params::add_null() {
    values_.emplace_back();
    return *this;
}

// ArrayText and LineText

void ArrayText::separate() {
    if (text_.size() > 1) text_ += ',';
}

ArrayText& ArrayText::add(std::int64_t number) {
    separate();
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text_.append(digits, end);
    return *this;
}

ArrayText& ArrayText::add(TimePoint moment) {
    return moment == kNever ? add_null() : add(micros(moment));
}

ArrayText& ArrayText::add(bool truth) {
    separate();
    text_ += truth ? 't' : 'f';
    return *this;
}

ArrayText& ArrayText::add_word(std::string_view word) {
    if (word.empty()) return add_quoted(word);
    separate();
    text_.append(word);
    return *this;
}

ArrayText& ArrayText::add_quoted(std::string_view text) {
    separate();
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
    }
    text_ += '"';
    return *this;
}

ArrayText& ArrayText::add_null() {
    separate();
    text_ += "NULL";
    return *this;
}

std::string ArrayText::take() {
    text_ += '}';
    return std::exchange(text_, "{");
}

void LineText::add(std::string_view line) {
    if (!std::exchange(first_, false)) text_ += '\n';
    const auto start = text_.size();
    text_.append(line);
    std::replace(text_.begin() + static_cast<std::ptrdiff_t>(start), text_.end(), '\n', ' ');
}

std::string LineText::take() {
    first_ = true;
    return std::exchange(text_, {});
}

// Rows

struct Answer {
    explicit Answer(pqxx::result answered);

    pqxx::result result;
    std::vector<std::string_view> values;  // row by row; of a null the one without data
};

// Laid out once: each row and field that libpqxx hands out counts itself among the owners of
// the result, which for a row of ten columns costs more than the row.
Answer::Answer(pqxx::result answered) : result(std::move(answered)) {
    values.reserve(static_cast<std::size_t>(result.size()) * result.columns());
    for (const auto& row : result) {
        const auto end = row.end();
        for (auto field = row.begin(); field != end; ++field) {
            values.push_back(field->is_null()
                                 ? std::string_view()
                                 : std::string_view(field->c_str(), field->size()));
        }
    }
}

Rows::Rows(std::shared_ptr<const Answer> answer)
    : answer_(std::move(answer)), size_(static_cast<int>(answer_->result.size())) {}

Row Rows::operator[](int row) const {
    return {answer_, answer_->values.data() + static_cast<std::ptrdiff_t>(row) * columns()};
}

Row Rows::only() const {
    assert(size_ == 1);
    return (*this)[0];
}

int Rows::columns() const { return static_cast<int>(answer_->result.columns()); }

int Rows::affected() const { return static_cast<int>(answer_->result.affected_rows()); }

bool Row::is_null(int column) const { return values_[column].data() == nullptr; }

std::string_view Row::text(int column) const { return values_[column]; }

std::int64_t Row::number(int column) const { return parse_number(text(column)); }

bool Row::truth(int column) const { return text(column) == "t"; }

TimePoint Row::moment(int column) const {
    return is_null(column) ? kNever : from_micros(number(column));
}

std::optional<TimePoint> Row::moment_or_none(int column) const {
    if (is_null(column)) return std::nullopt;
    return moment(column);
}

// Session

struct Session::State {
    explicit State(const std::string& conninfo) : connection(conninfo) {}

    pqxx::connection connection;
    // Sends what it is given and nothing else: BEGIN and COMMIT are ours to send, so that
    // BEGIN shares a round trip and the outcome of COMMIT is ours to judge.
    std::unique_ptr<pqxx::nontransaction> transaction;
    std::unordered_set<std::string> prepared;
};

Session::Session(const std::string& conninfo) {
    const WaitsOutside database;
    try {
        state_ = std::make_unique<State>(conninfo);
    } catch (const std::exception& error) {
        throw StoreUnavailable(first_line(error.what()));
    }
}

Session::~Session() = default;

bool Session::usable() const { return state_->connection.is_open(); }

void Session::fail() const {
    try {
        throw;
    } catch (const StoreError&) {
        throw;
    } catch (const pqxx::sql_error& error) {
        const std::string message = first_line(error.what());
        switch (classify(error.sqlstate())) {
            case StoreFailure::kUnavailable:
                throw StoreUnavailable(message);
            case StoreFailure::kConflict:
                throw StoreConflict(message);
            case StoreFailure::kRefused:
                throw StoreRefused(error.sqlstate(), message);
        }
        throw;
    } catch (const pqxx::failure& error) {
        throw StoreUnavailable(first_line(error.what()));
    } catch (const std::exception& error) {
        // libpqxx 6.4 has its own words, as logic errors, for a connection that is gone.
        if (usable()) throw;
        throw StoreUnavailable(first_line(error.what()));
    }
}

void Session::begin(const char* mode) {
    state_->transaction = std::make_unique<pqxx::nontransaction>(state_->connection);
    mode_ = mode;
    begun_ = false;
    given_up_ = false;
}

Rows Session::run(const std::string& sql) {
    const WaitsOutside database;
    try {
        const std::string text = begun_ ? sql : std::string("BEGIN ") + mode_ + ";" + sql;
        begun_ = true;
        return Rows(std::make_shared<const Answer>(state_->transaction->exec(text)));
    } catch (const std::exception&) {
        fail();
    }
}

Rows Session::run(const Statement& statement, const Params& params) {
    if (!begun_) run("");
    const WaitsOutside database;
    try {
        if (state_->prepared.insert(statement.name).second) {
            state_->connection.prepare(statement.name, statement.sql);
        }
        std::vector<const char*> texts;
        texts.reserve(params.values().size());
        for (const auto& value : params.values()) {
            texts.push_back(value ? value->c_str() : nullptr);
        }
        return Rows(std::make_shared<const Answer>(state_->transaction->exec_prepared(
            statement.name, pqxx::prepare::make_dynamic_params(texts))));
    } catch (const std::exception&) {
        fail();
    }
}

void Session::commit() {
    if (!begun_) return;
    const WaitsOutside database;
    try {
        state_->transaction->exec("COMMIT");
        state_->transaction.reset();
    } catch (const std::exception& error) {
        // A server that is told to stop may say so after it has committed.
        const auto* refusal = dynamic_cast<const pqxx::sql_error*>(&error);
        if (refusal != nullptr && !refusal->sqlstate().empty() &&
            classify(refusal->sqlstate()) != StoreFailure::kUnavailable) {
            fail();
        }
        throw StoreInDoubt(first_line(error.what()));
    }
}

void Session::roll_back() {
    if (state_->transaction == nullptr) return;
    const WaitsOutside database;
    try {
        if (begun_ && usable()) state_->transaction->exec("ROLLBACK");
        state_->transaction.reset();
    } catch (const std::exception&) {
        state_->transaction.reset();
        fail();
    }
}

}  // namespace attune
