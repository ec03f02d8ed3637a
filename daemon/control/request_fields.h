// What a request asks for, read without trusting it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/catalog.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/result.h"
#include "store/queries.h"
#include "wire/control.h"

namespace attune {

using Query = std::map<std::string, std::string>;

// Which list is asked for: what its filter may name.
enum class Listing { kEvents, kEnforcements, kExecutions };

// Fault ATT7104: an unknown key, a state that is none, a limit out of range, a page that no
// list gave out; ATT4010: a moment that is none.
Result<Filter> read_filter(const Query& query, Listing listing);

// The `after` of the page that follows a row.
std::string page_after(TimePoint scheduled_at, std::int64_t id);

// `limit`, 1 .. 1000, 50 when it is not given. Fault ATT7104.
Result<int> read_limit(const Query& query);

// Fault ATT7104 for a key of `query` that is not among `known`.
Result<bool> only_known(const Query& query, std::span<const std::string> known);

// The body as an object that has no members but `known`; an empty body is an empty object.
// Fault ATT7010 for what is no JSON, ATT7104 for the rest.
Result<Json> read_body(const std::string& body, std::span<const std::string> known);

// A member that must be a text (a boolean, a count) when it is there. Fault ATT7104.
Result<std::string> text_member(const Json& body, const std::string& name);
Result<bool> flag_member(const Json& body, const std::string& name);
Result<std::int32_t> count_member(const Json& body, const std::string& name);

// Why somebody asks for something: the member `reason`, at most kPauseReasonBytes and without
// U+0000. Fault ATT7104.
Result<std::string> reason_member(const Json& body);

// The id of an execution as a path has it.
std::optional<ExecutionId> read_execution_id(const std::string& text);

// A fault of the request: status 400 unless the fault is about the meaning of its content.
ControlResponse refusal(const Fault& fault, int status = 400);

// 404 for an object that is not there, with the nearest one of its kind.
ControlResponse no_object(const Catalog& catalog, Kind kind, const std::string& ref);

ControlResponse not_found(std::string_view kind, std::string_view ref, std::string_view help);
// That of the execution with the id `text`.
ControlResponse no_execution(std::string_view text);

}  // namespace attune
