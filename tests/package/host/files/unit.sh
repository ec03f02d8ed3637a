#!/bin/sh
# Tells, as JSON, who it is, what it was given, and whether it may write where it should not.
params=$(cat)
if touch /var/lib/attune-runner/probe 2>/dev/null; then writes=true; else writes=false; fi
echo "seen" >&2
echo "{\"uid\": $(id -u), \"params\": $params, \"home\": \"$HOME\", \"writes_state\": $writes}"
