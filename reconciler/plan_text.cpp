#include "reconciler/plan_text.h"

#include <algorithm>
#include <map>
#include <variant>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/printable.h"

namespace attune {
namespace {

constexpr std::size_t kShownDifferences = 5;
constexpr std::size_t kShownPath = 100;
constexpr std::size_t kShownValue = 40;
constexpr std::size_t kShownDigest = 8;

// What one line below the heading tells, and what it is sorted by.
struct Entry {
    Kind kind;
    Ref ref;
    std::variant<const ObjectChange*, const TimerChange*, const FrozenObject*,
                 const HeldObject*>
        what;
    const TimerChange* timer = nullptr;  // beside the change of a sensor
};

std::string cut(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    // Between characters: 10xxxxxx goes on with the one before.
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return text.substr(0, most) + "...";
}

// What would break the line is written as JSON does it, as far as JSON escapes it.
std::string shown(const Json& value) {
    if (value.is_null()) return "(none)";
    const auto* text = value.get_ptr<const std::string*>();
    const bool plain = text != nullptr && printable(*text) == *text;
    return cut(printable(plain ? *text : compact(value)), kShownValue);
}

char symbol_of(ChangeKind change) {
    switch (change) {
        case ChangeKind::kCreate:
        case ChangeKind::kRestore:
            return '+';
        case ChangeKind::kUpdate:
        case ChangeKind::kRelabel:
        case ChangeKind::kMove:
        case ChangeKind::kAdopt:
            return '~';
        case ChangeKind::kRetire:
            return '-';
    }
    return '?';
}

std::string remark_of(ChangeKind change) {
    switch (change) {
        case ChangeKind::kRestore:
            return "restored";
        case ChangeKind::kAdopt:
            return "adopted";
        case ChangeKind::kMove:
            return "moved to another file";
        case ChangeKind::kRetire:
            return "retire";
        case ChangeKind::kCreate:
        case ChangeKind::kUpdate:
        case ChangeKind::kRelabel:
            return {};
    }
    return {};
}

std::string_view told(HoldReason reason) {
    switch (reason) {
        case HoldReason::kNotCertain:
            return "stays: missing in one scan so far";
        case HoldReason::kPruneOff:
            return "stays: prune is off";
        case HoldReason::kBrake:
            return "stays: too many would go at once";
        case HoldReason::kReferredTo:
            return "stays: something of another owner names it";
    }
    return {};
}

// Everything there is to tell, by kind and ref.
std::vector<Entry> entries_of(const PlanResult& result) {
    std::map<Ref, const TimerChange*> timers;
    for (const TimerChange& timer : result.plan.timers) timers.emplace(timer.sensor, &timer);

    std::vector<Entry> entries;
    for (const ObjectChange& change : result.plan.objects) {
        Entry entry{change.kind, change.ref, &change};
        const auto timer = timers.find(change.ref);
        if (change.kind == Kind::kSensor && timer != timers.end()) {
            // That a retired sensor's timer stops goes without saying.
            if (change.change != ChangeKind::kRetire) entry.timer = timer->second;
            timers.erase(timer);
        }
        entries.push_back(std::move(entry));
    }
    for (const auto& [ref, timer] : timers) entries.push_back({Kind::kSensor, ref, timer});
    for (const FrozenObject& frozen : result.frozen) {
        entries.push_back({frozen.kind, frozen.ref, &frozen});
    }
    for (const HeldObject& held : result.held) entries.push_back({held.kind, held.ref, &held});
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.kind != b.kind ? a.kind < b.kind : a.ref < b.ref;
    });
    return entries;
}

struct Line {
    char symbol;
    std::vector<std::string> remarks;
};

// Says what one entry tells.
class Teller {
public:
    Teller(const PlanView& view, const TimerChange* timer) : view_(view), timer_(timer) {}

    Line operator()(const ObjectChange* change) const {
        Line line{symbol_of(change->change), {}};
        if (auto remark = remark_of(change->change); !remark.empty()) {
            line.remarks.push_back(std::move(remark));
        }
        const auto found = view_.differences_of(*change);
        for (std::size_t n = 0; n < std::min(found.size(), kShownDifferences); ++n) {
            line.remarks.push_back(fmt::format("{} {} -> {}",
                                               cut(printable(found[n].path), kShownPath),
                                               shown(found[n].before), shown(found[n].after)));
        }
        if (found.size() > kShownDifferences) {
            line.remarks.push_back(
                fmt::format("and {} more", found.size() - kShownDifferences));
        }
        if (timer_ != nullptr) line.remarks.push_back(view_.remark_of(*timer_));
        return line;
    }
    Line operator()(const TimerChange* timer) const { return {'~', {view_.remark_of(*timer)}}; }
    Line operator()(const FrozenObject* frozen) const {
        const std::string how = frozen->generation ? fmt::format("frozen at generation {}",
                                                                 frozen->generation.value)
                                                   : std::string("left out");
        return {'!', {fmt::format("{}: {}", how, frozen->why)}};
    }
    Line operator()(const HeldObject* held) const {
        return {'=', {std::string(told(held->reason))}};
    }

private:
    const PlanView& view_;
    const TimerChange* timer_;
};

std::string short_digest(const std::string& digest) {
    return digest.empty() ? "nothing" : digest.substr(0, kShownDigest);
}

}  // namespace

std::string plan_text(const PlanView& view) {
    const Plan& plan = view.result().plan;
    std::string text =
        fmt::format("source {}: {} -> {}   {} of {} files changed\n", plan.source.name,
                    short_digest(view.state().last_tree), short_digest(plan.revision.tree),
                    plan.files.size() + plan.files_gone.size(), view.files());
    const auto entries = entries_of(view.result());
    std::size_t widest = 0;
    for (const Entry& entry : entries) widest = std::max(widest, entry.ref.text().size());
    std::size_t bytes = 0;
    std::size_t told_of = 0;
    for (const Entry& entry : entries) {
        const Line line = std::visit(Teller(view, entry.timer), entry.what);
        std::string shown_line =
            fmt::format("  {} {:<7} {:<{}}   {}", line.symbol, to_string(entry.kind),
                        entry.ref.text(), widest, fmt::join(line.remarks, ", "));
        shown_line.erase(shown_line.find_last_not_of(' ') + 1);
        bytes += compact(shown_line).size();
        if (bytes > limits::kReportListBytes) break;
        text += shown_line + "\n";
        ++told_of;
    }
    if (told_of < entries.size()) {
        text += fmt::format("  ... and {} more\n", entries.size() - told_of);
    }
    return text + summarise(view.result()) + "\n";
}

}  // namespace attune
