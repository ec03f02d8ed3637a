#include "core/load.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "core/findings.h"
#include "core/kinds.h"
#include "core/manifest_spec.h"
#include "core/meaning.h"
#include "core/suggest.h"
#include "core/yaml.h"
#include "schemas/embedded.h"

namespace attune {
namespace {

constexpr std::string_view kCorePack = "core";
constexpr std::string_view kCorePrefix = "core:";

// The text of a scalar string below `document`, or nullopt.
std::optional<std::string> text_at(const Node& document, std::string_view pointer) {
    const auto* node = find(document, pointer).node;
    if (node == nullptr || node->kind != Node::Kind::kString) return std::nullopt;
    return node->text;
}

class FileLoader {
public:
    FileLoader(std::string_view path, std::string_view directory, LoadedFor purpose)
        : directory_(directory), purpose_(purpose) {
        file_.path = path;
        file_.pack = directory.substr(directory.rfind('/') + 1);
    }

    LoadedFile run(std::string_view bytes) {
        auto yaml = parse_yaml(bytes, file_.path);
        file_.identified = !has_errors(yaml.diagnostics);
        file_.diagnostics = std::move(yaml.diagnostics);
        for (const auto& document : yaml.documents) load(document);
        sort_diagnostics(file_.diagnostics);
        limit_findings(file_.diagnostics);
        return std::move(file_);
    }

private:
    // What a document says it is, as far as it says it.
    struct Identity {
        std::optional<Kind> kind;
        std::optional<Ref> ref;
    };

    void load(const Node& document) {
        Subject subject{file_.path, {}, {}, &document};
        Diagnostics found;
        const auto identity = identify(document, subject, found);
        if (!identity.kind || !identity.ref) {
            file_.identified = false;
            append(file_.diagnostics, std::move(found));
            return;
        }
        const auto kind = *identity.kind;
        if (kind == Kind::kPack) check_pack_place(subject, found);
        const Place place{file_.path, document.range.line};
        auto json = to_json(document);
        auto violations = compiled_schema(kind).validate(json);
        if (!found.empty()) drop_version(document, violations);
        append(found, findings_of(violations, subject, "", ""));
        for (const auto& diagnostic : found) remove(json, diagnostic.pointer);

        std::optional<Manifest> manifest;
        if (found.empty() || compiled_schema(kind).accepts(json)) {
            manifest = read_manifest(kind, *identity.ref, std::move(json), place);
            append(found, check_meaning(*manifest, subject));
            fold_runner(found);
            finish(*manifest);
        }
        if (!has_errors(found)) {
            file_.manifests.push_back(std::move(*manifest));
        } else {
            BrokenObject broken{kind, *identity.ref, place, std::move(manifest), {}};
            for (const auto& diagnostic : found) broken.faulty.push_back(diagnostic.pointer);
            file_.broken.push_back(std::move(broken));
        }
        append(file_.diagnostics, std::move(found));
    }

    void finish(Manifest& manifest) const {
        if (purpose_ == LoadedFor::kApplying) {
            add_digests(manifest);
        } else {
            manifest.document = nullptr;
        }
    }

    // Commands are found from the directory that the Pack's manifest is in.
    void check_pack_place(const Subject& subject, Diagnostics& found) const {
        const std::string_view path = file_.path;
        if (!path.starts_with(directory_ + "/")) return;
        const auto name = path.substr(directory_.size() + 1);
        if (name.find('/') == std::string_view::npos) return;
        report(
            found, subject, "ATT3009", "/kind",
            fmt::format("a Pack stands in {}/ itself, not in a directory below it", directory_),
            fmt::format("move it to {}/pack.yaml", directory_))
            .pointer.clear();
    }

    // What only a process has beside `runner: builtin`: the runner is what is wrong.
    static void fold_runner(Diagnostics& found) {
        const auto misplaced = [](const Diagnostic& diagnostic) {
            return diagnostic.code == "ATT2015";
        };
        if (std::none_of(found.begin(), found.end(), misplaced)) return;
        std::erase_if(
            found, [](const Diagnostic& diagnostic) { return diagnostic.code == "ATT4103"; });
        for (auto& diagnostic : found) {
            if (misplaced(diagnostic))
                diagnostic.help = "it is for `runner: process` and `runner: systemd`";
        }
    }

    static void append(Diagnostics& to, Diagnostics found) {
        std::move(found.begin(), found.end(), std::back_inserter(to));
    }

    // Takes what `pointer` leads to out of `json`, unless that is the whole.
    static void remove(Json& json, const std::string& pointer) {
        const Json::json_pointer at(pointer);
        if (at.empty() || !json.contains(at)) return;
        auto& parent = json[at.parent_pointer()];
        if (parent.is_object()) {
            parent.erase(at.back());
        } else if (parent.is_array()) {
            parent.erase(std::stoul(at.back()));
        }
    }

    static Diagnostic& report(Diagnostics& found, const Subject& subject, std::string_view code,
                              std::string_view pointer, std::string message, std::string help) {
        auto diagnostic = finding_at(subject, std::string(pointer), Aim::kValue);
        diagnostic.code = code;
        diagnostic.message = std::move(message);
        diagnostic.help = std::move(help);
        found.push_back(std::move(diagnostic));
        return found.back();
    }

    Identity identify(const Node& document, Subject& subject, Diagnostics& found) const {
        Identity identity;
        if (document.kind != Node::Kind::kMapping) {
            report(found, subject, "ATT2001", "", "a document that is no manifest",
                   "a manifest is a mapping with apiVersion, kind, metadata and spec");
            return identity;
        }
        check_version(document, subject, found);
        identity.kind = read_kind(document, subject, found);
        if (identity.kind) identity.ref = read_ref(*identity.kind, document, subject, found);
        return identity;
    }

    static const Member* misspelt_version(const Node& document) {
        std::vector<std::string> keys;
        for (const auto& member : document.members) keys.push_back(member.key);
        const auto meant = suggest("apiVersion", keys);
        return meant ? document.member(*meant) : nullptr;
    }

    // What is wrong with the version has been said.
    static void drop_version(const Node& document, std::vector<Violation>& violations) {
        const auto* key = misspelt_version(document);
        std::erase_if(violations, [&](const Violation& violation) {
            return violation.pointer == "/apiVersion" || violation.property == "apiVersion" ||
                   (violation.pointer.empty() && key != nullptr &&
                    violation.property == key->key);
        });
    }

    static void check_version(const Node& document, const Subject& subject,
                              Diagnostics& found) {
        const auto version = text_at(document, "/apiVersion");
        if (version == kApiVersion) return;
        if (!version) {
            auto& missing = report(found, subject, "ATT2001", "/apiVersion",
                                   "a document without `apiVersion`",
                                   fmt::format("start it with `apiVersion: {}`", kApiVersion));
            const auto* key = misspelt_version(document);
            if (key == nullptr) return;
            missing.range = key->key_range;
            missing.help = fmt::format("`{}` was probably meant to be `apiVersion`", key->key);
            missing.fix = Fix{key->key_range, "apiVersion", false};
            return;
        }
        report(found, subject, "ATT2001", "/apiVersion",
               fmt::format("apiVersion `{}` is not known", *version),
               version->starts_with("attune/")
                   ? fmt::format("this attune reads {}; a newer one may read more", kApiVersion)
                   : fmt::format("write `apiVersion: {}`", kApiVersion));
    }

    static std::optional<Kind> read_kind(const Node& document, Subject& subject,
                                         Diagnostics& found) {
        const auto text = text_at(document, "/kind");
        const auto kind = text ? parse_kind(*text) : std::nullopt;
        if (kind) {
            subject.kind = *text;
            return kind;
        }
        std::vector<std::string> names;
        for (const auto& known : kinds()) names.emplace_back(known.name);
        const auto meant = text ? suggest(*text, names) : std::nullopt;
        const bool source = text == "Source";
        report(found, subject, "ATT2002", "/kind",
               text ? fmt::format("`{}` is no kind of manifest{}", *text,
                                  source ? " of a pack" : "")
                    : "a document without `kind`",
               source  ? "a Source is the attune.yaml at the root, nothing else"
               : meant ? fmt::format("did you mean `{}`?", *meant)
                       : fmt::format("kinds are {}", fmt::join(names, ", ")));
        return std::nullopt;
    }

    std::optional<Ref> read_ref(Kind kind, const Node& document, Subject& subject,
                                Diagnostics& found) const {
        const auto text = text_at(document, "/metadata/ref");
        if (!text) {
            report(found, subject, "ATT3004", "/metadata/ref",
                   "a manifest without `metadata.ref`", "every object has a ref of its own");
            return std::nullopt;
        }
        auto ref = kind == Kind::kPack ? Ref::parse_pack(*text) : Ref::parse(*text);
        if (!ref) {
            report(
                found, subject, "ATT3004", "/metadata/ref",
                fmt::format("`{}` is not a ref", *text),
                kind == Kind::kPack
                    ? "a pack's ref is its directory's name: lower case letters, digits, `_` "
                      "and `-`"
                    : "a ref is lower case `pack.name`: letters, digits and `_`, in the pack "
                      "also `-`");
            return std::nullopt;
        }
        subject.ref = *text;
        return belongs(*ref, subject, found) ? ref : std::nullopt;
    }

    bool belongs(const Ref& ref, const Subject& subject, Diagnostics& found) const {
        if (file_.pack.empty()) {
            report(found, subject, "ATT3006", "/metadata/ref",
                   fmt::format("`{}` stands outside of every pack directory", ref.text()),
                   "move the file into packs/<pack>/");
            return false;
        }
        if (ref.pack() == kCorePack && !file_.path.starts_with(kCorePrefix)) {
            report(found, subject, "ATT3008", "/metadata/ref",
                   fmt::format("`{}` is in pack core, which is attune's own", ref.text()),
                   "choose another pack");
            return false;
        }
        if (ref.pack() == file_.pack) return true;
        report(
            found, subject, "ATT3005", "/metadata/ref",
            fmt::format("`{}` is declared in the directory of pack {}", ref.text(), file_.pack),
            fmt::format("name it `{}{}{}`, or move the file", file_.pack,
                        ref.name().empty() ? "" : ".", ref.name()));
        return false;
    }

    std::string directory_;
    LoadedFor purpose_;
    LoadedFile file_;
};

// "core:triggers/x.yaml" of the embedded "core/triggers/x.yaml".
std::string core_path(std::string_view embedded) {
    return std::string(kCorePrefix) + std::string(embedded.substr(kCorePack.size() + 1));
}

std::vector<Manifest> load_core() {
    std::vector<Manifest> manifests;
    for (const auto& file : embedded_core_pack()) {
        auto loaded = load_file(core_path(file.name), kCorePack, file.text);
        assert(loaded.diagnostics.empty() && "the built-in pack does not load");
        std::move(loaded.manifests.begin(), loaded.manifests.end(),
                  std::back_inserter(manifests));
    }
    std::stable_sort(manifests.begin(), manifests.end(),
                     [](const auto& a, const auto& b) { return a.kind < b.kind; });
    return manifests;
}

Refused refuse_as(const Violation& violation, const Ref& ref) {
    auto refused = refuse(
        "ATT2013", fmt::format("stored manifest of {}: {}", ref.text(), violation.message));
    refused.value().pointer = violation.pointer;
    return refused;
}

}  // namespace

LoadedFile load_file(std::string_view path, std::string_view pack, std::string_view bytes,
                     LoadedFor purpose) {
    return FileLoader(path, pack, purpose).run(bytes);
}

LoadedSource load_source(std::string_view path, std::string_view bytes) {
    LoadedSource loaded;
    auto yaml = parse_yaml(bytes, path);
    loaded.diagnostics = std::move(yaml.diagnostics);
    if (has_errors(loaded.diagnostics)) return loaded;
    Subject subject{std::string(path), "Source", {}, nullptr};
    if (yaml.documents.size() != 1) {
        auto& found = loaded.diagnostics.emplace_back(finding_at(subject, "", Aim::kValue));
        found.code = "ATT2001";
        found.message =
            fmt::format("{} documents where one Source is expected", yaml.documents.size());
        if (yaml.documents.size() > 1) found.range = yaml.documents[1].range;
        found.help = "attune.yaml holds exactly one document of kind Source";
        return loaded;
    }
    const auto& document = yaml.documents.front();
    subject.document = &document;
    subject.ref = text_at(document, "/metadata/name").value_or("");
    const auto json = to_json(document);
    auto found = findings_of(compiled_source_schema().validate(json), subject, "", "");
    std::move(found.begin(), found.end(), std::back_inserter(loaded.diagnostics));
    sort_diagnostics(loaded.diagnostics);
    if (!has_errors(loaded.diagnostics)) loaded.source = read_source_spec(json);
    return loaded;
}

Result<Manifest> load_document(const Json& document, const Place& place) {
    const auto kind_text = document.is_object() ? document.value("kind", Json()) : Json();
    const auto kind =
        kind_text.is_string() ? parse_kind(kind_text.get<std::string>()) : std::nullopt;
    if (!kind) return refuse("ATT2002", "a stored manifest without a known kind");
    const auto violations = compiled_schema(*kind).validate(document);
    const auto metadata = document.value("metadata", Json());
    const auto text = metadata.is_object() ? metadata.value("ref", Json()) : Json();
    const auto name = text.is_string() ? text.get<std::string>() : std::string();
    auto ref = *kind == Kind::kPack ? Ref::parse_pack(name) : Ref::parse(name);
    if (!ref) return refuse("ATT3004", fmt::format("a stored manifest has the ref `{}`", name));
    if (!violations.empty()) return refuse_as(violations.front(), *ref);
    auto manifest = read_manifest(*kind, std::move(*ref), document, place);
    add_digests(manifest);
    return manifest;
}

const std::vector<Manifest>& core_manifests() {
    static const std::vector<Manifest> kManifests = load_core();
    return kManifests;
}

}  // namespace attune
