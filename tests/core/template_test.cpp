#include "core/template.h"

#include <gmock/gmock.h>

#include "core/limits.h"
#include "tests/support/scene.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The rendered JSON text, "errored: WHY", or "fault CODE POINTER".
std::string rendered(const Json& value, const Scene& scene = {}) {
    const auto compiled = compile_template(value);
    if (!compiled) {
        return "fault " + compiled.error().front().code + " " +
               compiled.error().front().pointer;
    }
    const auto text =
        scene.with_context([&](Context& context) { return compiled->render(context); });
    return text ? *text : "errored: " + text.error();
}

Scene with_payload(std::string payload) {
    Scene scene;
    scene.event.payload = std::move(payload);
    return scene;
}

TEST(TemplateTest, LeavesWhatIsNoTemplateAsItIs) {
    const Json plain = Json::parse(
        R"({"a":[1,2.5,null,true,"x"],"b":{"c":"}} { { %}","d":""},"e":[],"f":{}})");
    EXPECT_EQ(rendered(plain), compact(plain));
    EXPECT_TRUE(compile_template(plain)->constant());
    EXPECT_EQ(compile_template(plain)->constant_text(), compact(plain));
}

TEST(TemplateTest, AWholeTemplateKeepsTheType) {
    const Scene scene = with_payload(
        R"({"n":1,"r":1.5,"t":"text","b":false,"z":null,"l":[1,"x"],"o":{"k":1}})");
    EXPECT_EQ(rendered("{{ event.payload.n }}", scene), "1");
    EXPECT_EQ(rendered("{{event.payload.r}}", scene), "1.5");
    EXPECT_EQ(rendered("{{ event.payload.t }}", scene), R"("text")");
    EXPECT_EQ(rendered("{{ event.payload.b }}", scene), "false");
    EXPECT_EQ(rendered("{{ event.payload.z }}", scene), "null");
    EXPECT_EQ(rendered("{{ event.payload.l }}", scene), R"([1,"x"])");
    EXPECT_EQ(rendered("{{ event.payload.o }}", scene), R"({"k":1})");
    EXPECT_EQ(rendered("{{ event.payload.l.1 }}", scene), R"("x")");
}

TEST(TemplateTest, WithinTextEveryValueBecomesText) {
    const Scene scene = with_payload(R"({"n":1,"t":"te\"xt","z":null,"l":[1,"x"],"b":true})");
    EXPECT_EQ(rendered("n={{ event.payload.n }}", scene), R"("n=1")");
    EXPECT_EQ(rendered("{{ event.payload.t }}!", scene), R"("te\"xt!")");
    EXPECT_EQ(rendered("<{{ event.payload.z }}>", scene), R"("<null>")");
    EXPECT_EQ(rendered("<{{ event.payload.l }}>", scene), R"("<[1,\"x\"]>")");
    EXPECT_EQ(rendered("{{ event.payload.n }}{{ event.payload.b }}", scene), R"("1true")");
    EXPECT_EQ(rendered(" {{ event.payload.n }}", scene), R"(" 1")");
}

TEST(TemplateTest, ReachesEveryStringOfTheValue) {
    const Json params = Json::parse(
        R"({"list":["{{ event.id }}",{"deep":"at {{ event.scheduled_at }}"}],"who":"{{ rule.ref }}"})");
    EXPECT_EQ(rendered(params),
              R"({"list":[7001,{"deep":"at 2026-11-23T12:00:00Z"}],"who":"ops.sweep"})");
}

TEST(TemplateTest, UndefinedWithoutADefaultIsErroredWithItsPlace) {
    EXPECT_EQ(rendered(Json::parse(R"({"a":["{{ event.payload.gone }}"]})")),
              "errored: undefined: event.payload.gone in /a/0");
    EXPECT_EQ(rendered("x{{ pack.config.gone }}"), "errored: undefined: pack.config.gone in ");
}

TEST(TemplateTest, ADefaultStandsInForWhatIsUndefined) {
    EXPECT_EQ(rendered("{{ event.payload.gone | default(3) }}"), "3");
    EXPECT_EQ(rendered("{{event.payload.gone|default(\"no )}} end\")}}"), R"("no )}} end")");
    EXPECT_EQ(rendered("{{ event.payload.gone | default({\"a\":{\"b\":[1]}}) }}"),
              R"({"a":{"b":[1]}})");
    EXPECT_EQ(rendered("{{ event.payload.gone | default( null ) }}"), "null");
    EXPECT_EQ(rendered("<{{ event.payload.gone | default(\"\") }}>"), R"("<>")");
    EXPECT_EQ(rendered("{{ event.payload.occurrence | default(3) }}"), "4");
}

TEST(TemplateTest, NullIsDefined) {
    EXPECT_EQ(rendered("{{ event.payload.z | default(3) }}", with_payload(R"({"z":null})")),
              "null");
}

TEST(TemplateTest, PrintsBraces) {
    EXPECT_EQ(rendered(R"({{ "{{" }})"), R"("{{")");
    EXPECT_EQ(rendered(R"(a {{ "{{" }} b {{ "}}" }} {{ event.id }})"), R"("a {{ b }} 7001")");
    EXPECT_TRUE(compile_template(R"(use {{ "{{" }} x }})")->constant());
}

TEST(TemplateTest, HostileValuesStayOneJsonString) {
    const Scene scene = with_payload(
        R"({"q":"\",\"admin\":true,\"x\":\"","t":"{{ pack.config.days }}","u":"\u0001\u2028\\","e":""})");
    EXPECT_EQ(Json::parse(rendered(Json::parse(R"({"m":"<{{ event.payload.q }}>"})"), scene)),
              Json::parse(R"({"m":"<\",\"admin\":true,\"x\":\">"})"));
    // What was rendered is not rendered again.
    EXPECT_EQ(rendered("{{ event.payload.t }}", scene), R"("{{ pack.config.days }}")");
    EXPECT_EQ(Json::parse(rendered("x{{ event.payload.u }}", scene)).get<std::string>(),
              "x\x01\u2028\\");
    EXPECT_EQ(rendered("{{ event.payload.e }}{{ event.payload.e }}", scene), R"("")");
}

TEST(TemplateTest, ABoundIsPutOnTheResultWhereverItGrows) {
    const std::string large(limits::kRenderedParamsBytes / 2, 'x');
    const Scene scene = with_payload("{\"x\":\"" + large + "\"}");
    EXPECT_THAT(rendered("{{ event.payload.x }}", scene), StartsWith("\"xxx"));
    EXPECT_THAT(
        rendered(Json::parse(R"(["{{ event.payload.x }}","{{ event.payload.x }}"])"), scene),
        HasSubstr("over 65536 bytes"));
    EXPECT_THAT(rendered("{{ event.payload.x }}{{ event.payload.x }}", scene),
                HasSubstr("over 65536 bytes"));
    EXPECT_EQ(rendered(std::string(limits::kRenderedParamsBytes, 'x')), "fault ATT4037 ");
}

TEST(TemplateTest, TheSameTemplateRendersEveryEvent) {
    const auto compiled = compile_template("{{ event.payload.n }}");
    for (int n = 0; n < 3; ++n) {
        const Scene scene = with_payload("{\"n\":" + std::to_string(n) + "}");
        EXPECT_EQ(scene.with_context([&](Context& c) { return *compiled->render(c); }),
                  std::to_string(n));
    }
}

TEST(TemplateFaults, AreFoundWhenCompiled) {
    for (const char* text :
         {"{{ event.id", "{{", "{{}}", "{{  }}", "{{ event.id } }", "{{ event.id | upper }}",
          "{{ event.id | default }}", "{{ event.id | default() }}",
          "{{ event.id | default(x) }}", "{{ event.id | default(1 }}",
          "{{ event.id | default(1) | default(2) }}", "{{ event.id event.id }}", "{{ \"{{ }}",
          "{{ | default(1) }}", "{{ {{ event.id }} }}", "{{ event.id | default(\"x) }}",
          "{{ event.id | default('x') }}"}) {
        EXPECT_THAT(rendered(text), StartsWith("fault ATT4035")) << text;
    }
    EXPECT_EQ(rendered("{{ payload.x }}"), "fault ATT4031 ");
    EXPECT_EQ(rendered("{{ event..x }}"), "fault ATT4030 ");
    EXPECT_EQ(rendered(Json::parse(R"({"a":[0,"{{ evnt.id }}"]})")), "fault ATT4031 /a/1");
    EXPECT_EQ(rendered(Json::parse(R"({"{{ event.id }}":1})")),
              "fault ATT4036 /{{ event.id }}");
}

TEST(TemplateFaults, AreAllReportedAtOnce) {
    const auto compiled =
        compile_template(Json::parse(R"(["{{ a.b }}","{{ event.id","fine {{ event.id }}"])"));
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().size(), 2U);
    EXPECT_EQ(compiled.error()[0].column, 4U);
}

TEST(TemplateTest, IsToldFromPlainText) {
    EXPECT_TRUE(holds_template("a {{ event.id }}"));
    EXPECT_FALSE(holds_template("a { b }"));
    EXPECT_FALSE(holds_template(7));
}

}  // namespace
}  // namespace attune
