// From method and path to the function that answers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "wire/control.h"

namespace attune {

class Router {
public:
    // What the {names} of the pattern stood for, decoded.
    using Parameters = std::map<std::string, std::string>;
    using Handler = std::function<ControlResponse(const ControlRequest&, const Parameters&)>;

    // `pattern`: "/v1/sensors/{ref}/fire"; a {name} is one whole segment, never empty. A
    // literal segment wins over a {name}. The same method and pattern twice is an assert.
    void add(const std::string& method, const std::string& pattern, Handler handler);

    // The handler's response; 404 when no pattern fits, 405 when none of that method does.
    ControlResponse route(const ControlRequest& request) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        Handler handler;
    };

    std::vector<Route> routes_;
};

}  // namespace attune
