// Says when a tree may have changed, so that nobody has to look at it all the time.
//
// inotify is a hint and content is the truth: hints may be late, doubled or about nothing, and
// whatever could have been missed is said to have happened. A reader acts on a hint by waiting
// for quiet and scanning the whole tree; nothing is concluded from single events.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <unordered_set>

#include "os/tree.h"
#include "os/unique_fd.h"

namespace attune {

class TreeWatcher {
public:
    // `root` as configured: it may be a symbolic link that is swapped, so the directory that
    // contains it is watched as well. Never throws: what cannot be watched is polled.
    explicit TreeWatcher(std::string root);

    // To poll for POLLIN; -1 when the system gives no inotify instance.
    int fd() const { return inotify_.get(); }

    // Takes what has come and tells whether any of it may concern the tree.
    bool drain();

    // Watches what a scan has found, one watch for each directory, and stops watching what it
    // has not. True: some directory is newly watched, and what happened in it before nobody
    // saw; scan once more. Call it after each scan, also after one that did not settle.
    bool cover(const TreeListing& listing);

    // How long the tree may go without a scan: 60 s while every directory is watched, 5 s
    // while that is in doubt.
    std::chrono::seconds poll_every() const;

    // Why the tree is polled, with the remedy; empty while everything is watched. Cleared by
    // the first cover() that succeeds.
    const std::string& trouble() const { return trouble_; }

private:
    int watch(const std::string& path);

    std::string root_;
    std::string root_name_;  // its last segment, as it stands in the directory above
    UniqueFd inotify_;
    int above_ = -1;  // watch of the directory that contains the root
    std::unordered_set<int> watches_;
    std::string trouble_;
};

}  // namespace attune
