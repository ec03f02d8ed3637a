// Requests and responses of the control protocol (HTTP/1.1 with JSON bodies over a unix
// socket, docs/control.md) as values, for both ends.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "wire/peer.h"

namespace attune {

struct ControlRequest {
    std::string method;  // "GET", "POST", ...
    std::string path;    // "/v1/sensors/ops.tick/fire", still percent-encoded
    std::map<std::string, std::string> query;  // decoded
    std::string body;
    Peer peer;
};

struct ControlResponse {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

// A response with `body` as compact JSON.
ControlResponse json_response(const Json& body, int status = 200);

// {"error": {"code", "message", "help"}}: what every response of status >= 400 looks like.
// `code` is a stable word ("not_found") or a diagnostic's code; `help` may be empty.
ControlResponse error_response(int status, std::string_view code, std::string_view message,
                               std::string_view help = {});

// A request's target taken apart: "/v1/events?limit=5" -> path, query. Fault ATT7103 for one
// that does not begin with '/', a query key given twice, or what percent_decode() refuses.
struct Target {
    std::string path;
    std::map<std::string, std::string> query;
};
Result<Target> parse_target(std::string_view target);

// "%2F" and friends; '+' is a space only in a query. Fault ATT7103: an escape that is none, or
// what is decoded holds U+0000 or is not UTF-8.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);
// For one path segment or one query value.
std::string percent_encode(std::string_view text);

}  // namespace attune
