// Users and groups of this host, by name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace attune {

struct Account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  // supplementary ones, `gid` among them
    std::string home;
};

// nullopt: no such user. Throws SystemError when the user database cannot be asked.
std::optional<Account> find_account(const std::string& name);

// Who this process runs as. Its name is the number's text when the database has none.
Account own_account();

// The number's text when the user database has no name for it, or cannot be asked.
std::string user_name(uid_t uid);

// nullopt: no such group.
std::optional<gid_t> find_group(const std::string& name);

}  // namespace attune
