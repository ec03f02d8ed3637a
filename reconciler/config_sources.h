// Where the daemon's settings come from, and where each of them stands: files, environment,
// flags, merged into one object.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/findings.h"
#include "core/json.h"
#include "core/json_schema.h"
#include "core/node.h"
#include "core/result.h"

namespace attune {

struct ConfigRequest;

class ConfigSources {
public:
    // Reads everything; what cannot be read or parsed is a diagnostic.
    explicit ConfigSources(const ConfigRequest& request);

    const Json& settings() const { return settings_; }
    // Of the credential attune.database-password; empty: there is none.
    const std::string& database_password() const { return database_password_; }
    Diagnostics take_diagnostics() { return std::move(diagnostics_); }

    // Findings about a setting, at the place of whoever said it last.
    Diagnostics explain(const Violation& violation) const;
    Diagnostic explain(const std::string& pointer, const Fault& fault) const;

    std::optional<std::string_view> text_of(std::string_view file) const;

private:
    struct Layer {
        std::string name;  // a path, "ATTUNE__LOG__LEVEL" or "--set log.level"
        Json settings;
        std::optional<Node> document;  // of files
    };

    void read(const std::string& path);
    void read_folder(const std::string& path);
    void read_credentials(const std::string& directory);
    std::optional<std::string> read_credential(const std::string& directory,
                                               const std::string& name);
    void set(const std::string& name, const std::string& dotted, const std::string& value);
    void add(Layer layer);
    void fault(const std::string& file, const std::string& code, const std::string& message,
               const std::string& help);
    Subject subject_of(const std::string& pointer) const;

    Json settings_ = Json::object();
    std::string database_password_;
    std::vector<Layer> layers_;
    std::map<std::string, std::string, std::less<>> texts_;
    Diagnostics diagnostics_;
};

}  // namespace attune
