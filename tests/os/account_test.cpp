#include "os/account.h"

#include <unistd.h>

#include <gmock/gmock.h>

namespace attune {
namespace {

TEST(Account, IsFoundByName) {
    const auto root = find_account("root");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->uid, 0u);
    EXPECT_EQ(root->home, "/root");
    EXPECT_THAT(root->groups, testing::Contains(root->gid));
}

TEST(Account, MayBeMissing) {
    EXPECT_FALSE(find_account("nobody-has-this-name"));
    EXPECT_FALSE(find_group("nobody-has-this-name"));
}

TEST(Account, TellsWhoWeAre) { EXPECT_EQ(own_account().uid, ::geteuid()); }

}  // namespace
}  // namespace attune
