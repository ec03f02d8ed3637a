// From stored rows to the Catalog they say: at start from all of them, later from those that
// changed since the catalog at hand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/catalog.h"
#include "core/plan.h"

namespace attune {

// What a catalog needs of a sensor's row. There may be a million, so it is read off columns: to
// parse and judge each one's document takes many times as long and as much memory.
struct SensorColumns {
    SensorId id;
    Ref ref;
    bool retired = false;
    bool has_document = true;  // false: a converted row that says nothing that could run
    std::string trigger;       // a ref
    TriggerId trigger_id;
    std::string runtime;  // to_string(SensorRuntime)
    bool enabled = true;  // the file's
    std::optional<bool> enabled_override;
    std::string label;
    std::string labels;  // JSON; empty: none
    std::string config;  // JSON
};

struct CompiledCatalog {
    std::shared_ptr<const Catalog> catalog;
    // Rows that say nothing this version understands, each with its ref and why. They are left
    // out; whoever hears of it logs it.
    std::vector<std::string> problems;
};

// Takes rows in any portions, kind after kind in the order of kinds(), so that refs are found
// in what came before. An operator's enabled_override wins over the file's `enabled`. A rule
// that names a sensor which is gone hears nothing of it, and never of others instead.
class CatalogCompiler {
public:
    // `previous`: what the rows have changed since; retired ones then leave it. nullptr: the
    // rows are all there are. Borrowed until finish().
    explicit CatalogCompiler(const Catalog* previous);

    void take(const StoredObject& row);  // of any kind but sensors
    void take(const SensorColumns& row);

    // `generation` is as of which the rows are. The compiler is used up.
    CompiledCatalog finish(Generation generation);

private:
    void begin(Kind kind);
    void put(const StoredObject& row, const Manifest& manifest, const PackSpec& spec);
    void put(const StoredObject& row, const Manifest& manifest, const TriggerSpec& spec);
    void put(const StoredObject& row, const Manifest& manifest, ActionSpec& spec);
    void put(const StoredObject& row, const Manifest& manifest, RuleSpec& spec);
    void remove(const StoredObject& row);
    template <class Id, class Table>
    Id find(Kind kind, const Table& table, const Ref& ref) const;
    void leave_out(Kind kind, std::int64_t id, const Ref& ref, std::string_view why);

    std::shared_ptr<const Catalog> so_far_;  // with the kinds before the one being taken
    CatalogBuilder builder_;
    Kind kind_ = Kind::kPack;
    bool put_any_ = false;  // into builder_
    // What is left out keeps its id for those who name it, until it is mended.
    std::map<std::pair<Kind, Ref>, std::int64_t> left_out_;
    std::vector<std::string> problems_;
};

}  // namespace attune
