// A process runner with real processes, driven as its thread drives it, and an executor that
// opens gates and gives receipts. Times are short where a test must wait for them; nothing is
// checked by sleeping.
#pragma once

#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "core/json.h"
#include "daemon/runner/process_runner.h"
#include "os/files.h"
#include "os/random.h"
#include "os/system_clock.h"
#include "tests/support/temp_directory.h"

namespace attune {

class ProcessRunnerTest : public testing::Test {
protected:
    // A claim of an action whose script is `text`, in a pack of its own.
    ProcessClaim script(const std::string& text) {
        const std::string name = "files/run" + std::to_string(++last_id) + ".sh";
        directory.write_script("ops/" + name, "#!/bin/sh\n" + text + "\n");
        ProcessClaim claim;
        claim.key = {ExecutionId{last_id}, TimePoint{std::chrono::hours(1)}};
        claim.token = random_claim_token();
        claim.executor = 1;
        claim.action_ref = "ops.sweep";
        claim.rule_ref = "ops.nightly";
        claim.event = EventId{7};
        claim.idempotency_key = "ops.timer@2026-11-23T12:00:00.000000Z/ops.nightly";
        claim.command = {name};
        claim.pack_directory = directory / "ops";
        claim.params = "{}";
        claim.timeout = std::chrono::seconds(60);
        return claim;
    }

    ProcessClaim program(std::vector<std::string> command) {
        ProcessClaim claim = script("");
        claim.command = std::move(command);
        return claim;
    }

    // Waits for a descriptor or the time, steps once, and does what an executor would do.
    void turn() {
        const auto wait = wake_at ? std::clamp<Duration>(*wake_at - clock.elapsed(),
                                                         Duration{0}, std::chrono::seconds(5))
                                  : Duration(std::chrono::seconds(5));
        const auto fds = runner->descriptors();
        ::poll(fds.data(), fds.size(),
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
        const auto step = runner->step(clock.now(), clock.elapsed());
        wake_at = step.wake_at;
        for (const auto& report : step.reports) {
            EXPECT_EQ(report.executor, 1);
            if (const auto* started = std::get_if<ProcessStarted>(&report.message)) {
                starts.push_back(*started);
                if (opens_gates) runner->go({started->key, started->token}, clock.elapsed());
            } else {
                const auto& finished = std::get<ProcessFinished>(report.message);
                outcomes[finished.key.id] = finished.outcome;
                if (gives_receipts) runner->abort({finished.key, finished.token});
            }
        }
    }

    void start(const ProcessClaim& claim) {
        runner->start(claim, clock.now(), clock.elapsed());
        wake_at = clock.elapsed();
    }

    void await_start() {
        const auto before = starts.size();
        while (starts.size() == before) turn();
    }

    Outcome await(const ProcessClaim& claim) {
        const auto give_up = clock.elapsed() + std::chrono::seconds(60);
        while (!outcomes.contains(claim.key.id)) {
            turn();
            if (clock.elapsed() > give_up) throw std::runtime_error("it does not end");
        }
        return outcomes.at(claim.key.id);
    }

    Outcome run(const ProcessClaim& claim) {
        start(claim);
        return await(claim);
    }

    Json result_of(const ProcessClaim& claim) { return Json::parse(run(claim).result); }

    // Turns until the script has written `name` below the pack, and returns what is in it.
    std::string await_file(const std::string& name) {
        const auto path = directory.path() / "ops" / name;
        while (!std::filesystem::exists(path) || std::filesystem::file_size(path) == 0) {
            wake_at = clock.elapsed() + std::chrono::milliseconds(5);
            turn();
        }
        return read_file(path.string(), 1000);
    }

    TempDirectory directory;
    SystemClock clock;
    std::optional<ProcessRunner> runner{
        RunnerTimes{.term_grace = std::chrono::milliseconds(300),
                    .linger = std::chrono::milliseconds(100)}};
    std::optional<Duration> wake_at;
    std::vector<ProcessStarted> starts;
    std::map<ExecutionId, Outcome> outcomes;
    bool opens_gates = true;
    bool gives_receipts = true;
    std::int64_t last_id = 0;
};

}  // namespace attune
