// What the daemon runs: an immutable, compiled snapshot of the configuration.
//
// A Catalog is made by a CatalogBuilder, from nothing or from an earlier Catalog, of which it
// shares everything that did not change; threads hold it as shared_ptr<const Catalog> and
// swap it whole. `enabled` is always the effective value (file intent and operator's override).
// Retired objects are not in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/catalog_table.h"
#include "core/condition.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/ref.h"
#include "core/schema_defaults.h"
#include "core/template.h"

namespace attune {

class JsonSchema;  // core/json_schema.h

struct CatalogPack {
    PackId id;
    Ref ref;
    std::string config;     // compact JSON
    std::string directory;  // "packs/ops", relative to the source's root
};

struct CatalogTrigger {
    TriggerId id;
    Ref ref;
    std::shared_ptr<const JsonSchema> out_schema;  // nullptr: any payload
};

// Kept small: there may be 100,000 of them.
struct CatalogSensor {
    SensorId id;
    TriggerId trigger;
    SensorRuntime runtime = SensorRuntime::kBuiltin;
    bool enabled = true;
    Ref ref;
    std::string label;   // empty: the ref
    std::string labels;  // compact JSON; empty: none
    std::string config;  // compact JSON, as written
};

struct CatalogAction {
    ActionId id;
    Ref ref;
    ActionSpec spec;
    std::shared_ptr<const JsonSchema> param_schema;  // closed; nullptr: anything goes
    std::shared_ptr<const JsonSchema> out_schema;    // nullptr: any result
    // What the schema's top-level properties default to.
    Defaults defaults;
    std::shared_ptr<const CatalogPack> pack;  // nullptr: gone
};

// A rule as it is put in. References are by id; the builder links them.
struct RuleInput {
    RuleId id;
    Ref ref;
    bool enabled = true;
    std::string label;
    std::map<std::string, std::string> labels;
    TriggerId trigger;
    std::vector<SensorId> sensors;  // empty: every sensor of the trigger
    ActionId action;
    Json conditions;  // as written; null: none
    Json params = Json::object();
};

struct CatalogRule {
    RuleId id;
    Ref ref;
    bool enabled = true;
    std::string label;   // empty: the ref
    std::string labels;  // compact JSON; empty: none
    TriggerId trigger;
    std::vector<SensorId> sensors;  // ascending; empty: every sensor of the trigger
    ActionId action_id;
    std::shared_ptr<const CatalogAction> action;  // nullptr: gone, see `broken`
    std::shared_ptr<const CatalogPack> pack;
    Condition condition;
    Template params;
    // Of parameters without templates: completed with defaults and checked when linked.
    std::string constant_params;
    // Why conditions or parameters do not compile; only rows that were never checked by this
    // version get here.
    std::string not_compiled;
    // Why no event can be answered, not_compiled included; empty when events can: else every
    // one of them is errored with it.
    std::string broken;
};

class Catalog {
public:
    using Rules = std::vector<const CatalogRule*>;

    Generation generation() const { return generation_; }

    const CatalogTable<CatalogPack>& packs() const { return packs_; }
    const CatalogTable<CatalogTrigger>& triggers() const { return triggers_; }
    const CatalogTable<CatalogSensor>& sensors() const { return sensors_; }
    const CatalogTable<CatalogAction>& actions() const { return actions_; }
    const CatalogTable<CatalogRule>& rules() const { return rules_; }

    // The enabled rules that an event of `sensor` concerns, by ascending id: those of its
    // trigger that name no sensor and those that name it.
    void rules_of(const CatalogSensor& sensor, Rules& rules) const;

private:
    friend class CatalogBuilder;

    // Of one trigger, enabled rules only.
    struct TriggerRules {
        Rules of_all;                                                    // by ascending id
        std::vector<std::pair<SensorId, const CatalogRule*>> of_sensor;  // by sensor, rule id
    };
    using RuleIndex = std::map<TriggerId, TriggerRules>;

    Generation generation_;
    CatalogTable<CatalogPack> packs_;
    CatalogTable<CatalogTrigger> triggers_;
    CatalogTable<CatalogSensor> sensors_;
    CatalogTable<CatalogAction> actions_;
    CatalogTable<CatalogRule> rules_;
    std::shared_ptr<const RuleIndex> by_trigger_ = std::make_shared<const RuleIndex>();
};

// Collects changes and makes the next Catalog. What is put replaces what had its id.
class CatalogBuilder {
public:
    CatalogBuilder() = default;
    // The result shares with `previous` what neither put() nor remove() names.
    explicit CatalogBuilder(const Catalog& previous) : base_(previous) {}

    void put(CatalogPack pack);
    void put(CatalogSensor sensor);
    // Schemas that do not compile any more count as absent (a trigger's: any payload).
    void put(TriggerId id, const Ref& ref, const TriggerSpec& spec);
    void put(ActionId id, const Ref& ref, ActionSpec spec);
    // Compiles conditions and parameters; faults make the rule `broken`, never throw.
    void put(const RuleInput& rule);

    void remove(PackId id);
    void remove(TriggerId id);
    void remove(SensorId id);
    void remove(ActionId id);
    void remove(RuleId id);

    // Links what was put, whatever the order of the calls. The builder is used up.
    std::shared_ptr<const Catalog> build(Generation generation);

private:
    void link_actions();
    void link_rules();
    void index_rules();

    Catalog base_;  // becomes the result
    CatalogChanges<CatalogPack> packs_;
    CatalogChanges<CatalogTrigger> triggers_;
    CatalogChanges<CatalogSensor> sensors_;
    CatalogChanges<CatalogAction> actions_;
    CatalogChanges<CatalogRule> rules_;
};

}  // namespace attune
