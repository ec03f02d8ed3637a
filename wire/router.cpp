#include "wire/router.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string_view>
#include <utility>

namespace attune {
namespace {

// "/v1/sensors" -> {"v1", "sensors"}; a path that ends in a slash has an empty last segment.
std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? "" : path.substr(slash);
    }
    return segments;
}

bool is_name(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

// What the names of `pattern` stand for in `path`; nullopt when it does not fit.
std::optional<Router::Parameters> match(const std::vector<std::string>& pattern,
                                        const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    Router::Parameters parameters;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!is_name(pattern[i])) {
            if (pattern[i] != path[i]) return std::nullopt;
            continue;
        }
        auto value = percent_decode(path[i], false);
        if (!value || value->empty()) return std::nullopt;
        parameters.emplace(pattern[i].substr(1, pattern[i].size() - 2), *std::move(value));
    }
    return parameters;
}

}  // namespace

void Router::add(const std::string& method, const std::string& pattern, Handler handler) {
    assert(pattern.starts_with('/'));
    Route route{method, segments_of(pattern), std::move(handler)};
    assert(std::none_of(routes_.begin(), routes_.end(), [&](const auto& other) {
        return other.method == method && other.segments == route.segments;
    }));
    // Kept so that a literal segment is tried before a {name} in its place.
    const auto place = std::find_if(routes_.begin(), routes_.end(), [&](const auto& other) {
        return std::lexicographical_compare(
            route.segments.begin(), route.segments.end(), other.segments.begin(),
            other.segments.end(),
            [](const auto& a, const auto& b) { return !is_name(a) && is_name(b); });
    });
    routes_.insert(place, std::move(route));
}

ControlResponse Router::route(const ControlRequest& request) const {
    const auto path = segments_of(request.path);
    std::string methods;
    for (const auto& route : routes_) {
        const auto parameters = match(route.segments, path);
        if (!parameters) continue;
        if (route.method == request.method) return route.handler(request, *parameters);
        methods += (methods.empty() ? "" : ", ") + route.method;
    }
    if (methods.empty()) {
        return error_response(404, "not_found", "nothing is served at " + request.path,
                              "see docs/control.md for what there is");
    }
    return error_response(405, "method_not_allowed",
                          request.path + " does not take " + request.method,
                          "it takes " + methods);
}

}  // namespace attune
