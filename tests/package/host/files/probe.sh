#!/bin/sh
# Tries what an action might want, and tells what came of it as JSON.
tries() { if sh -c "$2" >/dev/null 2>&1; then echo "\"$1\": true,"; else echo "\"$1\": false,"; fi; }
echo "{"
tries writes_etc "touch /etc/probe"
tries writes_srv "touch /srv/probe"
tries writes_tmp "touch /tmp/probe"
tries writes_state "touch /var/lib/attune-runner/probe && rm /var/lib/attune-runner/probe"
tries writes_state_of_daemon "touch /var/lib/attune/probe"
tries controls_daemon "attune status"
tries connects_to_runner "test -w /run/attune-runner/runner.sock"
tries reads_home "ls /home/visitor"
tries reads_shadow "cat /etc/shadow"
tries becomes_root "setpriv --reuid 0 true"
tries notifies_systemd "test -n \"\$NOTIFY_SOCKET\""
echo "\"user\": \"$(id -un)\"}"
