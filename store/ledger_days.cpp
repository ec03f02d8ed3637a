#include "store/ledger_days.h"

#include <fmt/format.h>

#include "store/connection.h"

namespace attune {
namespace {

std::string name_of(TimePoint day) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(day)};
    return fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

TimePoint day_of(TimePoint moment) { return std::chrono::floor<std::chrono::days>(moment); }

Rows run(Session& session, const DayStatement& statement, TimePoint day, const Params& params) {
    const auto date = name_of(day);
    const auto name = fmt::format("{}_{}", statement.name, date);
    const auto sql = fmt::format(fmt::runtime(statement.sql), date);
    return session.run(Statement{name.c_str(), sql.c_str()}, params);
}

void LedgerDays::make(Connection& connection, const std::set<TimePoint>& days) {
    static constexpr Statement kMakeDay{
        "make_day", "SELECT make_day((instant($1) AT TIME ZONE 'UTC')::date)"};
    for (const auto day : days) {
        if (known_.contains(day)) continue;
        connection.transact(
            [day](Session& session) { session.run(kMakeDay, Params().add(day)); });
        known_.insert(day);
    }
}

bool LedgerDays::has(Session& session, TimePoint day) {
    static constexpr Statement kHasDay{"has_day",
                                       "SELECT to_regclass($1) IS NOT NULL"
                                       " AND to_regclass($2) IS NOT NULL"};
    if (known_.contains(day)) return true;
    const auto date = name_of(day);
    const auto params = Params().add("attune.event_" + date).add("attune.execution_" + date);
    const bool there = session.run(kHasDay, params).only().truth(0);
    if (there) known_.insert(day);
    return there;
}

}  // namespace attune
