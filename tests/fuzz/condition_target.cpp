#include "core/condition.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"
#include "tests/support/scene.h"

namespace attune {
namespace {

Match ask(const Condition& condition, const Scene& scene) {
    const auto match =
        scene.with_context([&](Context& context) { return condition.evaluate(context); });
    promise(match.matched == match.reason.empty(),
            "a reason where none is due: " + match.reason);
    return match;
}

}  // namespace

void fuzz_condition(std::string_view bytes) {
    const auto [first, second] = halves(bytes);
    const auto conditions = value_of(first);
    const auto compiled = compile_condition(conditions);
    if (!compiled) {
        promise(!compiled.error().empty(), "refused without a reason");
        for (const auto& fault : compiled.error()) {
            promise(
                fault.pointer.empty() || conditions.contains(Json::json_pointer(fault.pointer)),
                "a fault of what is not there: " + fault.pointer);
        }
        return;
    }
    Scene scene;
    scene.event.payload = payload_of(second);
    const auto match = ask(*compiled, scene);
    promise(match.reason == ask(*compiled, scene).reason, "asked twice, it differs");
    // Deeper than conditions may be, it is refused; that is as it should be.
    const auto negated = compile_condition(Json{{"not", conditions}});
    if (negated && !conditions.is_null()) {
        promise(ask(*negated, scene).matched != match.matched, "`not` does not turn it around");
    }
    const auto listed = compile_condition(Json{{"any", Json::array({conditions})}});
    if (listed && conditions.is_object()) {
        promise(ask(*listed, scene).matched == match.matched, "`any` of one is another");
    }
}

}  // namespace attune
