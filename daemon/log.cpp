#include "daemon/log.h"

#include <unistd.h>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace attune {
namespace {

// The syslog priority of a line, as journald reads it.
class Priority final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& text) override {
        const char* priority = "<6>";
        switch (message.level) {
            case spdlog::level::trace:
            case spdlog::level::debug:
                priority = "<7>";
                break;
            case spdlog::level::warn:
                priority = "<4>";
                break;
            case spdlog::level::err:
                priority = "<3>";
                break;
            case spdlog::level::critical:
                priority = "<2>";
                break;
            default:
                break;
        }
        text.append(priority, priority + 3);
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<Priority>();
    }
};

}  // namespace

std::shared_ptr<Log> make_log(const std::string& level) {
    auto log =
        std::make_shared<Log>("attuned", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<Priority>('P');
    formatter->set_pattern(::isatty(STDERR_FILENO) == 1 ? "%H:%M:%S.%e %^%l%$ %v" : "%P%v");
    log->set_formatter(std::move(formatter));
    log->set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::info);
    return log;
}

}  // namespace attune
