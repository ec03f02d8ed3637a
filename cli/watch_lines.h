// Items of the feed as lines for people (docs/feed.md).
//
//     2026-11-23 12:00:00.001  event.created        ops.tick   timer       scheduled 2026-11-23
//     ... 2026-11-23 12:00:00.001  enforcement.created  ops.greet  processed   of ops.tick
//     2026-11-23 12:00:00.002  execution.completed  core.echo  succeeded   hello
#pragma once

#include <cstddef>
#include <string>

#include "wire/bus.h"

namespace attune {

class WatchLines {
public:
    // One line without its end: time, topic, subject, one word, and what a person wants to know
    // of such an item. Nothing in it moves the cursor. What follows later is not known, so the
    // column of subjects is as wide as the widest so far.
    std::string line(const TopicMessage& item);

private:
    std::size_t subject_width_ = 16;
};

}  // namespace attune
