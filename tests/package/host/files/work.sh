#!/bin/sh
# Says that it has begun, and ends when it may.
echo "$ATTUNE_EXECUTION_ID" >>/var/lib/attune-runner/begun
while [ ! -e /run/gate ]; do sleep 0.1; done
