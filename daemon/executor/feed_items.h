// What subscribers of the feed are told, and under which topics; docs/feed.md lists them.
#pragma once

#include "core/event.h"
#include "daemon/executor/attempt.h"
#include "store/ledger.h"
#include "wire/messages.h"

namespace attune {

FeedItem event_created(const Entry& entry, TimePoint now);
FeedItem enforcement_created(const Entry& entry, const Answer& answer, TimePoint now);
FeedItem execution_requested(const Attempt& attempt, TimePoint now);
FeedItem execution_started(const Attempt& attempt, TimePoint now);
FeedItem execution_completed(const Attempt& attempt, const Outcome& outcome);
FeedItem catalog_changed(Generation generation, TimePoint now);

}  // namespace attune
