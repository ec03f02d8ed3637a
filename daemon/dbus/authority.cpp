#include "daemon/dbus/authority.h"

#include <utility>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr const char* kAccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
constexpr const char* kMayAsk = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";

// Somebody looks for their password meanwhile.
constexpr Duration kPatience = std::chrono::minutes(2);

template <class Number>
Number number(const Json& credentials, const char* name, Number otherwise) {
    const auto found = credentials.find(name);
    return found != credentials.end() ? found->at("data").get<Number>() : otherwise;
}

Peer peer_told_by(const Json& credentials) {
    Peer peer;
    peer.uid = number(credentials, "UnixUserID", peer.uid);
    peer.pid = number(credentials, "ProcessID", peer.pid);
    peer.groups = number(credentials, "UnixGroupIDs", peer.groups);
    return peer;
}

Authority::Verdict denied(const char* name, BusPermission permission, std::string_view why) {
    return tl::make_unexpected(
        BusError(name, fmt::format("{} is not allowed: {}", polkit_action(permission), why)));
}

}  // namespace

Authority::Authority(SystemBus& bus, uid_t daemon, std::optional<gid_t> group)
    : bus_(bus), daemon_(daemon), group_(group) {}

void Authority::judge(const std::string& caller, BusPermission permission, bool may_ask,
                      Then then) {
    bus_.call({.destination = "org.freedesktop.DBus",
               .path = "/org/freedesktop/DBus",
               .interface = "org.freedesktop.DBus",
               .member = "GetConnectionCredentials",
               .body = {"s", {caller}}},
              [this, caller, permission, may_ask,
               then = std::move(then)](const SystemBus::Reply& reply) mutable {
                  if (!reply) {
                      return then(denied(kAccessDenied, permission, reply.error().message()));
                  }
                  auto peer = peer_told_by(reply->values.at(0));
                  if (may_control(peer, daemon_, group_)) return then(std::move(peer));
                  ask_polkit(caller, peer, permission, may_ask, std::move(then));
              });
}

void Authority::ask_polkit(const std::string& caller, const Peer& peer,
                           BusPermission permission, bool may_ask, Then then) {
    const Json subject = {"system-bus-name", {{"name", {{"type", "s"}, {"data", caller}}}}};
    bus_.call(
        {.destination = "org.freedesktop.PolicyKit1",
         .path = "/org/freedesktop/PolicyKit1/Authority",
         .interface = "org.freedesktop.PolicyKit1.Authority",
         .member = "CheckAuthorization",
         .body = {"(sa{sv})sa{ss}us",
                  {subject, polkit_action(permission), Json::object(), may_ask ? 1 : 0, ""}},
         .patience = kPatience},
        [peer, permission, may_ask, then = std::move(then)](const SystemBus::Reply& reply) {
            if (!reply) {
                return then(denied(kAccessDenied, permission,
                                   "you are not of the group that controls attune, and "
                                   "polkit says: " +
                                       reply.error().message()));
            }
            // (is_authorized, is_challenge, details)
            const auto& result = reply->values.at(0);
            if (result.at(0).get<bool>()) return then(peer);
            const bool could_ask = result.at(1).get<bool>() && !may_ask;
            then(denied(could_ask ? kMayAsk : kAccessDenied, permission,
                        could_ask ? "an administrator must confirm it, so let polkit ask"
                                  : "polkit's policy says so"));
        });
}

}  // namespace attune
