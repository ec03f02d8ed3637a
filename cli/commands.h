// Where the commands come from: each file adds its own.
#pragma once

#include <vector>

#include "cli/command.h"

namespace attune {

void add_validate_command(std::vector<Command>& commands);
void add_parse_command(std::vector<Command>& commands);
void add_reference_commands(std::vector<Command>& commands);  // schema, explain
void add_next_command(std::vector<Command>& commands);
void add_reconcile_commands(std::vector<Command>& commands);  // plan, apply, reconcile
void add_status_command(std::vector<Command>& commands);
void add_doctor_command(std::vector<Command>& commands);
void add_object_commands(std::vector<Command>& commands);  // get, describe
void add_ledger_commands(std::vector<Command>& commands);  // events ... trace
void add_watch_command(std::vector<Command>& commands);
void add_request_commands(std::vector<Command>& commands);  // fire, run
void add_cancel_command(std::vector<Command>& commands);
void add_pause_commands(std::vector<Command>& commands);  // pause, resume
void add_audit_commands(std::vector<Command>& commands);

}  // namespace attune
