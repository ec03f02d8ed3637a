#include "os/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

#include "os/system_error.h"

namespace attune {
namespace {

constexpr std::size_t kLargestEntry = 1024 * 1024;

std::vector<gid_t> groups_of(const char* name, gid_t primary) {
    std::vector<gid_t> groups(32);
    int count = static_cast<int>(groups.size());
    while (::getgrouplist(name, primary, groups.data(), &count) < 0) {
        groups.resize(static_cast<std::size_t>(count) + 32);
        count = static_cast<int>(groups.size());
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

// Asks one of the get..._r functions with a buffer that grows until the entry fits.
// `ask(buffer, size, &found)` returns an errno.
template <class Entry, class Ask, class Use>
auto ask_database(const char* what, Ask ask, Use use) -> decltype(use(Entry{})) {
    std::vector<char> buffer(4096);
    for (;;) {
        Entry entry{};
        Entry* found = nullptr;
        const int error = ask(&entry, buffer.data(), buffer.size(), &found);
        if (found != nullptr) return use(*found);
        if (error == ERANGE && buffer.size() < kLargestEntry) {
            buffer.resize(buffer.size() * 4);
            continue;
        }
        // "Not found" has several spellings (getpwnam(3)).
        if (error == 0 || error == ENOENT || error == ESRCH || error == EPERM) return {};
        if (error == EINTR) continue;
        throw SystemError(error, what);
    }
}

std::optional<Account> to_account(const passwd& entry) {
    return Account{entry.pw_name, entry.pw_uid, entry.pw_gid,
                   groups_of(entry.pw_name, entry.pw_gid), entry.pw_dir};
}

std::optional<Account> account_of(uid_t uid) {
    return ask_database<passwd>(
        "cannot read the user database",
        [&](passwd* entry, char* text, std::size_t size, passwd** found) {
            return ::getpwuid_r(uid, entry, text, size, found);
        },
        to_account);
}

}  // namespace

std::optional<Account> find_account(const std::string& name) {
    return ask_database<passwd>(
        "cannot read the user database",
        [&](passwd* entry, char* text, std::size_t size, passwd** found) {
            return ::getpwnam_r(name.c_str(), entry, text, size, found);
        },
        to_account);
}

Account own_account() {
    if (auto account = account_of(::geteuid())) return *std::move(account);
    return Account{std::to_string(::geteuid()), ::geteuid(), ::getegid(), {::getegid()}, "/"};
}

std::string user_name(uid_t uid) {
    try {
        const auto name = ask_database<passwd>(
            "cannot read the user database",
            [&](passwd* entry, char* text, std::size_t size, passwd** found) {
                return ::getpwuid_r(uid, entry, text, size, found);
            },
            [](const passwd& entry) { return std::string(entry.pw_name); });
        if (!name.empty()) return name;
    } catch (const SystemError&) {
        // The number says as much.
    }
    return std::to_string(uid);
}

std::optional<gid_t> find_group(const std::string& name) {
    return ask_database<group>(
        "cannot read the group database",
        [&](group* entry, char* text, std::size_t size, group** found) {
            return ::getgrnam_r(name.c_str(), entry, text, size, found);
        },
        [](const group& entry) { return std::optional<gid_t>(entry.gr_gid); });
}

}  // namespace attune
