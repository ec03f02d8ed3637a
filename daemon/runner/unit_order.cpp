#include "daemon/runner/unit_order.h"

#include "core/json.h"

namespace attune {

std::string line_of(const UnitOrder& order) {
    return compact({{"argv", order.argv},
                    {"env", order.env},
                    {"directory", order.directory},
                    {"input", order.input}}) +
           "\n";
}

Result<UnitOrder> read_order(std::string_view line) {
    try {
        const auto json = Json::parse(line);
        UnitOrder order{.argv = json.at("argv"),
                        .env = json.at("env"),
                        .directory = json.at("directory"),
                        .input = json.at("input")};
        if (!order.argv.empty()) return order;
    } catch (const Json::exception&) {
    }
    return refuse("ATT7101", "these are no orders for a unit");
}

}  // namespace attune
