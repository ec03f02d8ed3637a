#include "core/meaning.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/condition.h"
#include "core/limits.h"
#include "core/manifest_spec.h"
#include "core/schedule.h"
#include "core/schema_defaults.h"
#include "core/schema_lint.h"
#include "core/template.h"

namespace attune {
namespace {

constexpr std::array<std::string_view, 3> kBuiltinActions = {"core.echo", "core.noop",
                                                             "core.sleep"};

class Meaning {
public:
    Meaning(const Manifest& manifest, const Subject& subject)
        : manifest_(manifest), subject_(subject) {}

    Diagnostics run() {
        std::visit(*this, manifest_.spec);
        return std::move(found_);
    }

    void operator()(const PackSpec& /*pack*/) {}

    void operator()(const TriggerSpec& trigger) {
        user_schema(trigger.param_schema, "/spec/param_schema");
        user_schema(trigger.option_schema, "/spec/option_schema");
        user_schema(trigger.out_schema, "/spec/out_schema");
    }

    void operator()(const ActionSpec& action) {
        user_schema(action.param_schema, "/spec/param_schema");
        user_schema(action.out_schema, "/spec/out_schema");
        if (runs_command(action.runner)) {
            command(action.command.front());
            command_size(action);
            timeout(action.timeout);
            if (action.out_schema && action.output != OutputFormat::kJson) {
                report("ATT4106", "/spec/out_schema",
                       "`out_schema` judges JSON, and the output of this action is text",
                       "add `output: json`, or remove out_schema");
            }
            return;
        }
        const auto& ref = manifest_.ref.text();
        if (std::find(kBuiltinActions.begin(), kBuiltinActions.end(), ref) !=
            kBuiltinActions.end()) {
            return;
        }
        report("ATT4103", "/spec/runner", fmt::format("attune has no builtin action `{}`", ref),
               "use `runner: process` with a command; builtin actions are core.echo, core.noop "
               "and core.sleep");
    }

    void operator()(const SensorSpec& sensor) {
        const auto written = manifest_.document.at("spec").value("runtime", "");
        if (!written.empty() && !parse_runtime(written)) {
            report("ATT4101", "/spec/runtime",
                   fmt::format("runtime `{}` is not supported", written),
                   "core.sensor.builtin is run by attune itself; core.sensor.external takes "
                   "events from `attune fire`");
        } else if (sensor.runtime == SensorRuntime::kBuiltin &&
                   usual_runtime(sensor.trigger.text()) != SensorRuntime::kBuiltin) {
            report(
                "ATT4102", "/spec/runtime",
                fmt::format("attune cannot raise events of `{}` itself", sensor.trigger.text()),
                "core.sensor.builtin is for triggers of pack core; write "
                "core.sensor.external, or leave runtime out");
        }
    }

    void operator()(const RuleSpec& rule) {
        faults(compile_condition(rule.conditions), "/spec/conditions");
        faults(compile_template(rule.params), "/spec/action/params");
    }

private:
    void report(std::string_view code, std::string pointer, std::string message,
                std::string help) {
        auto diagnostic = finding_at(subject_, std::move(pointer), Aim::kValue);
        diagnostic.code = code;
        diagnostic.message = std::move(message);
        diagnostic.help = std::move(help);
        found_.push_back(std::move(diagnostic));
    }

    void user_schema(const std::optional<Json>& schema, std::string_view pointer) {
        if (!schema) return;
        Patterns patterns;
        auto broken = lint_schema(*schema, patterns);
        if (broken.empty()) broken = lint_defaults(*schema, patterns);
        for (const auto& fault : broken) {
            auto diagnostic = finding_of(fault, subject_, pointer);
            const auto at = diagnostic.pointer;
            const bool at_key = fault.code == "ATT2020";
            if (at_key) diagnostic.range = finding_at(subject_, at, Aim::kKey).range;
            found_.push_back(std::move(diagnostic));
        }
    }

    template <class T>
    void faults(const Compiled<T>& compiled, std::string_view pointer) {
        if (compiled) return;
        for (const auto& fault : compiled.error()) {
            found_.push_back(finding_of(fault, subject_, pointer));
        }
    }

    void command(const std::string& program) {
        const bool file = program.find('/') != std::string::npos;
        const bool leaves = program.starts_with('/') || program == ".." ||
                            program.starts_with("../") || program.ends_with("/..") ||
                            program.find("/../") != std::string::npos;
        if (program.empty() || (file && leaves)) {
            report("ATT4104", "/spec/command/0",
                   program.empty() ? "the command is empty"
                                   : fmt::format("`{}` is not inside the pack", program),
                   "name a file of the pack, such as files/run.sh, or a program of "
                   "/usr/local/bin, /usr/bin or /bin without a slash");
        }
    }

    // All of it travels to the process in one message.
    void command_size(const ActionSpec& action) {
        std::size_t words = 0;
        for (const auto& word : action.command) words += word.size() + 1;
        std::size_t variables = 0;
        for (const auto& [name, value] : action.env)
            variables += name.size() + value.size() + 2;
        if (words + variables <= limits::kCommandBytes) return;
        report("ATT4107", variables > words ? "/spec/env" : "/spec/command",
               fmt::format("command and env have {} bytes together, the limit is {}",
                           words + variables, limits::kCommandBytes),
               "put what is large into a file of the pack, and name the file");
    }

    // As text it passes by its format alone.
    void timeout(Duration given) {
        constexpr std::chrono::seconds kLeast{1};
        constexpr std::chrono::days kMost{3650};
        if (given >= kLeast && given <= kMost) return;
        report("ATT2006", "/spec/timeout",
               fmt::format("a timeout of {} is not from {} to {}", format_duration(given),
                           format_duration(kLeast), format_duration(kMost)),
               "give the time that the action needs at most, such as 5m");
    }

    const Manifest& manifest_;
    const Subject& subject_;
    Diagnostics found_;
};

}  // namespace

Diagnostics check_meaning(const Manifest& manifest, const Subject& subject) {
    return Meaning(manifest, subject).run();
}

}  // namespace attune
