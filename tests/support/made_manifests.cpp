#include "tests/support/made_manifests.h"

#include <fmt/format.h>

namespace attune {
namespace {

constexpr std::size_t kPerPack = 500;

std::string head(const char* kind, const std::string& ref, const std::string& label) {
    return fmt::format(
        "apiVersion: attune/v1\nkind: {}\nmetadata:\n  ref: {}\n  label: {}\n  labels: "
        "{{team: ops, tier: backend}}\nspec:\n",
        kind, ref, label);
}

std::string interval(const std::string& pack, std::size_t n) {
    return "# How often is a matter of cost: every look reads the whole table.\n" +
           head("Sensor", fmt::format("{}.every_{}", pack, n), "Look at the queue") +
           fmt::format(
               "  trigger: core.intervaltimer\n  config:\n    unit: minutes\n    interval: "
               "{}\n",
               1 + n % 59);
}

std::string cron(const std::string& pack, std::size_t n) {
    return head("Sensor", fmt::format("{}.nightly_{}", pack, n), "Nightly clean-up") +
           fmt::format(
               "  trigger: core.crontimer\n  config:\n    expression: \"0 {} {} * * MON-FRI\"\n"
               "    timezone: Europe/Berlin     # the office's\n    jitter: 5m\n    misfire: "
               "{{policy: catch_up, max_catch_up: 3}}\n",
               n % 60, 4 + n % 18);
}

std::string once(const std::string& pack, std::size_t n) {
    return head("Sensor", fmt::format("{}.once_{}", pack, n), "The move") +
           fmt::format(
               "  trigger: core.datetimetimer\n  config: {{fire_at: "
               "\"2031-{:02}-{:02}T08:00:00+02:00\"}}\n",
               1 + n % 12, 1 + n % 28);
}

std::string rule(const std::string& pack, std::size_t n, std::size_t action) {
    return head("Rule", fmt::format("{}.sweep_{}", pack, n), "Sweep when it is worth it") +
           fmt::format(
               "  trigger: core.intervaltimer\n  conditions:\n    all:\n"
               "      - {{path: event.payload.occurrence, op: greater_than, value: {}}}\n"
               "      - any:\n"
               "          - {{path: sensor.labels.team, op: equals, value: ops}}\n"
               "          - {{path: sensor.ref, op: matches, value: \"^{}[.]every_\"}}\n"
               "  action:\n    ref: {}.report_{}\n    params:\n      path: /var/tmp/{}\n"
               "      message: \"due {{{{ event.payload.scheduled_at }}}} by {{{{ sensor.ref "
               "}}}}\"\n      days: \"{{{{ pack.config.days | default(7) }}}}\"\n",
               n % 9, pack, pack, action, n);
}

std::string action(const std::string& pack, std::size_t n) {
    return head("Action", fmt::format("{}.report_{}", pack, n), "How full a file system is") +
           "  runner: process\n  command: [df, --output=pcent]\n  timeout: 1m30s\n"
           "  param_schema:\n    type: object\n    required: [path, message]\n"
           "    properties:\n      path: {type: string, pattern: \"^/[A-Za-z0-9._/-]*$\"}\n"
           "      message: {type: string, maxLength: 1000}\n"
           "      days: {type: integer, minimum: 1, maximum: 365, default: 7}\n";
}

std::string trigger(const std::string& pack, std::size_t n) {
    return head("Trigger", fmt::format("{}.door_{}", pack, n), "A door was opened or shut") +
           "  param_schema:\n    type: object\n    properties:\n      door: {type: string}\n"
           "    required: [door]\n  out_schema:\n    type: object\n    properties:\n"
           "      open: {type: boolean}\n      at: {type: string, format: date-time}\n";
}

std::string door(const std::string& pack, std::size_t n, std::size_t of_trigger) {
    return head("Sensor", fmt::format("{}.front_{}", pack, n), "The front door") +
           fmt::format("  trigger: {}.door_{}\n  config: {{door: front}}\n", pack, of_trigger);
}

}  // namespace

std::map<std::string, std::string> made_manifests(std::size_t count) {
    std::map<std::string, std::string> files;
    files["attune.yaml"] =
        "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\nspec: {}\n";
    for (std::size_t n = 0; n < count; ++n) {
        const auto within = n % kPerPack;
        const auto pack = fmt::format("p{}", n / kPerPack);
        const auto put = [&](const char* folder, std::string text) {
            files[fmt::format("packs/{}/{}/m{}.yaml", pack, folder, within)] = std::move(text);
        };
        // What others name comes first in each twenty.
        const auto first = within - within % 20;
        const auto place = within % 20;
        if (within == 0) {
            files[fmt::format("packs/{}/pack.yaml", pack)] = fmt::format(
                "apiVersion: attune/v1\nkind: Pack\nmetadata: {{ref: {}}}\nspec:\n  config: "
                "{{days: 7}}\n",
                pack);
        } else if (place < 3) {
            put("actions", action(pack, within));
        } else if (place == 3) {
            put("triggers", trigger(pack, within));
        } else if (place < 6) {
            put("sensors", door(pack, within, first + 3));
        } else if (place < 12) {
            put("rules", rule(pack, within, first + 1));
        } else if (place < 17) {
            put("sensors", interval(pack, within));
        } else if (place < 19) {
            put("sensors", cron(pack, within));
        } else {
            put("sensors", once(pack, within));
        }
    }
    return files;
}

}  // namespace attune
