// The source: what is in the tree, who may read and write it, and what of it is in force.
#include <algorithm>

#include <fmt/format.h>

#include "cli/doctor/check.h"
#include "cli/output.h"

namespace attune::doctor {
namespace {

std::map<std::string, std::string> path_of(const Facts& facts) {
    return {{"SOURCE", facts.source ? facts.source->path : ""}};
}

Finding valid(const Facts& facts) {
    if (!facts.source) return skipped(facts.source.error());
    const auto& source = *facts.source;
    if (source.errors > 0) {
        return problem(fmt::format("{} errors: {}", source.errors, source.first),
                       path_of(facts));
    }
    if (source.warnings > 0) {
        return warning(fmt::format("{} warnings: {}", source.warnings, source.first),
                       path_of(facts));
    }
    return ok(fmt::format("{}: {} files", source.path, source.files));
}

// What is asked of a tree that is there.
Fact<SourceFacts> readable_source(const Facts& facts) {
    if (facts.source && !facts.source->there) {
        return tl::unexpected(std::string("the source cannot be read (see source.valid)"));
    }
    return facts.source;
}

std::string some(const std::vector<std::string>& paths) {
    return paths.size() == 1 ? paths.front()
                             : fmt::format("{} and {} more", paths.front(), paths.size() - 1);
}

Finding readable(const Facts& facts) {
    const auto source = readable_source(facts);
    if (!source) return skipped(source.error());
    if (!facts.daemon_account) return skipped("there is no user " + facts.daemon_user);
    if (!source->unreadable.empty()) {
        return problem(
            fmt::format("{} cannot read {}", facts.daemon_user, some(source->unreadable)),
            path_of(facts));
    }
    return ok(facts.daemon_user + " reads all of it, as far as modes tell");
}

Finding access(const Facts& facts) {
    const auto source = readable_source(facts);
    if (!source) return skipped(source.error());
    if (!source->open.empty()) {
        return problem(
            "anyone may change " + some(source->open) + ", and so have programs executed",
            path_of(facts));
    }
    return ok("not everybody may write to it");
}

// The last revision of a daemon that answers and has its database.
Fact<Json> last_revision(const Facts& facts) {
    if (!facts.status) {
        return tl::unexpected(facts.daemon_failure
                                  ? "the daemon does not answer (see daemon.answers)"
                                  : facts.status.error());
    }
    if (cell(*facts.status, "database/state") != "ok") {
        return tl::unexpected(std::string("the daemon's database is away"));
    }
    return facts.status->at("source").at("last_revision");
}

Finding applied(const Facts& facts) {
    const auto revision = last_revision(facts);
    if (!revision) return skipped(revision.error());
    if (revision->is_null()) return warning("no revision yet");
    const auto outcome = cell(*revision, "outcome");
    const auto seen =
        fmt::format("{} at {}", outcome, table_time(cell(*revision, "finished_at")));
    if (const auto frozen = cell(*revision, "frozen"); frozen != "0") {
        return problem(
            fmt::format("{}, {} objects frozen at their last good version", seen, frozen));
    }
    if (outcome == "refused" || outcome == "partial") return problem(seen);
    return ok(seen);
}

Finding current(const Facts& facts) {
    const auto source = readable_source(facts);
    if (!source) return skipped(source.error());
    if (source->digest.empty()) return skipped("the tree is being written to");
    const auto revision = last_revision(facts);
    if (!revision) return skipped(revision.error());
    if (revision->is_null()) return skipped("no revision yet");
    if (facts.config && cell(*facts.status, "source/path") != source->path) {
        return warning("the daemon follows " + cell(*facts.status, "source/path") +
                           ", the settings name " + source->path,
                       {});
    }
    if (cell(*revision, "tree") != source->digest) {
        return warning("the tree was changed since the last revision of " +
                       table_time(cell(*revision, "finished_at")));
    }
    return ok("the last revision is of the tree as it is");
}

Finding brake(const Facts& facts) {
    const auto revision = last_revision(facts);
    if (!revision) return skipped(revision.error());
    if (revision->is_null()) return ok("not engaged");
    const auto& diagnostics = revision->at("diagnostics");
    const auto held = std::ranges::find_if(
        diagnostics, [](const Json& one) { return cell(one, "code") == "ATT6002"; });
    if (held != diagnostics.end()) return problem(cell(*held, "message"));
    return ok("not engaged");
}

}  // namespace

void add_source_checks(std::vector<Check>& checks) {
    checks.push_back({"source.valid", "the manifests of the source, as `attune validate` does",
                      "attune validate SOURCE", valid});
    checks.push_back({"source.readable", "the daemon's user may read all of the source",
                      "chmod -R o+rX SOURCE", readable});
    checks.push_back({"source.access",
                      "not everybody may write to it: that is to execute programs",
                      "chmod -R o-w SOURCE", access});
    checks.push_back({"source.applied",
                      "the last revision was applied whole, nothing is frozen", "attune plan",
                      applied});
    checks.push_back({"source.current", "the last revision is of the tree as it is",
                      "attune reconcile", current});
    checks.push_back({"source.brake", "no retirement is held by the prune brake",
                      "attune plan; attune apply --allow-retire N", brake});
}

}  // namespace attune::doctor
