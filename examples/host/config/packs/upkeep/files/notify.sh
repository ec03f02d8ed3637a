#!/bin/sh
# Passes its parameters, one JSON object on stdin, on to the journal: journalctl -t attune-notify
exec logger --tag attune-notify --priority user.warning
