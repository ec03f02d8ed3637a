// The thread of the process runner: carries messages between it and the executors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/runner/process_runner.h"

namespace attune {

class RunnerLoop final : public Loop {
public:
    RunnerLoop(Bus& bus, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

private:
    void take_in(Moment moment);
    void tell(const ProcessRunner::Report& report);

    Bus& bus_;
    Log& log_;
    Inbox inbox_;
    std::map<std::int32_t, std::unique_ptr<Outbox>> executors_;
    ProcessRunner runner_;
    Duration reap_at_{0};  // elapsed
};

}  // namespace attune
