// From stored rows to the Catalog they say: at start from all of them, later from those that
// changed since the catalog at hand.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/catalog.h"
#include "core/plan.h"

namespace attune {

struct CompiledCatalog {
    std::shared_ptr<const Catalog> catalog;
    // Rows that say nothing this version understands, each with its ref and why. They are left
    // out; whoever hears of it logs it.
    std::vector<std::string> problems;
};

// `rows`: every live object when `previous` is nullptr, else every object whose last change is
// newer than previous->generation(), retired ones included (CatalogStore::load). `generation`
// is as of which they are. An operator's enabled_override wins over the file's `enabled`. A
// rule that names a sensor which is gone hears nothing of it, and never of others instead.
CompiledCatalog compile_catalog(const Catalog* previous, Generation generation,
                                std::span<const StoredObject> rows);

}  // namespace attune
