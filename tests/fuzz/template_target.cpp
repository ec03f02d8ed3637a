#include "core/limits.h"
#include "core/params.h"
#include "core/template.h"
#include "core/yaml_bytes.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"
#include "tests/support/scene.h"

namespace attune {
namespace {

tl::expected<std::string, std::string> render(const Template& text, const Scene& scene) {
    return scene.with_context([&](Context& context) { return text.render(context); });
}

void promise_rendered(const Json& params, const Scene& scene) {
    const auto compiled = compile_template(params);
    if (!compiled) {
        promise(!compiled.error().empty(), "refused without a reason");
        return;
    }
    const auto text = render(*compiled, scene);
    promise(text == render(*compiled, scene), "rendered twice, it differs");
    if (!text) {
        promise(!text.error().empty(), "not rendered, without a reason");
        return;
    }
    promise(text->size() <= limits::kRenderedParamsBytes, "more than may be rendered");
    const auto value = Json::parse(*text, nullptr, false);
    promise(!value.is_discarded(), "rendered to what is no JSON: " + *text);
    const bool numbers = value.is_number_integer() && params.is_number_integer();
    promise(value.type() == params.type() || numbers || params.is_string(),
            "rendered to another shape");
    if (compiled->constant()) {
        promise(*text == compiled->constant_text(), "a constant that changes");
    }
    if (!holds_template(params) && !params.is_structured()) {
        promise(value == params, "no template, and it differs");
    }
}

void promise_escaped(std::string_view bytes) {
    std::string escaped;
    for (std::size_t at = 0; at < bytes.size();) {
        const bool braces = bytes.substr(at).starts_with("{{");
        escaped += braces ? R"({{ "{{" }})" : std::string(1, bytes[at]);
        at += braces ? 2 : 1;
    }
    const auto compiled = compile_template(Json(escaped));
    promise(compiled.has_value(), "an escaped text is refused");
    promise(compiled->constant(), "an escaped text has a path in it");
    const auto text = render(*compiled, Scene{});
    if (!text) return;  // too long
    promise(Json::parse(*text) == Json(std::string(bytes)), "an escaped text is another one");
}

}  // namespace

void fuzz_template(std::string_view bytes) {
    const auto [first, second] = halves(bytes);
    Scene scene;
    scene.event.payload = payload_of(second);
    promise_rendered(value_of(first), scene);
    if (find_invalid_utf8(bytes) != std::string_view::npos) return;
    promise_rendered(Json(std::string(first)), scene);
    promise_escaped(bytes);
}

}  // namespace attune
