// The XML by which D-Bus objects describe themselves (org.freedesktop.DBus.Introspectable).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/catalog.h"

namespace attune {

// Of the object or folder at `path`, with the names of what is right below it: of objects of a
// kind the first thousand, by id. nullopt: there is nothing at that path.
std::optional<std::string> introspect(std::string_view path, const Catalog& catalog);

}  // namespace attune
