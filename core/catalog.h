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
    Generation spec_rev;
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
    std::shared_ptr<const JsonSchema> param_schema;  // nullptr: no parameters
    std::shared_ptr<const JsonSchema> out_schema;    // nullptr: any result
    std::shared_ptr<const CatalogPack> pack;
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
    // Parameters without templates are checked and completed with defaults when linked.
    std::string constant_params;
    // Why it cannot be answered at all, empty when it can: then every event is errored with
    // it. Only rows that were never checked by this version get here.
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
        std::vector<std::pair<SensorId, const CatalogRule*>> of_sensor;  // ascending
    };

    Generation generation_;
    CatalogTable<CatalogPack> packs_;
    CatalogTable<CatalogTrigger> triggers_;
    CatalogTable<CatalogSensor> sensors_;
    CatalogTable<CatalogAction> actions_;
    CatalogTable<CatalogRule> rules_;
    std::map<TriggerId, std::shared_ptr<const TriggerRules>> by_trigger_;
};

// Collects changes and makes the next Catalog. What is put replaces what had its id.
class CatalogBuilder {
public:
    CatalogBuilder() = default;
    // The result shares with `previous` what neither put() nor remove() names.
    explicit CatalogBuilder(const Catalog& previous) : base_(previous) {}

    void put(CatalogPack pack);
    void put(CatalogTrigger trigger);
    void put(CatalogSensor sensor);
    // `action.pack` is linked by the builder.
    void put(CatalogAction action);
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

    Catalog base_;
    CatalogChanges<CatalogPack> packs_;
    CatalogChanges<CatalogTrigger> triggers_;
    CatalogChanges<CatalogSensor> sensors_;
    CatalogChanges<CatalogAction> actions_;
    CatalogChanges<CatalogRule> rules_;
};

}  // namespace attune
