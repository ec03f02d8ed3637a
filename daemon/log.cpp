#include "daemon/log.h"

#include <errno.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "daemon/journal_sink.h"

namespace attune {
namespace {

std::string_view word(spdlog::level::level_enum level) {
    switch (syslog_priority(level)) {
        case 7:
            return "debug";
        case 4:
            return "warn ";
        case 3:
        case 2:
            return "error";
        default:
            return "info ";
    }
}

std::string clock_time(spdlog::log_clock::time_point moment) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
    const auto millis = std::chrono::floor<std::chrono::milliseconds>(moment - seconds);
    const std::time_t time = spdlog::log_clock::to_time_t(seconds);
    std::tm local{};
    ::localtime_r(&time, &local);
    return fmt::format("{:%H:%M:%S}.{:03}", local, millis.count());
}

class LineFormatter final : public spdlog::formatter {
public:
    explicit LineFormatter(LogStyle style) : style_(style) {}

    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& text) override {
        const auto start = style_ == LogStyle::kJournal
                               ? fmt::format("<{}>", syslog_priority(message.level))
                               : clock_time(message.time) + " ";
        const auto append = [&](std::string_view piece) {
            text.append(piece.data(), piece.data() + piece.size());
        };
        append(start);
        if (style_ == LogStyle::kTerminal) append(fmt::format("{} ", word(message.level)));
        const auto payload = std::string_view(message.payload.data(), message.payload.size());
        for (const char c : payload) {
            if (c == '\n') {
                append("\n");
                if (style_ == LogStyle::kJournal) append(start);
                append("  ");
            } else if (is_control(c) && c != '\t') {
                append(fmt::format("\\x{:02x}", static_cast<unsigned>(c)));
            } else {
                text.push_back(c);
            }
        }
        append("\n");
    }

    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<LineFormatter>(style_);
    }

private:
    LogStyle style_;
};

}  // namespace

int syslog_priority(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::trace:
        case spdlog::level::debug:
            return 7;
        case spdlog::level::warn:
            return 4;
        case spdlog::level::err:
            return 3;
        case spdlog::level::critical:
            return 2;
        case spdlog::level::info:
        case spdlog::level::off:
        case spdlog::level::n_levels:
            break;
    }
    return 6;
}

std::shared_ptr<Log> make_log(const std::string& level) {
    if (is_journal(::getenv("JOURNAL_STREAM"), STDERR_FILENO)) {
        return make_log(level, LogStyle::kJournal, make_journal_sink());
    }
    return make_log(level,
                    ::isatty(STDERR_FILENO) == 1 ? LogStyle::kTerminal : LogStyle::kJournal,
                    std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::shared_ptr<Log> make_log(const std::string& level, LogStyle style, spdlog::sink_ptr sink) {
    auto log = std::make_shared<Log>(program_invocation_short_name, std::move(sink));
    log->set_formatter(std::make_unique<LineFormatter>(style));
    log->set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::debug);
    return log;
}

}  // namespace attune
