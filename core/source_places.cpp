#include "core/source_places.h"

namespace attune {

const Node* SourcePlaces::document(const Place& place) {
    auto found = read_.find(place.file);
    if (found == read_.end()) {
        const auto text = text_of_ ? text_of_(place.file) : std::nullopt;
        found =
            read_.emplace(place.file, text ? parse_yaml(*text, place.file) : YamlDocuments{})
                .first;
    }
    for (const auto& document : found->second.documents) {
        if (document.range.line == place.line) return &document;
    }
    return nullptr;
}

Subject SourcePlaces::subject(const Manifest& manifest) {
    return {manifest.place.file, std::string(to_string(manifest.kind)), manifest.ref.text(),
            document(manifest.place)};
}

Range SourcePlaces::range(const Manifest& manifest, std::string_view pointer) {
    const auto range = finding_at(subject(manifest), std::string(pointer), Aim::kValue).range;
    if (range.line != 0) return range;
    return {manifest.place.line, 1, manifest.place.line, 1};
}

}  // namespace attune
