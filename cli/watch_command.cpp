// attune watch: the feed, a line for each item.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/watch_lines.h"
#include "os/signals.h"
#include "wire/feed.h"

namespace attune {
namespace {

std::vector<TopicPattern> patterns(const Given& given) {
    auto texts = given.texts("PATTERN");
    if (texts.empty()) texts.emplace_back("#");
    std::vector<TopicPattern> parsed;
    for (const auto& text : texts) {
        auto pattern = TopicPattern::parse(text);
        if (!pattern) {
            throw CommandFailed{kExitUsage, pattern.error().message, pattern.error().help};
        }
        parsed.push_back(*std::move(pattern));
    }
    return parsed;
}

int watch(FeedSubscriber& feed, SignalFd& signals, const Given& given, Terminal& terminal) {
    const bool raw = given.text("--output") == "json";
    const auto most = given.number("--count");
    WatchLines lines;
    for (std::int64_t shown = 0; !most || shown < *most;) {
        // Our reader's end is watched, too: a closed pipe ends the watch, item or not.
        std::array<pollfd, 2> others = {pollfd{signals.fd(), POLLIN, 0},
                                        pollfd{STDOUT_FILENO, 0, 0}};
        const auto item = feed.receive(std::nullopt, others);
        if (signals.next() || (others[1].revents & (POLLERR | POLLHUP)) != 0) return kExitOk;
        if (!item) continue;
        terminal.out << (raw ? item->data : lines.line(*item)) << '\n' << std::flush;
        if (!terminal.out.good()) return kExitOk;
        ++shown;
    }
    return kExitOk;
}

int run_watch(const Given& given, Terminal& terminal) {
    auto wanted = patterns(given);
    // Before the feed's threads, so that they hold the signals back, too.
    SignalFd signals({SIGINT, SIGTERM, SIGHUP});
    try {
        FeedSubscriber feed(feed_socket(given), std::move(wanted));
        return watch(feed, signals, given, terminal);
    } catch (const ControlUnreachable& failed) {
        throw CommandFailed{kExitUnreachable, failed.what(), unreachable_remedy(failed)};
    }
}

}  // namespace

void add_watch_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "watch",
         .summary = "show what happens as it happens, until Ctrl-C",
         .text =
             "A pattern is words joined by dots; `*` stands for one word, `#` for any number "
             "of them. Without one everything is shown. A line tells when, the topic, what it "
             "is about, and the outcome; `-o json` prints whole items, one a line. The feed is "
             "live only: what happened before, or while nobody watched, is read back with "
             "`attune events`.",
         .examples = {"attune watch", "attune watch 'execution.*' -o json"},
         .options = {{Option::Kind::kOperands, "PATTERN", "", "topics, such as event.*"},
                     {Option::Kind::kNumber, "--count", "N", "end after this many items"},
                     output_option({"lines", "json"}),
                     socket_option()},
         .run = run_watch});
}

}  // namespace attune
