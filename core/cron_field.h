// Reading one field of a cron expression.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/cron.h"
#include "core/cron_text.h"
#include "core/result.h"

namespace attune {

// Adds what `text`, a part of `expression`, selects to `sets`; `field_count` is how many
// fields the expression has, for the remedy. `+` and the day fields' restrictedness included.
Result<void> parse_cron_field(std::string_view expression, std::size_t field_count,
                              const cron_text::FieldRules& rules, std::string_view text,
                              CronSets& sets);

// `invalid cron expression "<expression>": <where><problem>`, with its remedy and word.
Fault cron_fault(std::string_view expression, std::string_view where, std::string reason,
                 std::string_view problem, std::string help);

}  // namespace attune
