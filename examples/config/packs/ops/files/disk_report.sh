#!/bin/sh
# Prints how full the file system of a path is, as JSON. Parameters: one JSON object on stdin.
set -eu

params=$(cat)
path=$(printf '%s' "$params" | sed -n 's/.*"path" *: *"\([^"]*\)".*/\1/p')
warn_at=$(printf '%s' "$params" | sed -n 's/.*"warn_at" *: *\([0-9]*\).*/\1/p')

df -P "$path" | awk -v warn_at="$warn_at" 'NR == 2 {
    sub("%", "", $5)
    printf "{\"path\": \"%s\", \"used_percent\": %d, \"full\": %s}\n",
           $6, $5, ($5 >= warn_at ? "true" : "false")
}'
