#include "daemon/log_fields.h"

#include <utility>

namespace attune {
namespace {

// spdlog hands a line from logger to sink on the thread that logs it, and has no place for
// fields; so they wait here.
thread_local const LogFields* innermost = nullptr;

}  // namespace

LogFields::LogFields(const char* message_id, std::vector<LogField> fields)
    : message_id_(message_id), fields_(std::move(fields)), outer_(innermost) {
    innermost = this;
}

LogFields::~LogFields() { innermost = outer_; }

const LogFields* LogFields::current() { return innermost; }

}  // namespace attune
