#include "daemon/journal_sink.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <systemd/sd-journal.h>

#include "daemon/log.h"

namespace attune {
namespace {

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\n' || c == '\t' || !is_control(c)) {
            out += c;
        } else {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        }
    }
    return out;
}

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
private:
    void sink_it_(const spdlog::details::log_msg& line) override {
        const auto entry = journal_entry(line, LogFields::current());
        std::vector<iovec> pieces;
        pieces.reserve(entry.size());
        for (const auto& field : entry) {
            pieces.push_back({const_cast<char*>(field.data()), field.size()});
        }
        if (::sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size())) == 0) return;
        spdlog::memory_buf_t text;
        formatter_->format(line, text);
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    void flush_() override {}
};

}  // namespace

bool is_journal(const char* journal_stream, int fd) {
    if (journal_stream == nullptr) return false;
    struct stat about {};
    return ::fstat(fd, &about) == 0 &&
           fmt::format("{}:{}", about.st_dev, about.st_ino) == journal_stream;
}

std::vector<std::string> journal_entry(const spdlog::details::log_msg& line,
                                       const LogFields* about) {
    std::vector<std::string> entry = {
        fmt::format("PRIORITY={}", syslog_priority(line.level)),
        fmt::format("SYSLOG_IDENTIFIER={}",
                    std::string_view(line.logger_name.data(), line.logger_name.size())),
        "MESSAGE=" + printable({line.payload.data(), line.payload.size()})};
    if (about == nullptr) return entry;
    entry.push_back(std::string("MESSAGE_ID=") + about->message_id());
    for (const auto& [name, value] : about->fields()) {
        if (!value.empty()) entry.push_back(name + "=" + printable(value));
    }
    return entry;
}

spdlog::sink_ptr make_journal_sink() { return std::make_shared<JournalSink>(); }

}  // namespace attune
