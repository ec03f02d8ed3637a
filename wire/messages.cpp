#include "wire/messages.h"

#include <algorithm>
#include <cassert>
#include <concepts>
#include <limits>
#include <utility>

#include "core/limits.h"

namespace attune {
namespace {

constexpr std::uint8_t kVersion = 1;        // also of the runner's protocol and of its spool
constexpr std::size_t kListItems = 10'000;  // no list of ours is as long

// The last enumerator of each: what decoding refuses to exceed.
constexpr auto last(SkipReason) { return SkipReason::kPastOneShot; }
constexpr auto last(RequestOutcome) { return RequestOutcome::kRefused; }
constexpr auto last(PauseOutcome) { return PauseOutcome::kUnavailable; }
constexpr auto last(CancelOutcome) { return CancelOutcome::kRefused; }
constexpr auto last(Kind) { return Kind::kRule; }
constexpr auto last(EventOrigin) { return EventOrigin::kSystemd; }
constexpr auto last(ExecutionState) { return ExecutionState::kAbandoned; }
constexpr auto last(OutputFormat) { return OutputFormat::kJson; }

// T or const T: one list of fields serves the writer and the reader.
template <class Given, class T>
concept Maybe = std::same_as<std::remove_const_t<Given>, T>;

// The fields of each struct, in the order of their bytes. A change of what the runner is told
// or tells is a new kVersion; nothing else leaves the program.
void fields(auto& visit, Maybe<Decision> auto& d) {
    visit(d.sensor, d.spec_rev, d.from, d.through, d.skip_through, d.skipped, d.reason, d.fires,
          d.misfire, d.exhausted, d.due_at, d.fired_at, d.next_at, d.occurrence);
}
void fields(auto& visit, Maybe<Confirmation> auto& c) {
    visit(c.sensor, c.spec_rev, c.through, c.recorded);
}
void fields(auto& visit, Maybe<ExecutionKey> auto& k) { visit(k.id, k.scheduled_at); }
void fields(auto& visit, Maybe<Outcome> auto& o) { visit(o.state, o.result, o.finished_at); }
void fields(auto& visit, Maybe<ProcessClaim> auto& c) {
    visit(c.key, c.token, c.executor, c.attempt, c.action_ref, c.rule_ref, c.event,
          c.idempotency_key, c.command, c.pack_directory, c.env, c.params, c.output, c.timeout);
}
void fields(auto& visit, Maybe<Decisions> auto& m) { visit(m.reply_to, m.decisions); }
void fields(auto& visit, Maybe<Confirmations> auto& m) { visit(m.confirmations); }
void fields(auto& visit, Maybe<CatalogChanged> auto& m) { visit(m.generation); }
void fields(auto&, Maybe<Wake> auto&) {}
void fields(auto& visit, Maybe<FireRequest> auto& m) {
    visit(m.request, m.reply_to, m.sensor, m.scheduled_at, m.dedupe_key, m.payload, m.origin);
}
void fields(auto& visit, Maybe<FireReply> auto& m) {
    visit(m.request, m.outcome, m.event, m.scheduled_at, m.fault);
}
void fields(auto& visit, Maybe<RunRequest> auto& m) {
    visit(m.request, m.reply_to, m.action, m.scheduled_at, m.params, m.key);
}
void fields(auto& visit, Maybe<RunReply> auto& m) {
    visit(m.request, m.outcome, m.execution, m.fault);
}
void fields(auto& visit, Maybe<StartProcess> auto& m) { visit(m.claim); }
void fields(auto& visit, Maybe<StartUnit> auto& m) { visit(m.claim); }
void fields(auto& visit, Maybe<ProcessStarted> auto& m) {
    visit(m.key, m.token, m.process_group, m.start_ticks);
}
void fields(auto& visit, Maybe<GoProcess> auto& m) { visit(m.key, m.token); }
void fields(auto& visit, Maybe<AbortProcess> auto& m) { visit(m.key, m.token); }
void fields(auto& visit, Maybe<CancelProcess> auto& m) { visit(m.key, m.token); }
void fields(auto& visit, Maybe<ProcessFinished> auto& m) { visit(m.key, m.token, m.outcome); }
void fields(auto& visit, Maybe<FeedItem> auto& m) { visit(m.topic, m.subject, m.time, m.data); }
void fields(auto& visit, Maybe<ReconcileRequest> auto& m) {
    visit(m.request, m.reply_to, m.plan_only, m.allow_retire);
}
void fields(auto& visit, Maybe<ReconcileReply> auto& m) { visit(m.request, m.report); }
void fields(auto& visit, Maybe<PauseRequest> auto& m) {
    visit(m.request, m.reply_to, m.kind, m.ref, m.paused, m.by, m.reason, m.ends, m.until);
}
void fields(auto& visit, Maybe<PauseReply> auto& m) {
    visit(m.request, m.outcome, m.generation, m.fault);
}
void fields(auto& visit, Maybe<CancelRequest> auto& m) {
    visit(m.request, m.reply_to, m.execution, m.by, m.reason, m.at);
}
void fields(auto& visit, Maybe<CancelReply> auto& m) {
    visit(m.request, m.outcome, m.state, m.fault);
}
void fields(auto& visit, Maybe<RunnerHello> auto& m) { visit(m.version); }
void fields(auto& visit, Maybe<RosterRun> auto& r) { visit(r.key, r.token); }
void fields(auto& visit, Maybe<RunnerRoster> auto& m) { visit(m.connection, m.runs); }
void fields(auto& visit, Maybe<RosterTaken> auto& m) {
    visit(m.connection, m.executor, m.held);
}

class Writer {
public:
    void operator()(const auto&... values) { (put(values), ...); }

    std::string take() { return std::move(bytes_); }

private:
    template <std::integral T>
    void put(T value) {
        auto rest = static_cast<std::make_unsigned_t<T>>(value);
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_.push_back(static_cast<char>(rest & 0xFF));
            if constexpr (sizeof(T) > 1) rest = static_cast<decltype(rest)>(rest >> 8);
        }
    }
    void put(bool value) { put(static_cast<std::uint8_t>(value)); }
    template <class T>
    requires std::is_enum_v<T>
    void put(T value) { put(static_cast<std::uint8_t>(value)); }
    template <class Tag>
    void put(Id<Tag> id) {
        put(id.value);
    }
    void put(TimePoint moment) { put(std::int64_t{moment.time_since_epoch().count()}); }
    void put(Duration span) { put(std::int64_t{span.count()}); }
    void put(const ClaimToken& token) {
        bytes_.append(reinterpret_cast<const char*>(token.bytes.data()), token.bytes.size());
    }
    void put(const std::string& text) {
        put_length(text.size());
        bytes_.append(text);
    }
    template <class T>
    void put(const std::vector<T>& items) {
        put_length(items.size());
        for (const auto& item : items) put(item);
    }
    void put(const std::map<std::string, std::string>& items) {
        put_length(items.size());
        for (const auto& [key, value] : items) (*this)(key, value);
    }
    template <class T>
    requires requires(Writer& writer, const T& value) { fields(writer, value); }
    void put(const T& value) { fields(*this, value); }
    void put_length(std::size_t length) {
        assert(length <= std::numeric_limits<std::uint32_t>::max());
        put(static_cast<std::uint32_t>(length));
    }

    std::string bytes_;
};

// Reads until something does not fit; from then on it leaves everything as it is.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    void operator()(auto&... values) { (get(values), ...); }

    // Why the bytes are no message; nullptr when all was well and nothing is left.
    const char* fault() const {
        if (fault_ != nullptr) return fault_;
        return rest_.empty() ? nullptr : "bytes follow its end";
    }

private:
    std::string_view cut(std::size_t length) {
        if (fault_ == nullptr && length > rest_.size()) fault_ = "it is cut short";
        if (fault_ != nullptr) return {};
        const auto piece = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return piece;
    }
    template <std::integral T>
    void get(T& value) {
        const auto piece = cut(sizeof(T));
        std::uint64_t all = 0;
        for (std::size_t i = piece.size(); i > 0; --i) {
            all = all << 8 | static_cast<std::uint8_t>(piece[i - 1]);
        }
        if (fault_ == nullptr) value = static_cast<T>(all);
    }
    std::uint8_t get_up_to(std::uint8_t most) {
        std::uint8_t value = 0;
        get(value);
        if (fault_ == nullptr && value > most) fault_ = "a value is out of its range";
        return fault_ == nullptr ? value : std::uint8_t{0};
    }
    void get(bool& value) { value = get_up_to(1) != 0; }
    template <class T>
    requires std::is_enum_v<T>
    void get(T& value) {
        value = static_cast<T>(get_up_to(static_cast<std::uint8_t>(last(T{}))));
    }
    template <class Tag>
    void get(Id<Tag>& id) {
        get(id.value);
    }
    void get(TimePoint& moment) {
        std::int64_t count = 0;
        get(count);
        moment = TimePoint(Duration(count));
    }
    void get(Duration& span) {
        std::int64_t count = 0;
        get(count);
        span = Duration(count);
    }
    void get(ClaimToken& token) {
        const auto piece = cut(token.bytes.size());
        std::copy(piece.begin(), piece.end(), token.bytes.begin());
    }
    void get(std::string& text) { text = cut(get_length()); }
    template <class T>
    void get(std::vector<T>& items) {
        const auto length = get_length();
        if (length > kListItems) fault_ = "a list is too long";
        for (std::uint32_t i = 0; i < length && fault_ == nullptr; ++i)
            get(items.emplace_back());
    }
    void get(std::map<std::string, std::string>& items) {
        const auto length = get_length();
        if (length > kListItems) fault_ = "a list is too long";
        for (std::uint32_t i = 0; i < length && fault_ == nullptr; ++i) {
            std::string key;
            std::string value;
            (*this)(key, value);
            if (!items.empty() && key <= items.rbegin()->first) fault_ = "keys are unsorted";
            items.emplace_hint(items.end(), std::move(key), std::move(value));
        }
    }
    template <class T>
    requires requires(Reader& reader, T& value) { fields(reader, value); }
    void get(T& value) { fields(*this, value); }
    std::uint32_t get_length() {
        std::uint32_t length = 0;
        get(length);
        return length;
    }

    std::string_view rest_;
    const char* fault_ = nullptr;
};

// The kind's byte is the place in the variant.
template <std::size_t kKind = 0>
std::optional<Message> message_of_kind(std::size_t kind) {
    if constexpr (kKind == std::variant_size_v<Message>) {
        return std::nullopt;
    } else {
        if (kind == kKind) return Message(std::in_place_index<kKind>);
        return message_of_kind<kKind + 1>(kind);
    }
}

Refused malformed(const std::string& why) {
    return refuse("ATT7101", "a message of the bus cannot be read: " + why,
                  "programs of different versions must not share one bus");
}

}  // namespace

std::string encode(const Message& message) {
    Writer writer;
    writer(kVersion, static_cast<std::uint8_t>(message.index()));
    std::visit([&](const auto& kind) { fields(writer, kind); }, message);
    return writer.take();
}

Result<Message> decode(std::string_view bytes) {
    if (bytes.size() < 2) return malformed("it is cut short");
    if (static_cast<std::uint8_t>(bytes[0]) != kVersion) {
        return malformed("its version is not ours");
    }
    auto message = message_of_kind(static_cast<std::uint8_t>(bytes[1]));
    if (!message) return malformed("its kind is unknown");
    Reader reader(bytes.substr(2));
    std::visit([&](auto& kind) { fields(reader, kind); }, *message);
    if (reader.fault() != nullptr) return malformed(reader.fault());
    return *std::move(message);
}

}  // namespace attune
