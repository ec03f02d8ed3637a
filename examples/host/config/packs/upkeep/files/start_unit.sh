#!/bin/sh
# Starts the unit that the parameters name. Parameters: one JSON object on stdin; the action's
# schema lets no quote into the name.
set -eu

unit=$(sed -n 's/.*"unit" *: *"\([^"]*\)".*/\1/p')
exec systemctl --no-ask-password start -- "$unit"
