// The catalog's rows as people look at them: one object, or a page of a kind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pause.h"
#include "core/plan.h"
#include "store/connection.h"

namespace attune {

class CatalogPages {
public:
    explicit CatalogPages(Database database);
    ~CatalogPages();

    // Live objects of `kind` by ref, those after `after` (empty: from the first), at most
    // `limit`. `pack`: only refs of that pack; empty: of any.
    std::vector<StoredObject> list(Kind kind, const std::string& pack, const std::string& after,
                                   int limit);

    // The live object of that ref; nullopt when there is none.
    std::optional<StoredObject> find(Kind kind, const std::string& ref);

    // Of a sensor or rule; nullopt: it is not paused.
    std::optional<Pause> pause(Kind kind, std::int64_t id);

private:
    Connection connection_;
};

}  // namespace attune
