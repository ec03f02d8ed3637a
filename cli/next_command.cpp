// attune next: when timers will fire, and what changes of the clock will do to them.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/dst_report.h"
#include "cli/input.h"
#include "cli/next_request.h"
#include "cli/output.h"
#include "cli/running_timer.h"
#include "cli/table.h"
#include "cli/validation.h"
#include "core/limits.h"
#include "os/system_clock.h"
#include "os/zone_files.h"

namespace attune {
namespace {

constexpr std::int64_t kUsualCount = 5;
constexpr Duration kDstYears = std::chrono::days(5 * 365 + 1);

struct Asked {
    TimePoint after;
    TimePoint created_at;
    std::int64_t count = kUsualCount;
};

TimePoint moment(const Given& given, const std::string& option, TimePoint otherwise) {
    if (!given.has(option)) return otherwise;
    const auto at = parse_rfc3339(given.text(option));
    if (at) return *at;
    throw CommandFailed{kExitUsage, option + ": " + at.error().message, at.error().help};
}

Asked read_asked(const Given& given) {
    const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().now());
    Asked asked{.after = moment(given, "--after", now), .created_at = {}};
    asked.created_at = moment(given, "--created-at", asked.after);
    asked.count = given.number("--count").value_or(kUsualCount);
    if (asked.count < 1) {
        throw CommandFailed{kExitUsage, "--count must be at least 1", "leave it out for 5"};
    }
    return asked;
}

struct NamedSchedule {
    std::string name;  // the sensor's ref; empty for an expression
    Schedule schedule;
    TimePoint after;         // what comes after it is asked for,
    std::int64_t count = 0;  // at most so many
};

NamedSchedule imagined(std::string name, Schedule schedule, const Asked& asked) {
    const auto count = left_to_fire(schedule, asked.created_at, asked.after, asked.count);
    return {std::move(name), std::move(schedule), asked.after, count};
}

NamedSchedule running(const DaemonClient& daemon, const std::string& ref, const Asked& asked,
                      const ZoneSource& zones) {
    auto timer = running_timer(daemon, ref, zones);
    auto count = timer.armed ? asked.count : 0;
    if (timer.schedule.max_fires) {
        count = std::min(count, *timer.schedule.max_fires - timer.fires);
    }
    return {ref, std::move(timer.schedule), std::max(asked.after, timer.cursor), count};
}

std::vector<Manifest> sensors_at(const std::string& path) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return sensors_of_source(path);
    if (std::filesystem::exists(path, failed)) {
        return sensors_of_text(path, read_input_file(path, limits::kFileBytes));
    }
    // Not a path: a sensor of the source we stand in.
    const auto root = find_source_root(".");
    const auto ref = Ref::parse(path);
    if (!ref || root.empty()) {
        throw CommandFailed{kExitFailed, "there is no " + path,
                            "give a file, a source's directory, or a sensor's ref inside one"};
    }
    auto sensors = sensors_of_source(root);
    std::erase_if(sensors, [&](const Manifest& sensor) { return sensor.ref != *ref; });
    if (sensors.empty()) {
        throw CommandFailed{kExitFailed, "there is no valid sensor `" + path + "` in " + root,
                            "`attune validate " + root + "` tells what is wrong"};
    }
    return sensors;
}

std::vector<NamedSchedule> schedules_at(const std::vector<std::string>& paths,
                                        const Asked& asked, const ZoneSource& zones) {
    std::vector<NamedSchedule> schedules;
    for (const auto& path : paths) {
        for (const auto& sensor : sensors_at(path)) {
            const auto& spec = std::get<SensorSpec>(sensor.spec);
            if (!spec.enabled || !is_timer_trigger(spec.trigger)) continue;
            auto schedule =
                imagine({spec.trigger, sensor.ref, spec.config, asked.created_at}, zones);
            if (!schedule) {
                throw CommandFailed{kExitFailed,
                                    sensor.ref.text() + ": " + schedule.error().message,
                                    schedule.error().help};
            }
            schedules.push_back(imagined(sensor.ref.text(), *std::move(schedule), asked));
        }
    }
    return schedules;
}

NamedSchedule schedule_of_expression(const Given& given, const Asked& asked,
                                     const ZoneSource& zones) {
    Json config = {{"expression", given.text("--expression")}};
    if (given.has("--timezone")) config["timezone"] = given.text("--timezone");
    auto schedule = imagine({*Ref::parse("core.crontimer"), *Ref::parse("next.expression"),
                             config, asked.created_at},
                            zones);
    if (schedule) return imagined("", *std::move(schedule), asked);
    throw CommandFailed{kExitFailed, schedule.error().message, schedule.error().help};
}

int show_next(const Given& given, Terminal& terminal,
              const std::vector<NamedSchedule>& schedules) {
    auto answer = Json::array();
    struct Fire {
        TimePoint at;
        const NamedSchedule* of;
    };
    std::vector<Fire> fires;
    for (const auto& named : schedules) {
        Json next = Json::array();
        for (const auto at : instants_after(named.schedule, named.after, named.count)) {
            next.push_back(format_rfc3339(at));
            fires.push_back({at, &named});
        }
        Json item = {{"schedule", describe(named.schedule)}, {"next", std::move(next)}};
        if (!named.name.empty()) item["sensor"] = named.name;
        answer.push_back(std::move(item));
    }
    show(given, terminal, answer, [&] {
        std::stable_sort(fires.begin(), fires.end(),
                         [](const Fire& a, const Fire& b) { return a.at < b.at; });
        Table table({"AT (UTC)", "SENSOR", "SCHEDULE"});
        for (const auto& fire : fires) {
            table.add({format_rfc3339(fire.at), fire.of->name, describe(fire.of->schedule)});
        }
        if (table.empty()) {
            terminal.err << "nothing fires any more\n";
            return;
        }
        table.print(terminal.out);
    });
    return kExitOk;
}

Json change_json(const ClockChange& change) {
    const auto wall = [](WallTime at) {
        return format_rfc3339(TimePoint(at.time_since_epoch())).substr(0, 19);
    };
    return {{"at", format_rfc3339(change.at)},
            {"from", wall(change.from)},
            {"to", wall(change.to)},
            {"instants", change.instants},
            {"effect", to_string(change.effect)},
            {"text", describe(change)}};
}

int show_dst(const Given& given, Terminal& terminal,
             const std::vector<NamedSchedule>& schedules, const Asked& asked) {
    auto answer = Json::array();
    for (const auto& named : schedules) {
        auto changes = Json::array();
        for (const auto& change :
             clock_changes(named.schedule, asked.after, asked.after + kDstYears)) {
            changes.push_back(change_json(change));
        }
        Json item = {{"schedule", describe(named.schedule)}, {"changes", std::move(changes)}};
        if (!named.name.empty()) item["sensor"] = named.name;
        answer.push_back(std::move(item));
    }
    show(given, terminal, answer, [&] {
        for (const auto& item : answer) {
            terminal.out << cell(item, "sensor") << (item.contains("sensor") ? "  " : "")
                         << cell(item, "schedule") << '\n';
            if (item.at("changes").empty()) {
                terminal.out << "  no change of the clock matters to it\n";
            }
            for (const auto& change : item.at("changes")) {
                terminal.out << "  " << cell(change, "text") << '\n';
            }
        }
    });
    return kExitOk;
}

int answer_lines(Terminal& terminal, const ZoneSource& zones) {
    const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().now());
    for (std::string line; std::getline(terminal.in, line);) {
        if (line.empty()) continue;
        terminal.out << compact(answer_line(line, now, zones)) << '\n';
    }
    return kExitOk;
}

int run_next(const Given& given, Terminal& terminal) {
    const ZoneFiles zones;
    if (given.has("--stdin")) return answer_lines(terminal, zones);
    const auto asked = read_asked(given);
    auto paths = given.texts("PATH");
    std::vector<NamedSchedule> schedules;
    if (given.has("--expression")) {
        schedules.push_back(schedule_of_expression(given, asked, zones));
    } else if (given.has("--running")) {
        const DaemonClient daemon(given);
        for (const auto& ref : paths) {
            schedules.push_back(running(daemon, ref, asked, zones));
        }
    } else {
        if (paths.empty()) paths.emplace_back(".");
        schedules = schedules_at(paths, asked, zones);
    }
    return given.has("--dst-report") ? show_dst(given, terminal, schedules, asked)
                                     : show_next(given, terminal, schedules);
}

}  // namespace

void add_next_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "next",
         .summary = "show when timers fire next",
         .text =
             "Of the enabled timer sensors in a source's directory or a file, of one sensor "
             "of the source we stand in, or of a cron expression: all that without a daemon; "
             "intervals count from --created-at. With --running of sensors as the daemon runs "
             "them, from their own anchors and with the fires they have had. With --stdin "
             "every line is a JSON object {\"trigger\", "
             "\"config\", \"created_at\", \"after\", \"count\"}, answered by one line "
             "{\"next\": [...]} or {\"error\": {...}}.",
         .examples = {"attune next examples/config --count 3",
                      "attune next --expression '0 30 2 * * *' --timezone Europe/Berlin",
                      "attune next --running ops.every_5s",
                      "attune next --dst-report examples/config"},
         .options = {{Option::Kind::kOperands, "PATH", "",
                      "directories, files, or refs of sensors (the current directory)"},
                     {Option::Kind::kText, "--expression", "CRON",
                      "of this cron expression instead"},
                     {Option::Kind::kText, "--timezone", "ZONE", "its time zone (UTC)"},
                     {Option::Kind::kText, "--after", "TIME",
                      "after this RFC 3339 moment (now)"},
                     {Option::Kind::kText, "--created-at", "TIME",
                      "as if created at this moment (that of --after)"},
                     {Option::Kind::kNumber, "--count", "N", "how many of each timer (5)"},
                     {Option::Kind::kFlag, "--dst-report", "",
                      "what changes of the clock will do in the next five years"},
                     {Option::Kind::kFlag, "--running", "",
                      "the operands are refs of sensors: ask the daemon for them"},
                     {Option::Kind::kFlag, "--stdin", "", "answer JSON lines"},
                     output_option({"table", "json", "yaml"}),
                     socket_option()},
         .run = run_next});
}

}  // namespace attune
