// Finds out what `attune doctor` judges. Changes nothing; waits for each thing it asks, but not
// for long.
#pragma once

#include <exception>
#include <string>

#include "cli/command.h"
#include "cli/doctor/facts.h"
#include "core/diagnostic.h"

namespace attune::doctor {

// `given`: --config, --set and --socket. With --config or --set, or without a unit, the
// settings are those attuned would have when started so by whoever calls, else those its unit
// gives it.
Facts gather(const Given& given);

// Its parts, each of which needs the ones before.
void gather_settings(const Given& given, Facts& facts);
void gather_accounts(Facts& facts);
void gather_daemon(const Given& given, Facts& facts);
void gather_source(Facts& facts);
void gather_database(Facts& facts);
void gather_host(Facts& facts);

// "packs/ops/rules/echo.yaml:4: unknown property ..."
std::string in_one_line(const Diagnostic& found);

// What `look` returns, or the words of the system's error as what keeps it from being had.
template <class Look>
auto look_at(Look look) -> Fact<decltype(look())> {
    try {
        return look();
    } catch (const std::exception& error) {
        return tl::unexpected(std::string(error.what()));
    }
}

}  // namespace attune::doctor
