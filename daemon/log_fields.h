// What a line of the log is about, for whoever searches: with a LogFields in scope, the lines
// this thread logs carry its fields into the journal.
//
//     const LogFields about(message_id::kSensorFaulted, {{"ATTUNE_SENSOR", sensor_ref}});
//     log.error("sensor {} is faulted: {}", sensor_ref, why);
//
// docs/configuration.md lists the fields. On a terminal a line looks the same without them.
#pragma once

#include <string>
#include <vector>

namespace attune {

struct LogField {
    std::string name;  // upper case, as sd_journal_send(3) wants it
    std::string value;
};

class LogFields {
public:
    // `message_id` is one of daemon/message_ids.h and outlives this. Fields without a value
    // are left out. Inner fields replace outer ones until they go.
    LogFields(const char* message_id, std::vector<LogField> fields);
    ~LogFields();
    LogFields(const LogFields&) = delete;
    LogFields& operator=(const LogFields&) = delete;

    const char* message_id() const { return message_id_; }
    const std::vector<LogField>& fields() const { return fields_; }

    // Of the calling thread; nullptr: a line about nothing in particular.
    static const LogFields* current();

private:
    const char* message_id_;
    std::vector<LogField> fields_;
    const LogFields* outer_;
};

}  // namespace attune
