// The settings of attuned, the files they come from, and the accounts that use them.
#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/doctor/check.h"

namespace attune::doctor {
namespace {

Finding valid(const Facts& facts) {
    const auto& settings = facts.settings;
    const std::map<std::string, std::string> names = {{"OPTIONS", settings.flags}};
    if (settings.errors > 0) {
        return problem(fmt::format("{} errors: {}", settings.errors, settings.first), names);
    }
    if (settings.warnings > 0) {
        return warning(fmt::format("{} warnings: {}", settings.warnings, settings.first),
                       names);
    }
    std::vector<std::string> paths;
    for (const auto& file : settings.files) paths.push_back(file.path);
    return ok(paths.empty() ? "no file, every setting has its default"
                            : fmt::format("{}", fmt::join(paths, ", ")));
}

Finding files(const Facts& facts) {
    for (const auto& file : facts.settings.files) {
        const std::map<std::string, std::string> names = {{"FILE", file.path}};
        if (!file.status) return skipped(file.status.error());
        const auto seen = file.path + " has " + describe(*file.status);
        const auto* daemon = facts.daemon_account ? &*facts.daemon_account : nullptr;
        if (daemon != nullptr && !may_read(*file.status, *daemon)) {
            return problem(seen + ": the daemon's user " + daemon->name + " cannot read it",
                           names);
        }
        if (may_be_changed_by_strangers(*file.status, 0, 0)) {
            return problem(seen + ": others than root may change it", names);
        }
        if (file.holds_secret && (file.status->mode & S_IROTH) != 0) {
            return problem(seen + ", and it has a password that anyone can read", names);
        }
    }
    return ok(fmt::format("{} files", facts.settings.files.size()));
}

Finding secrets(const Facts& facts) {
    if (!facts.secrets) return skipped(facts.secrets.error());
    if (facts.secrets->empty()) return skipped("the unit loads no credential from a file");
    for (const auto& file : *facts.secrets) {
        const std::map<std::string, std::string> names = {{"FILE", file.path}};
        if (!file.status) return problem(file.status.error(), names);
        const auto& status = *file.status;
        const bool open =
            (status.mode & S_IROTH) != 0 || ((status.mode & S_IRGRP) != 0 && status.gid != 0);
        if (open && file.holds_secret) {
            return problem(
                file.path + " has " + describe(status) + ": others than root read it", names);
        }
    }
    return ok(fmt::format("{} credentials", facts.secrets->size()));
}

Finding daemon_account(const Facts& facts) {
    if (!facts.daemon_account) {
        return problem("there is no user " + facts.daemon_user);
    }
    return ok(
        fmt::format("{} (uid {})", facts.daemon_account->name, facts.daemon_account->uid));
}

Finding runner_account(const Facts& facts) {
    if (!facts.config) return skipped(facts.config.error());
    if (facts.config->runner_socket.empty()) {
        return skipped("the daemon runs processes itself (runner.socket is not set)");
    }
    if (!facts.runner) return skipped(facts.runner.error());
    if (!facts.runner_account) return problem("there is no user " + facts.runner_user);
    if (facts.daemon_account && facts.daemon_account->uid == facts.runner_account->uid) {
        return warning("actions run as the daemon's own user " + facts.daemon_user +
                       ", and can read its credentials");
    }
    return ok(
        fmt::format("{} (uid {})", facts.runner_account->name, facts.runner_account->uid));
}

Finding group(const Facts& facts) {
    if (!facts.group_exists) {
        return warning("there is no group " + facts.group +
                       ": only root and the daemon's user may use the command");
    }
    return ok(fmt::format("{}, with {}", facts.group,
                          facts.members.empty()
                              ? "nobody else in it"
                              : fmt::format("{}", fmt::join(facts.members, ", "))));
}

}  // namespace

void add_settings_checks(std::vector<Check>& checks) {
    checks.push_back({"settings.valid",
                      "attuned.yaml, its folder, credentials, environment and flags",
                      "attuned --check OPTIONS", valid});
    checks.push_back({"settings.files",
                      "modes of these files: the daemon reads them, root alone writes them",
                      "chown root:attune FILE; chmod 0640 FILE", files});
    checks.push_back({"settings.secrets", "the files of LoadCredential=, for root alone",
                      "chown root:root FILE; chmod 0600 FILE", secrets});
    checks.push_back({"accounts.daemon", "the user that attuned runs as",
                      "systemd-sysusers attune.conf", daemon_account});
    checks.push_back({"accounts.runner", "the user that actions run as",
                      "systemd-sysusers attune.conf", runner_account});
    checks.push_back({"accounts.group", "the group whose members may use the command",
                      "systemd-sysusers attune.conf", group});
}

}  // namespace attune::doctor
