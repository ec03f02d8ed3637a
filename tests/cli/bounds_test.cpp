// A megabyte of anything: whatever stands in a file, the program answers within 64 MiB and a
// few seconds, and never by a crash. The kernel holds it to the memory (RLIMIT_DATA) and to the
// processor's time (RLIMIT_CPU).
#include <functional>

#include <gmock/gmock.h>

#include "core/json.h"
#include "os/spawn.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMegabyte = 1024 * 1024;

std::string repeated(const std::string& piece, const std::string& head = "") {
    std::string text = head;
    text.reserve(kMegabyte);
    while (text.size() + piece.size() <= kMegabyte) text += piece;
    return text;
}

// `piece(n)` one after another, as many as fit.
std::string counted(const std::string& head,
                    const std::function<std::string(std::size_t)>& piece) {
    std::string text = head;
    for (std::size_t n = 0;; ++n) {
        const auto next = piece(n);
        if (text.size() + next.size() > kMegabyte) return text;
        text += next;
    }
}

const std::string kSensor =
    "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.a}\nspec:\n"
    "  trigger: core.intervaltimer\n  config: {unit: seconds, interval: 1}\n";

std::string action(const std::string& schema) {
    return "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.a}\nspec:\n"
           "  runner: process\n  command: [ls]\n  param_schema: " +
           schema + "\n";
}

std::string action_and_rule(const std::string& schema, const std::string& params) {
    return action(schema) +
           "---\napiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.r}\nspec:\n"
           "  trigger: core.intervaltimer\n  action: {ref: ops.a, params: {x: " +
           params + "}}\n";
}

std::string doubling(int depth) {
    std::string defs = "d0: {type: string}";
    for (int n = 1; n <= depth; ++n) {
        const auto ref = "{$ref: '#/$defs/d" + std::to_string(n - 1) + "'}";
        defs += ", d" + std::to_string(n) + ": {allOf: [" + ref + ", " + ref + "]}";
    }
    return "{$defs: {" + defs + "}, properties: {x: {$ref: '#/$defs/d" + std::to_string(depth) +
           "'}}}";
}

struct Killer {
    const char* name;
    std::function<std::string()> text;
};

void PrintTo(const Killer& killer, std::ostream* out) { *out << killer.name; }

class Bounds : public testing::TestWithParam<Killer> {
protected:
    void expect_an_answer(const std::string& words) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "a sanitizer needs more memory than is allowed here";
#endif
        const auto input = directory_.write("input", GetParam().text());
        SpawnOptions options;
        options.argv = {"/bin/sh", "-c",
                        "ulimit -d 65536; ulimit -t 20; exec " ATTUNE_ATTUNE_PATH " " + words +
                            " - < " + input};
        options.env = {"PATH=/usr/bin:/bin"};
        std::string output;
        const auto ended = run_to_end(std::move(options), &output, 60s);
        EXPECT_TRUE(ended.signal == 0 && ended.code <= 1)
            << words << ": " << describe(ended) << "\n"
            << output.substr(0, 400);
        // What went wrong in the program, and not in its input, begins with this.
        EXPECT_FALSE(output.starts_with("error: ")) << words << ": " << output.substr(0, 400);
    }

private:
    TempDirectory directory_;
};

TEST_P(Bounds, HoldForParse) { expect_an_answer("parse"); }
TEST_P(Bounds, HoldForValidate) { expect_an_answer("validate"); }
TEST_P(Bounds, HoldForTheLongestReports) { expect_an_answer("validate -o sarif"); }

INSTANTIATE_TEST_SUITE_P(
    Yaml, Bounds,
    testing::Values(Killer{"brackets", [] { return repeated("["); }},
                    Killer{"braces", [] { return repeated("{"); }},
                    Killer{"lines_of_brackets", [] { return repeated("[\n"); }},
                    Killer{"pairs_of_brackets", [] { return repeated("[],\n", "a: ["); }},
                    Killer{"nested_items", [] { return repeated("- "); }},
                    Killer{"nested_keys", [] { return repeated("a: "); }},
                    Killer{"explicit_keys", [] { return repeated("? "); }},
                    Killer{"stairs",
                           [] {
                               return counted("", [](std::size_t n) {
                                   return std::string(n, ' ') + "a:\n";
                               });
                           }},
                    Killer{"double_quotes", [] { return repeated("\""); }},
                    Killer{"single_quotes", [] { return repeated("'"); }},
                    Killer{"open_quote", [] { return repeated("x\n ", "a: \""); }},
                    Killer{"anchors", [] { return repeated("&a "); }},
                    Killer{"many_anchors",
                           [] {
                               return counted("", [](std::size_t n) {
                                   return "- &a" + std::to_string(n) + " x\n";
                               });
                           }},
                    Killer{"aliases", [] { return repeated("- *a\n", "- &a [x, x, x]\n"); }},
                    Killer{"bomb",
                           [] {
                               return counted("- &a0 [x, x]\n", [](std::size_t n) {
                                   const auto last = "*a" + std::to_string(n);
                                   return "- &a" + std::to_string(n + 1) + " [" + last + ", " +
                                          last + "]\n";
                               });
                           }},
                    Killer{"tags", [] { return repeated("!"); }},
                    Killer{"documents", [] { return repeated("---\n"); }},
                    Killer{"endless_documents", [] { return repeated("\"\"n\n? "); }},
                    Killer{"directives", [] { return repeated("%YAML 1.2\n"); }},
                    Killer{"lines", [] { return repeated("\n"); }},
                    Killer{"blanks", [] { return repeated(" "); }},
                    Killer{"tabs", [] { return repeated("\t"); }},
                    Killer{"comments", [] { return repeated("#\n"); }},
                    Killer{"plain", [] { return repeated("x "); }},
                    Killer{"literal", [] { return repeated("  x\n", "a: |\n"); }},
                    Killer{"folded", [] { return repeated("  x\n", "a: >\n"); }},
                    Killer{"one_key", [] { return repeated("k"); }},
                    Killer{"same_key", [] { return repeated("a: 1\n"); }},
                    Killer{"not_utf8", [] { return repeated("\xFF"); }},
                    Killer{"nul", [] { return repeated(std::string(1, '\0')); }},
                    Killer{"long_numbers", [] { return repeated("9", "a: "); }}),
    [](const auto& killer) { return killer.param.name; });

// As many findings as a file can have.
std::string up_to_the_limit(const std::string& head, const std::string& line) {
    std::string text = head;
    for (int n = 0; n < 19'900; ++n) {
        auto next = line;
        const auto at = next.find('#');
        if (at != std::string::npos) next.replace(at, 1, std::to_string(n));
        text += next;
    }
    return text;
}

INSTANTIATE_TEST_SUITE_P(
    Manifests, Bounds,
    testing::Values(
        Killer{"same_key_twenty_thousand_times", [] { return up_to_the_limit("", "a: 1\n"); }},
        Killer{"unknown_properties", [] { return up_to_the_limit(kSensor, "  k#: 1\n"); }},
        Killer{"unknown_configs",
               [] {
                   return up_to_the_limit(
                       "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: "
                       "ops.a}\nspec:\n  trigger: core.intervaltimer\n"
                       "  config:\n    unit: seconds\n    interval: 1\n",
                       "    k#: 1\n");
               }},
        Killer{"leading_zeros", [] { return up_to_the_limit("", "- 01\n"); }},
        Killer{"schema_with_unknown_keywords",
               [] { return up_to_the_limit(action(""), "    k#: 1\n"); }},
        Killer{"conditions",
               [] {
                   return up_to_the_limit(
                       "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.r}\nspec:\n"
                       "  trigger: core.intervaltimer\n  action: {ref: core.echo}\n"
                       "  conditions:\n",
                       "    - x\n");
               }},
        Killer{"templates",
               [] {
                   return up_to_the_limit(
                       "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.r}\nspec:\n"
                       "  trigger: core.intervaltimer\n  action:\n    ref: core.echo\n"
                       "    params:\n      message:\n",
                       "        - '{{ x# }}'\n");
               }},
        Killer{"documents_that_are_none",
               [] {
                   std::string text;
                   for (int n = 0; n < 999; ++n) text += "--- [x]\n";
                   return text;
               }}),
    [](const auto& killer) { return killer.param.name; });

// What is known to kill valijson and std::regex, by schema or by value.
INSTANTIATE_TEST_SUITE_P(
    Schemas, Bounds,
    testing::Values(
        Killer{"multiple_of_zero",
               [] { return action_and_rule("{properties: {x: {multipleOf: 0}}}", "1"); }},
        Killer{"multiple_of_a_huge_number",
               [] { return action_and_rule("{properties: {x: {multipleOf: 2}}}", "6e22"); }},
        Killer{"reference_to_itself", [] { return action_and_rule("{$ref: '#'}", "1"); }},
        Killer{"references_in_a_circle",
               [] {
                   return action_and_rule(
                       "{$defs: {a: {$ref: '#/$defs/b'}, b: {not: {$ref: "
                       "'#/$defs/a'}}}, properties: {x: {$ref: '#/$defs/a'}}}",
                       "1");
               }},
        Killer{"reference_elsewhere", [] { return action_and_rule("{$ref: foo}", "1"); }},
        Killer{"reference_to_a_huge_index",
               [] { return action_and_rule("{$ref: '#/allOf/99999999999999999999'}", "1"); }},
        Killer{"references_that_double", [] { return action_and_rule(doubling(30), "x"); }},
        Killer{"references_that_double_often",
               [] { return action_and_rule(doubling(12), "x"); }},
        Killer{"pattern_and_a_long_text",
               [] {
                   return action_and_rule("{properties: {x: {pattern: '^[a-z]*$'}}}",
                                          std::string(60'000, 'a'));
               }},
        Killer{"pattern_that_doubles",
               [] {
                   return action_and_rule("{properties: {x: {pattern: '^(a+)+$'}}}",
                                          std::string(60'000, 'a') + "!");
               }},
        Killer{"pattern_of_parentheses",
               [] { return action("{pattern: '" + std::string(60'000, '(') + "'}"); }},
        Killer{"pattern_that_repeats",
               [] { return action("{pattern: '((a{1,100}){1,100}){1,100}'}"); }},
        Killer{"date_of_many_digits",
               [] {
                   return action_and_rule("{properties: {x: {format: date}}}",
                                          "'" + std::string(60'000, '1') + "'");
               }},
        Killer{"unique_items",
               [] {
                   std::string list = "[";
                   for (int n = 0; n < 19'000; ++n) list += std::to_string(n) + ", ";
                   return action_and_rule("{properties: {x: {uniqueItems: true}}}",
                                          list + "0]");
               }},
        Killer{"enum_of_many",
               [] {
                   std::string list = "[";
                   for (int n = 0; n < 9'000; ++n) list += std::to_string(n) + ", ";
                   return action_and_rule("{properties: {x: {items: {enum: " + list + "0]}}}}",
                                          list + "x]");
               }}),
    [](const auto& killer) { return killer.param.name; });

}  // namespace
}  // namespace attune
