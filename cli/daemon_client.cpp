#include "cli/daemon_client.h"

#include <unistd.h>

#include "cli/output.h"

namespace attune {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr const char* kSystemSocket = "/run/attune/control.sock";

// Refusals that mean "not now" and not "not so".
bool is_away(int status) { return status == 503 || status == 504; }

}  // namespace

std::string control_socket(const Given& given) {
    if (given.has("--socket")) return given.text("--socket");
    if (auto socket = environment("ATTUNE_SOCKET"); !socket.empty()) return socket;
    if (::access(kSystemSocket, F_OK) == 0) return kSystemSocket;
    if (const auto runtime = environment("XDG_RUNTIME_DIR"); !runtime.empty()) {
        auto socket = runtime + "/attune/control.sock";
        if (::access(socket.c_str(), F_OK) == 0) return socket;
    }
    return kSystemSocket;
}

std::string feed_socket(const Given& given) {
    const auto control = control_socket(given);
    const auto slash = control.rfind('/');
    return (slash == std::string::npos ? "." : control.substr(0, slash)) + "/feed.sock";
}

std::string query_text(const std::map<std::string, std::string>& query) {
    std::string text;
    for (const auto& [key, value] : query) {
        if (value.empty()) continue;
        text += (text.empty() ? "?" : "&") + percent_encode(key) + "=" + percent_encode(value);
    }
    return text;
}

DaemonClient::DaemonClient(const Given& given) : socket_(control_socket(given)) {}

ControlResponse DaemonClient::ask(const std::string& method, const std::string& target,
                                  const std::string& body, Duration patience) const {
    try {
        return ControlClient(socket_).request(method, target, body, patience);
    } catch (const ControlUnreachable& failed) {
        throw CommandFailed{kExitUnreachable, failed.what(), unreachable_remedy(failed)};
    }
}

Json DaemonClient::get(const std::string& target) const {
    return accept(ask("GET", target, "", kPatience));
}

Json DaemonClient::post(const std::string& target, const Json& body, Duration patience) const {
    return accept(ask("POST", target, compact(body), patience));
}

std::string unreachable_remedy(const ControlUnreachable& failed) {
    switch (failed.why) {
        case ControlUnreachable::Why::kNotRunning:
            return "start it with `attuned --source DIR`, or say where it listens with "
                   "--socket or $ATTUNE_SOCKET";
        case ControlUnreachable::Why::kNoPermission:
            return "run the command as root, as the daemon's user, or as a member of the "
                   "group `attune`";
        case ControlUnreachable::Why::kDeadline:
            return "the daemon or its database is very busy; `attune status` tells more";
        case ControlUnreachable::Why::kBroken:
            return "see the daemon's log, `journalctl -u attuned`";
    }
    return {};
}

Json accept(const ControlResponse& response) {
    auto body = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
    if (response.status < 400 && !body.is_discarded()) return body;
    if (body.is_discarded() || !body.is_object() || !body.contains("error")) {
        throw CommandFailed{kExitFailed,
                            "the daemon's answer (status " + std::to_string(response.status) +
                                ") cannot be read",
                            "is the command as old as the daemon? compare `attune --version` "
                            "with `attuned --version`"};
    }
    const auto code = cell(body, "error/code");
    const auto exit = is_away(response.status) ? kExitUnreachable
                      : code == "brake"        ? kExitBrake
                                               : kExitFailed;
    throw CommandFailed{exit, cell(body, "error/message"), cell(body, "error/help")};
}

}  // namespace attune
