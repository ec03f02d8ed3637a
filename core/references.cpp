#include "core/references.h"

#include <cassert>
#include <utility>

namespace attune {
namespace {

struct Collect {
    std::vector<Reference>& out;

    void add(Kind kind, const Ref& ref, std::string pointer) const {
        out.push_back({kind, ref, std::move(pointer)});
    }

    void operator()(const PackSpec& /*pack*/) const {}
    void operator()(const TriggerSpec& /*trigger*/) const {}
    void operator()(const ActionSpec& /*action*/) const {}
    void operator()(const SensorSpec& sensor) const {
        add(Kind::kTrigger, sensor.trigger, "/spec/trigger");
    }
    void operator()(const RuleSpec& rule) const {
        add(Kind::kTrigger, rule.trigger, "/spec/trigger");
        for (std::size_t i = 0; i < rule.sensors.size(); ++i) {
            add(Kind::kSensor, rule.sensors[i], "/spec/sensors/" + std::to_string(i));
        }
        add(Kind::kAction, rule.action, "/spec/action/ref");
    }
};

}  // namespace

std::vector<Reference> references_of(const Manifest& manifest) {
    std::vector<Reference> references;
    if (manifest.kind != Kind::kPack) {
        auto pack = Ref::parse_pack(manifest.ref.pack());
        assert(pack && "a ref without a pack");
        references.push_back({Kind::kPack, std::move(*pack), "/metadata/ref"});
    }
    std::visit(Collect{references}, manifest.spec);
    return references;
}

}  // namespace attune
