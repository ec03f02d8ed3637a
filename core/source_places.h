// The places of manifests in the files of a tree, read again only where there is a finding.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/findings.h"
#include "core/manifest.h"
#include "core/yaml.h"

namespace attune {

class SourcePlaces {
public:
    using TextOf = std::function<std::optional<std::string_view>(std::string_view path)>;

    explicit SourcePlaces(TextOf text_of) : text_of_(std::move(text_of)) {}

    // The manifest as the subject of findings; without a document when its text is not at hand.
    Subject subject(const Manifest& manifest);

    // The range of what `pointer` leads to; the document's first line when that is all that is
    // known.
    Range range(const Manifest& manifest, std::string_view pointer);

private:
    const Node* document(const Place& place);

    TextOf text_of_;
    std::map<std::string, YamlDocuments, std::less<>> read_;
};

}  // namespace attune
