#include "reconciler/plan_text.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr std::size_t kShownDifferences = 5;
constexpr std::size_t kShownValue = 40;
constexpr std::size_t kShownDigest = 8;

// One line below the heading, and what it is sorted by.
struct Line {
    Kind kind;
    Ref ref;
    char symbol;
    std::vector<std::string> remarks;
};

void collect(const Json& before, const Json& after,  // NOLINT(misc-no-recursion)
             const std::string& path, std::vector<Difference>& found) {
    if (before == after) return;
    if (!before.is_object() || !after.is_object()) {
        found.push_back({path, before, after});
        return;
    }
    std::set<std::string> keys;
    for (const auto& [key, value] : before.items()) keys.insert(key);
    for (const auto& [key, value] : after.items()) keys.insert(key);
    for (const std::string& key : keys) {
        collect(before.value(key, Json()), after.value(key, Json()),
                path.empty() ? key : fmt::format("{}.{}", path, key), found);
    }
}

std::string shown(const Json& value) {
    std::string text = value.is_string() ? value.get<std::string>() : compact(value);
    if (value.is_null()) text = "(none)";
    return text.size() <= kShownValue ? text : text.substr(0, kShownValue) + "...";
}

const StoredObject* stored_of(const StoredState& state, Kind kind, const Ref& ref) {
    const auto found = std::find_if(
        state.objects.begin(), state.objects.end(),
        [&](const StoredObject& object) { return object.kind == kind && object.ref == ref; });
    return found != state.objects.end() ? &*found : nullptr;
}

std::vector<Difference> differences_of(const ObjectChange& change, const StoredState& state) {
    const StoredObject* before = stored_of(state, change.kind, change.ref);
    if (before == nullptr || !change.manifest) return {};
    const Json document = Json::parse(before->document, nullptr, /*allow_exceptions=*/false);
    return document.is_object() ? differences(document, change.manifest->document)
                                : std::vector<Difference>();
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

std::string remark_of(const TimerChange& timer, const StoredState& state) {
    switch (timer.state) {
        case TimerState::kPaused:
            return "timer paused";
        case TimerState::kRetired:
            return "timer stopped";
        case TimerState::kExhausted:
            return "nothing left to fire";
        case TimerState::kFaulted:
            return "timer faulted";
        case TimerState::kArmed:
            break;
    }
    const auto before = std::find_if(
        state.timers.begin(), state.timers.end(),
        [&](const StoredTimer& known) { return timer.id && known.sensor == timer.id; });
    if (before == state.timers.end()) return "timer armed";
    return before->anchor_at == timer.anchor_at ? "timer re-armed, phase kept"
                                                : "timer re-armed from now";
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

std::vector<Line> lines_of(const PlanView& view) {
    const Plan& plan = view.result.plan;
    std::map<Ref, const TimerChange*> timers;
    for (const TimerChange& timer : plan.timers) timers.emplace(timer.sensor, &timer);

    std::vector<Line> lines;
    for (const ObjectChange& change : plan.objects) {
        Line line{change.kind, change.ref, symbol_of(change.change), {}};
        if (auto remark = remark_of(change.change); !remark.empty()) {
            line.remarks.push_back(std::move(remark));
        }
        const auto found = differences_of(change, view.state);
        for (std::size_t n = 0; n < std::min(found.size(), kShownDifferences); ++n) {
            line.remarks.push_back(fmt::format("{} {} -> {}", found[n].path,
                                               shown(found[n].before), shown(found[n].after)));
        }
        if (found.size() > kShownDifferences) {
            line.remarks.push_back(
                fmt::format("and {} more", found.size() - kShownDifferences));
        }
        const auto timer = timers.find(change.ref);
        if (change.kind == Kind::kSensor && timer != timers.end() &&
            change.change != ChangeKind::kRetire) {
            line.remarks.push_back(remark_of(*timer->second, view.state));
            timers.erase(timer);
        } else if (change.kind == Kind::kSensor) {
            timers.erase(change.ref);
        }
        lines.push_back(std::move(line));
    }
    for (const auto& [ref, timer] : timers) {
        lines.push_back({Kind::kSensor, ref, '~', {remark_of(*timer, view.state)}});
    }
    for (const FrozenObject& frozen : view.result.frozen) {
        const std::string how =
            frozen.generation ? fmt::format("frozen at generation {}", frozen.generation.value)
                              : std::string("left out");
        lines.push_back(
            {frozen.kind, frozen.ref, '!', {fmt::format("{}: {}", how, frozen.why)}});
    }
    for (const HeldObject& held : view.result.held) {
        lines.push_back({held.kind, held.ref, '=', {std::string(told(held.reason))}});
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        return a.kind != b.kind ? a.kind < b.kind : a.ref < b.ref;
    });
    return lines;
}

std::string summary_of(const PlanResult& result) {
    std::string text = summarise(result.plan);
    if (text == "nothing to do" && !result.plan.timers.empty()) {
        text = fmt::format("{} timers to arm or stop", result.plan.timers.size());
    }
    if (!result.frozen.empty()) text += fmt::format(", {} frozen", result.frozen.size());
    if (!result.held.empty()) text += fmt::format(", {} held", result.held.size());
    return text;
}

std::string short_digest(const std::string& digest) {
    return digest.empty() ? "nothing" : digest.substr(0, kShownDigest);
}

Json to_json(const ObjectChange& change, const PlanView& view) {
    Json json = {{"change", to_string(change.change)},
                 {"kind", to_string(change.kind)},
                 {"ref", change.ref.text()}};
    if (change.manifest) {
        json["file"] = change.manifest->place.file;
        json["line"] = change.manifest->place.line;
    }
    Json list = Json::array();
    for (const Difference& difference : differences_of(change, view.state)) {
        list.push_back({{"path", difference.path},
                        {"before", difference.before},
                        {"after", difference.after}});
    }
    json["differences"] = std::move(list);
    return json;
}

Json to_json(const TimerChange& timer, const PlanView& view) {
    Json json = {{"sensor", timer.sensor.text()},
                 {"state", to_string(timer.state)},
                 {"remark", remark_of(timer, view.state)},
                 {"anchor_at", format_rfc3339(timer.anchor_at)}};
    if (timer.span && timer.span->next_at) {
        json["next_at"] = format_rfc3339(*timer.span->next_at);
    }
    return json;
}

}  // namespace

std::vector<Difference> differences(const Json& before, const Json& after) {
    std::vector<Difference> found;
    for (const char* part : {"metadata", "spec"}) {
        const bool spec = std::string_view(part) == "spec";
        collect(before.value(part, Json::object()), after.value(part, Json::object()),
                spec ? "" : part, found);
    }
    std::sort(found.begin(), found.end(),
              [](const Difference& a, const Difference& b) { return a.path < b.path; });
    return found;
}

std::string plan_text(const PlanView& view) {
    const Plan& plan = view.result.plan;
    std::string text =
        fmt::format("source {}: {} -> {}   {} of {} files changed\n", plan.source.name,
                    short_digest(view.state.last_tree), short_digest(plan.revision.tree),
                    plan.files.size() + plan.files_gone.size(), view.files);
    const std::vector<Line> lines = lines_of(view);
    std::size_t widest = 0;
    for (const Line& line : lines) widest = std::max(widest, line.ref.text().size());
    for (const Line& line : lines) {
        std::string shown_line =
            fmt::format("  {} {:<7} {:<{}}   {}", line.symbol, to_string(line.kind),
                        line.ref.text(), widest, fmt::join(line.remarks, ", "));
        shown_line.erase(shown_line.find_last_not_of(' ') + 1);
        text += shown_line + "\n";
    }
    return text + summary_of(view.result) + "\n";
}

Json plan_json(const PlanView& view) {
    const PlanResult& result = view.result;
    Json json = {{"format_version", 1},
                 {"source", result.plan.source.name},
                 {"base", result.plan.base.value},
                 {"tree", result.plan.revision.tree},
                 {"text", summary_of(result)}};
    json["changes"] = Json::array();
    for (const ObjectChange& change : result.plan.objects) {
        json["changes"].push_back(to_json(change, view));
    }
    json["timers"] = Json::array();
    for (const TimerChange& timer : result.plan.timers) {
        json["timers"].push_back(to_json(timer, view));
    }
    json["frozen"] = Json::array();
    for (const FrozenObject& frozen : result.frozen) {
        json["frozen"].push_back({{"kind", to_string(frozen.kind)},
                                  {"ref", frozen.ref.text()},
                                  {"generation", frozen.generation.value},
                                  {"why", frozen.why}});
    }
    json["held"] = Json::array();
    for (const HeldObject& held : result.held) {
        json["held"].push_back({{"kind", to_string(held.kind)},
                                {"ref", held.ref.text()},
                                {"reason", to_string(held.reason)}});
    }
    Json counts = Json::object();
    for (const auto& [change, count] : count_changes(result.plan)) {
        counts[std::string(to_string(change))] = count;
    }
    json["summary"] = std::move(counts);
    return json;
}

}  // namespace attune
