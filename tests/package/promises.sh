#!/bin/bash
# What the package promises, on a booted systemd; scripts/test-package runs this inside the
# container, as root. /mnt has the packages, the page installation.md and a few manifests.
#
# Each promise is a function: it runs in a shell of its own that stops at the first command that
# fails, in the order they are called at the end, which is the order an administrator meets them.
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive

# Looks five times a second until COMMAND succeeds: within SECONDS COMMAND...
within() {
  local seconds=$1 i
  shift
  for ((i = 0; i < seconds * 5; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    read -rt 0.2 <> <(:) || true
  done
  echo "not within $seconds s: $*" >&2
  return 1
}

# Fails when the command does not: a plain `!` would pass unseen under errexit.
fails() {
  if "$@"; then
    echo "succeeded: $*" >&2
    return 1
  fi
}

property() { systemctl show -p "$1" --value "${2:-attuned}"; }
status_has() { property StatusText | grep -c -- "$1"; }
# Lines of the service in this boot's journal: journal_has PATTERN [MATCH...]
journal_has() {
  local pattern=$1
  shift
  journalctl --no-pager -o cat _SYSTEMD_UNIT=attuned.service "$@" | grep -c -- "$pattern"
}
install_deb() { apt-get install -q -y --no-install-recommends "$@"; }
executions() { attune executions --limit 1000 -o json; }
rule_has_run() { executions | grep -c "\"ops.hello\""; }
drop_in() { # drop_in NAME [UNIT] < its lines
  local directory=/etc/systemd/system/${2:-attuned}.service.d
  mkdir -p "$directory"
  { echo '[Service]'; cat; } >"$directory/$1.conf"
  systemctl daemon-reload
}
no_drop_ins() {
  rm -rf /etc/systemd/system/attuned.service.d /etc/systemd/system/attune-runner.service.d
  systemctl daemon-reload
}
# The commands of step 1 of the page's first configuration.
first_configuration() {
  sed -n '/^1\. \*\*The source/,/^2\. \*\*The database/p' /mnt/installation.md | sed -n 's/^        //p'
}

installs_without_a_database_and_says_what_to_do() {
  useradd -m visitor
  install_deb /mnt/previous.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; return 1; }
  grep -q 'systemctl enable --now attuned' /tmp/install.log
  grep -q 'There is no PostgreSQL on this machine' /tmp/install.log
  [ "$(systemctl is-active attuned)" = inactive ]
  [ "$(systemctl is-enabled attuned)" = disabled ]
  [ "$(systemctl is-enabled attuned.socket)" = disabled ]
  getent passwd attune | grep -c ':/var/lib/attune:/usr/sbin/nologin$'
  getent passwd attune-run | grep -c ':/var/lib/attune-runner:/usr/sbin/nologin$'
  fails sh -c 'id -Gn attune-run | tr " " "\n" | grep -x attune'
  useradd -m -G attune olga
}

its_units_are_without_fault() {
  [ -z "$(systemd-analyze verify attuned.service attuned.socket attune-runner.service attune-runner.socket attune-action@1.service 2>&1)" ]
  for unit in attuned attune-runner attune-action@1; do
    systemd-analyze security --threshold=15 $unit.service >/tmp/security.log || {
      tail -3 /tmp/security.log
      return 1
    }
  done
}

started_without_any_database_it_says_so_and_is_left_alone() {
  fails systemctl start attuned 2>/dev/null
  [ "$(property ExecMainStatus)" = 78 ]
  [ "$(property NRestarts)" = 0 ]
  journal_has 'postgresql'
  systemctl reset-failed attuned
}

the_empty_source_it_brings_is_valid() { attune validate /etc/attune/config; }

starts_with_a_database_of_its_own() {
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  install_deb postgresql-15 >/tmp/install.log 2>&1 || { cat /tmp/install.log; return 1; }
  systemctl enable --now attuned
  [ "$(systemctl is-active attuned)" = active ]
  [ "$(systemctl is-enabled attuned)" = enabled ]
  [ "$(ps -o user= -p "$(property MainPID)")" = attune ]
  attune status -o json | grep -c '"embedded": *true'
  within 10 status_has 'generation .* timers, 0 executions wait, .* slots busy, database ok'
}

tells_the_journal_with_fields_and_explanations() {
  journal_has 'runs as node' MESSAGE_ID=06830a94485b481697257690153dfeac
  journalctl --no-pager -x MESSAGE_ID=06830a94485b481697257690153dfeac | grep -c 'has its database and decides'
  fails journal_has '^<[0-7]>'
}

its_command_is_for_root_and_the_group() {
  runuser -u olga -- attune status >/dev/null
  fails runuser -u visitor -- attune status >/dev/null 2>&1
}

the_page_leads_to_a_first_execution() {
  first_configuration >/tmp/first.sh
  grep -q 'attune validate' /tmp/first.sh
  # The page's minute is too long for a test; nothing else is changed.
  sed -i 's/unit: minutes/unit: seconds/' /tmp/first.sh
  bash -e /tmp/first.sh
  within 20 rule_has_run
  journal_has 'ops.every_minute' ATTUNE_SENSOR=ops.every_minute
}

# "problem", "ok": of a check of the doctor's
doctor_says() {
  attune doctor -o json | sed -n "/\"check\": \"$1\"/,/}/s/.*\"state\": \"\(.*\)\".*/\1/p"
}

the_doctor_finds_it_well() {
  attune doctor
  local check
  for check in settings.valid settings.files accounts.daemon accounts.runner accounts.group \
    unit.installed unit.current unit.enabled unit.active unit.restarts unit.watchdog unit.runner \
    control.socket daemon.answers daemon.version daemon.program daemon.health daemon.files \
    daemon.runner source.valid source.readable source.applied source.current database.reachable \
    database.durability database.schema database.role work.node work.sensors work.timers; do
    [ "$(doctor_says $check)" = ok ] || { attune doctor | grep -A1 -F " $check "; return 1; }
  done
  # The daemon's own user sees nearly as much.
  runuser -u attune -- attune doctor
  # A stranger is told what cannot be seen.
  runuser -u visitor -- attune doctor | grep -c '^skipped  daemon.answers '
}

the_doctor_sees_what_is_not_well() {
  drop_in watchdog <<<'WatchdogSec=0'
  echo '# edited' >>/etc/systemd/system/attuned.service.d/watchdog.conf
  touch -d '+1 hour' /etc/systemd/system/attuned.service.d/watchdog.conf
  [ "$(doctor_says unit.current)" = warning ]
  systemctl daemon-reload
  systemctl restart attuned
  [ "$(doctor_says unit.watchdog)" = warning ]
  no_drop_ins
  systemctl restart attuned
  chmod 0600 /etc/attune/attuned.yaml
  [ "$(doctor_says settings.files)" = problem ]
  chmod 0644 /etc/attune/attuned.yaml
  systemctl stop attuned
  fails attune doctor
  [ "$(doctor_says daemon.answers)" = problem ]
  [ "$(doctor_says unit.active)" = problem ]
  mkdir -p /etc/attune/attuned.yaml.d
  echo 'bogus: 1' >/etc/attune/attuned.yaml.d/bogus.yaml
  fails systemctl start attuned
  fails attune doctor >/tmp/doctor
  grep -q ' unit.active .*exit code 78: the configuration cannot work' /tmp/doctor
  [ "$(doctor_says settings.valid)" = problem ]
  rm -r /etc/attune/attuned.yaml.d
  systemctl mask --now attuned 2>/dev/null
  [ "$(doctor_says unit.installed)" = problem ]
  systemctl unmask attuned
  systemctl disable attuned
  [ "$(doctor_says unit.enabled)" = warning ]
  systemctl reset-failed attuned 2>/dev/null || true
  systemctl enable --now attuned
  attune doctor
}

a_reload_takes_in_a_good_edit() {
  sed -i 's/hello at/good day at/' /etc/attune/config/packs/ops/rules/hello.yaml
  systemctl reload attuned
  within 10 sh -c "attune get rules -o json | grep -q 'good day at' || attune describe rule ops.hello | grep -q 'good day at'"
  within 5 status_has '^generation'
  [ "$(systemctl is-active attuned)" = active ]
}

a_reload_of_a_bad_edit_keeps_what_was() {
  sed -i 's/interval: 1/intervall: 1/' /etc/attune/config/packs/ops/sensors/minutes.yaml
  systemctl reload attuned
  within 10 status_has '^degraded: source 2 frozen: .*minutes.yaml:'
  [ "$(systemctl is-active attuned)" = active ]
  journal_has intervall ATTUNE_SENSOR=ops.every_minute PRIORITY=3
  sed -i 's/intervall: 1/interval: 1/' /etc/attune/config/packs/ops/sensors/minutes.yaml
  systemctl reload attuned
  within 10 status_has '^generation'
}

an_entry_of_the_journal_is_an_event() {
  cat >/etc/attune/config/packs/ops/sensors/lines.yaml <<'EOF'
apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.lines}
spec: {trigger: core.journal, config: {match: [{identifier: promise}]}}
EOF
  systemctl reload attuned
  within 10 sh -c 'attune describe sensor ops.lines | grep -q progress'
  logger --tag promise 'the door is open'
  within 10 sh -c "attune events --sensor ops.lines -o json | grep -q 'the door is open'"
}

the_example_brings_a_failed_service_back() {
  local examples=/usr/share/doc/attune/examples/host
  install_deb polkitd >/dev/null 2>&1
  cp $examples/50-attune-example.rules /etc/polkit-1/rules.d/
  cp -r $examples/config/packs/upkeep /etc/attune/config/packs/
  printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/attune-example.service
  systemctl daemon-reload
  systemctl start attune-example
  systemctl reload attuned
  within 10 sh -c 'attune describe sensor upkeep.services | grep -q progress'
  systemctl kill --signal SEGV attune-example
  within 20 sh -c "attune events --sensor upkeep.services -o json | grep -q recovered"
  systemctl is-active attune-example
  within 10 sh -c "journalctl -t attune-notify | grep -q 'attune-example.service failed (core-dump)\|attune-example.service failed (signal)'"
  # Nothing else may be started by actions.
  fails runuser -u attune-run -- systemctl --no-ask-password start attune-runner.socket 2>/dev/null
  fails runuser -u attune-run -- systemctl --no-ask-password stop attune-example 2>/dev/null
}

on_the_bus() { # on_the_bus MEMBER [SIGNATURE VALUE...]: as root
  busctl call io.attune.Attune1 /io/attune/Attune1 io.attune.Attune1.Manager "$@"
}
as_visitor() { # as_visitor PROPERTY | MEMBER [SIGNATURE VALUE...]
  runuser -u visitor -- busctl call io.attune.Attune1 /io/attune/Attune1 "$@"
}

the_message_bus_is_another_door() {
  within 40 busctl status io.attune.Attune1
  on_the_bus Reconcile | grep -cE '^ttss [0-9]+ [1-9][0-9]* "(unchanged|partial|applied)"'
  on_the_bus GetNextFires su ops.every_minute 3 | grep -cE '^at 3( [0-9]{16}){3}$'
  on_the_bus Run sss core.echo '{"message": "over the bus"}' promise | grep -c '^tsb [1-9][0-9]* "promise" false'
  on_the_bus Run sss core.echo '{"message": "over the bus"}' promise | grep -c ' true$'
  within 10 sh -c "attune executions --action core.echo -o json | grep -q 'over the bus'"
  local id
  id=$(on_the_bus Run sss core.sleep '{"seconds": 600}' '' | cut -d ' ' -f 2)
  within 10 sh -c "busctl call io.attune.Attune1 /io/attune/Attune1 io.attune.Attune1.Manager Cancel ts $id promise | grep -q cancel"
  within 10 sh -c "attune executions --state cancelled -o json | grep -q '\"id\": $id,'"
  busctl tree io.attune.Attune1 | grep -c '/io/attune/Attune1/sensor/ops_2eevery_5fminute'
  busctl introspect io.attune.Attune1 /io/attune/Attune1/sensor/ops_2eevery_5fminute | grep -c '\.Trigger .*"core.intervaltimer"'
}

it_is_closed_to_others_without_polkit() {
  runuser -u olga -- busctl get-property io.attune.Attune1 /io/attune/Attune1 io.attune.Attune1.Manager Version
  fails as_visitor org.freedesktop.DBus.Properties Get ss io.attune.Attune1.Manager Version
  fails as_visitor io.attune.Attune1.Manager Reload
  # Nobody else may be attune there.
  fails runuser -u visitor -- busctl call org.freedesktop.DBus /org/freedesktop/DBus \
    org.freedesktop.DBus RequestName su io.attune.Attune1 2
}

polkit_says_what_others_may() {
  as_visitor org.freedesktop.DBus.Properties Get ss io.attune.Attune1.Manager Version
  as_visitor io.attune.Attune1.Manager ListObjects ssu sensor '' 10 | grep -c ops.every_minute
  fails as_visitor io.attune.Attune1.Manager Run sss core.echo '' '' 2>/tmp/denied.log
  grep -ci 'access denied\|authentication' /tmp/denied.log
  cat >/etc/polkit-1/rules.d/50-visitor.rules <<'EOF'
polkit.addRule(function(action, subject) {
  if (action.id == "io.attune.Attune1.run" && subject.user == "visitor") return polkit.Result.YES;
});
EOF
  within 10 as_visitor io.attune.Attune1.Manager Run sss core.echo '' ''
  fails as_visitor io.attune.Attune1.Manager Drain
  rm /etc/polkit-1/rules.d/50-visitor.rules
}

a_drain_over_the_bus_stops_it_well() {
  on_the_bus Drain
  within 30 sh -c '[ "$(systemctl is-active attuned)" = inactive ]'
  [ "$(property Result)" = success ]
  systemctl start attuned
  within 40 busctl status io.attune.Attune1
}

a_failed_execution_is_found_by_its_fields() {
  local id
  fails attune run core.noop --params '{"exit_code": 3}' --wait >/tmp/run.log 2>&1
  id=$(sed -n 's/^execution \([0-9]*\) of .*/\1/p' /tmp/run.log)
  within 5 journal_has 'core.noop failed: exit code 3' "ATTUNE_EXECUTION=$id"
}

an_action_may_do_what_the_unit_says() {
  cp -r /mnt/host /etc/attune/config/packs/
  systemctl reload attuned
  within 10 sh -c 'attune get actions | grep -q host.probe'
  attune run host.probe --wait -o json >/tmp/probe.json
  for no in writes_etc writes_srv writes_state_of_daemon reads_home reads_shadow becomes_root \
    notifies_systemd controls_daemon connects_to_runner; do
    grep -q "\"$no\": false" /tmp/probe.json || { echo "an action: $no"; return 1; }
  done
  for yes in writes_tmp writes_state; do
    grep -q "\"$yes\": true" /tmp/probe.json || { echo "an action: not $yes"; return 1; }
  done
  grep -q '"user": "attune-run"' /tmp/probe.json
  [ ! -e /tmp/probe ]
}

an_action_may_be_a_unit_of_systemd() {
  attune run host.unit --wait -o json >/tmp/unit.json || { cat /tmp/unit.json; return 1; }
  grep -q '"exit_code": 0' /tmp/unit.json
  grep -q '"stderr": "seen' /tmp/unit.json
  grep -q '"home": "/"' /tmp/unit.json
  grep -q '"params": {}' /tmp/unit.json
  grep -q '"writes_state": false' /tmp/unit.json
  # systemd.exec(5), DynamicUser=: 61184 to 65519.
  grep -qE '"uid": 6[1-5][0-9]{3}\b' /tmp/unit.json
  fails attune run host.unit_fails --wait -o json >/tmp/unit.json
  grep -q '"exit_code": 7' /tmp/unit.json
  grep -q '"stdout": "out' /tmp/unit.json
  grep -q '"stderr": "err' /tmp/unit.json
  fails attune run host.unit_sleeps --wait -o json >/tmp/unit.json
  grep -q 'timed_out' /tmp/unit.json
  # Nothing of them stays.
  [ -z "$(systemctl list-units --all --no-legend 'attune-action@*')" ]
  [ -z "$(ls /run/attune-units)" ]
}

a_restart_ends_no_unit_either() {
  rm -f /run/gate
  attune run host.unit_waits >/dev/null
  within 10 sh -c "systemctl list-units --no-legend 'attune-action@*' | grep -q running"
  systemctl restart attuned
  touch /run/gate
  within 20 sh -c "attune executions --action host.unit_waits -o json | grep -q succeeded"
  attune executions --action host.unit_waits -o json | grep -q '"attempt": 1'
  rm -f /run/gate
}

a_unit_ends_with_its_runner_and_by_cancel() {
  local id
  rm -f /run/gate
  attune run host.unit_waits >/tmp/run.log
  id=$(sed -n 's/^execution \([0-9]*\) of .*/\1/p' /tmp/run.log)
  within 10 systemctl is-active "attune-action@$id"
  systemctl kill --signal KILL attune-runner
  # Tried again, by the next runner, and never twice at once.
  within 20 sh -c "attune executions --action host.unit_waits --limit 1 -o json | grep -q '\"attempt\": 2'"
  within 10 systemctl is-active "attune-action@$id"
  [ "$(pgrep -fc '^[^ ]*sh -c while . ! -e /run/gate')" = 1 ]
  attune cancel "$id"
  within 20 sh -c "attune executions --action host.unit_waits --limit 1 -o json | grep -q '\"state\": \"cancelled\"'"
  within 10 sh -c "! systemctl is-active attune-action@$id"
}

actions_start_no_other_unit() {
  local as="runuser -u attune-run --" manager="org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"
  fails $as busctl call $manager StartUnit ss attuned.socket replace 2>/dev/null
  fails $as busctl call $manager StopUnit ss attuned.service replace 2>/dev/null
  fails $as busctl call $manager StartUnit ss attune-action@x.service replace 2>/dev/null
  fails $as busctl call $manager RestartUnit ss attune-action@1.service replace 2>/dev/null
  fails $as busctl call $manager StartTransientUnit 'ssa(sv)a(sa(sv))' attune-action@7.service replace 1 \
    ExecStart 'a(sasb)' 1 /bin/true 1 /bin/true false 0 2>/dev/null
}

a_drop_in_grants_more() {
  install -d -o attune-run /srv
  sed 's/^#ReadWritePaths=.*/ReadWritePaths=\/srv/' /usr/share/doc/attune/examples/actions.conf >/tmp/actions.conf
  grep -v '^\[Service\]' /tmp/actions.conf | drop_in actions attune-runner
  systemctl restart attune-runner
  attune run host.probe --wait -o json | grep -c '"writes_srv": true'
  no_drop_ins
  systemctl restart attune-runner
}

# How many executions of host.work are in STATE, all of them at their first attempt.
works() { attune executions --limit 1000 --action host.work | grep -cE " host.work +[^ ]+ +$1 +1 "; }
twenty_works() { [ "$(works "$1")" = 20 ]; }

a_restart_ends_no_action_and_runs_none_again() {
  local begun=/var/lib/attune-runner/begun gate=/run/gate pid runner i
  mkdir -p /etc/attune/attuned.yaml.d
  echo 'executors: {slots: 20}' >/etc/attune/attuned.yaml.d/slots.yaml
  systemctl restart attuned
  for i in $(seq 20); do attune run host.work >/dev/null; done
  within 20 sh -c "[ \"\$(wc -l <$begun)\" = 20 ]"
  within 10 twenty_works running
  pid=$(property MainPID)
  runner=$(property MainPID attune-runner)
  # Not waited for: the drain would take longer than this.
  timeout 15 systemctl restart attuned
  [ "$(property MainPID)" != "$pid" ]
  systemctl kill -s KILL --kill-whom=main attuned
  within 30 attune status
  [ "$(property MainPID attune-runner)" = "$runner" ]
  twenty_works running
  touch $gate
  within 30 twenty_works succeeded
  [ "$(wc -l <$begun)" = 20 ]
  attune audit ledger
  within 10 sh -c '[ -z "$(ls /var/lib/attune-runner/spool)" ]'
  rm $gate $begun /etc/attune/attuned.yaml.d/slots.yaml
  systemctl restart attuned
}

a_stopped_runner_is_started_when_it_is_needed() {
  systemctl stop attune-runner.service
  within 20 systemctl -q is-active attune-runner.service
  attune run host.probe --wait -o json >/dev/null
  within 10 status_has '^generation'
}

a_hung_loop_is_ended_by_the_watchdog() {
  local pid
  echo WatchdogSec=4 | drop_in watchdog
  systemctl restart attuned
  pid=$(property MainPID)
  /mnt/stall_thread "$pid" runner >/tmp/stall.log 2>&1 &
  within 5 grep -q stalled /tmp/stall.log
  within 40 sh -c "[ \"\$(systemctl show -p MainPID --value attuned)\" != $pid ]"
  within 20 systemctl -q is-active attuned
  [ "$(property NRestarts)" = 1 ]
  journal_has 'the loop runner hangs' ATTUNE_LOOP=runner PRIORITY=2
  journalctl --no-pager -u attuned | grep -c 'Watchdog timeout'
  within 10 attune run core.echo --wait
  no_drop_ins
  systemctl restart attuned
}

a_slow_database_is_no_hang() {
  local pid
  pid=$(property MainPID)
  echo WatchdogSec=4 | drop_in watchdog
  systemctl restart attuned
  pid=$(property MainPID)
  # All of its PostgreSQL stands still, and answers nobody, for longer than the watchdog waits.
  systemctl kill -s STOP --kill-whom=all attuned
  kill -CONT "$pid"
  within 30 status_has '^degraded: no answer of the database since'
  read -rt 16 <> <(:) || true
  [ "$(property MainPID)" = "$pid" ]
  systemctl kill -s CONT --kill-whom=all attuned
  within 20 status_has 'database ok'
  [ "$(property MainPID)" = "$pid" ]
  no_drop_ins
  systemctl restart attuned
}

killed_it_comes_back_and_the_ledger_is_clean() {
  systemctl kill -s KILL --kill-whom=main attuned
  within 30 attune status
  attune audit ledger
}

without_a_runner_of_its_own_stopping_waits_for_what_runs() {
  # Longer than systemd would wait by itself.
  echo TimeoutStopSec=2 | drop_in timeout
  mkdir -p /etc/attune/attuned.yaml.d
  echo 'runner: {socket: ""}' >/etc/attune/attuned.yaml.d/runner.yaml
  systemctl restart attuned
  attune run host.nap >/tmp/nap.log
  within 5 status_has '1 of .* slots busy'
  systemctl stop attuned
  [ "$(property Result)" = success ]
  no_drop_ins
  rm /etc/attune/attuned.yaml.d/runner.yaml
  systemctl start attuned
  id=$(sed -n 's/^execution \([0-9]*\) of .*/\1/p' /tmp/nap.log)
  attune executions --state succeeded --limit 1000 -o json | grep -c "\"id\": $id,"
}

takes_the_database_and_its_password_from_credentials() {
  echo admin >/tmp/password
  chmod 644 /tmp/password
  pg_createcluster --start 15 main -- --auth-host=scram-sha-256 --auth-local=scram-sha-256 \
    --pwfile=/tmp/password >/dev/null
  PGPASSWORD="admin" psql -q -h /var/run/postgresql -U postgres -c "CREATE ROLE attune LOGIN PASSWORD 'it''s secret'"
  PGPASSWORD="admin" psql -q -h /var/run/postgresql -U postgres -c 'CREATE DATABASE attune OWNER attune'
  echo "host=/var/run/postgresql dbname=attune user=attune password='it\\'s secret'" |
    install -m 0600 /dev/stdin /etc/attune/database-url
  echo LoadCredential=attune.database-url:/etc/attune/database-url | drop_in database
  systemctl restart attuned
  attune status -o json | grep -c '"embedded": *false'
  within 20 rule_has_run
  [ "$(doctor_says settings.secrets)" = ok ]
  [ "$(doctor_says database.reachable)" = ok ]
  chmod 0644 /etc/attune/database-url
  [ "$(doctor_says settings.secrets)" = problem ]
  chmod 0600 /etc/attune/database-url
  # The password alone, beside a url of the configuration.
  printf "it's secret" | install -m 0600 /dev/stdin /etc/attune/database-password
  mkdir -p /etc/attune/attuned.yaml.d
  echo 'database: {url: "host=/var/run/postgresql dbname=attune user=attune"}' \
    >/etc/attune/attuned.yaml.d/database.yaml
  echo LoadCredential=attune.database-password:/etc/attune/database-password | drop_in database
  systemctl restart attuned
  attune status -o json | grep -c '"embedded": *false'
}

outlives_its_database() {
  local pid
  pid=$(property MainPID)
  pg_ctlcluster 15 main stop -m fast
  within 20 status_has '^degraded: no answer of the database since'
  pg_ctlcluster 15 main start
  within 20 status_has '^generation'
  [ "$(property MainPID)" = "$pid" ]
  attune audit ledger
}

starts_while_its_database_is_away() {
  systemctl stop attuned
  pg_ctlcluster 15 main stop -m fast
  timeout 40 systemctl start attuned
  [ "$(systemctl is-active attuned)" = active ]
  status_has '^degraded: the database is away'
  pg_ctlcluster 15 main start
  within 20 status_has '^generation'
  no_drop_ins
  rm /etc/attune/attuned.yaml.d/database.yaml
  systemctl restart attuned
}

the_socket_starts_it_and_outlives_it() {
  systemctl stop attuned
  systemctl start attuned.socket
  [ "$(systemctl is-active attuned)" = inactive ]
  attune status >/dev/null
  [ "$(systemctl is-active attuned)" = active ]
  runuser -u olga -- attune status >/dev/null
  fails runuser -u visitor -- attune status >/dev/null 2>&1
  systemctl restart attuned &
  attune status >/dev/null
  wait
  systemctl stop attuned 2>/dev/null
  [ -S /run/attune/control.sock ]
  systemctl stop attuned.socket
  systemctl start attuned
  attune status >/dev/null
}

an_upgrade_keeps_it_running_and_loses_nothing() {
  local pid runner
  echo '# edited by the administrator' >>/etc/attune/attuned.yaml
  pid=$(property MainPID)
  attune run host.work >/tmp/work.log
  within 5 status_has '1 of .* slots busy'
  runner=$(property MainPID attune-runner)
  attune executions --limit 1 -o json >/tmp/newest.json
  install_deb /mnt/attune.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; return 1; }
  fails grep -q 'systemctl enable --now attuned' /tmp/install.log
  [ "$(dpkg-query -W -f '${Version}' attune)" != 0.0.1 ]
  [ "$(systemctl is-active attuned)" = active ]
  [ "$(systemctl is-enabled attuned)" = enabled ]
  [ "$(property MainPID)" != "$pid" ]
  grep -q 'edited by the administrator' /etc/attune/attuned.yaml
  # The runner goes on until nothing runs, and then makes room for the new one.
  [ "$(property MainPID attune-runner)" = "$runner" ]
  touch /run/gate
  within 20 sh -c "[ \"\$(systemctl show -p MainPID --value attune-runner)\" != $runner ]"
  within 20 systemctl -q is-active attune-runner.service
  id=$(sed -n 's/^execution \([0-9]*\) of .*/\1/p' /tmp/work.log)
  within 10 sh -c "attune trace $id | grep -q succeeded"
  attune trace "$id" -o json | tr -d '\n ' | grep -c '"attempt":1[,}]'
  attune audit ledger
  attune executions --state abandoned -o json | grep -c '"items": *\[\]'
}

an_upgrade_leaves_a_disabled_one_stopped() {
  systemctl disable --now attuned
  dpkg -i /mnt/attune.deb >/dev/null 2>&1
  [ "$(systemctl is-active attuned)" = inactive ]
  [ "$(systemctl is-enabled attuned)" = disabled ]
  systemctl enable --now attuned
}

removing_stops_it_and_purging_keeps_the_database() {
  apt-get remove -q -y attune >/dev/null
  [ "$(systemctl is-active attuned)" = inactive ]
  [ "$(systemctl is-active attune-runner.service)" = inactive ]
  [ -e /etc/attune/attuned.yaml ]
  apt-get purge -q -y attune >/tmp/purge.log
  grep -q 'keeps the database' /tmp/purge.log
  [ ! -e /etc/attune/attuned.yaml ]
  [ -e /etc/attune/config/packs/ops/rules/hello.yaml ]
  [ -d /var/lib/attune/postgres/data ]
  [ ! -e /lib/systemd/system/attuned.service ]
  fails systemctl is-enabled -q attuned 2>/dev/null
}

installed_again_it_goes_on_where_it_was() {
  install_deb /mnt/attune.deb >/dev/null 2>&1
  systemctl enable --now attuned
  attune audit ledger
  [ "$(executions | grep -c '"ops.hello"')" -gt 1 ]
}

failed=0
promise() {
  local began=$SECONDS
  # Not as a condition: bash would forget errexit in it.
  (
    set -eE
    trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR
    "$1"
  ) >/tmp/promise.log 2>&1
  if [ $? -eq 0 ]; then
    printf 'ok    %s (%s s)\n' "${1//_/ }" $((SECONDS - began))
  else
    printf 'FAIL  %s (%s s)\n' "${1//_/ }" $((SECONDS - began))
    sed 's/^/      | /' /tmp/promise.log
    failed=$((failed + 1))
  fi
}

for each in \
  installs_without_a_database_and_says_what_to_do \
  its_units_are_without_fault \
  started_without_any_database_it_says_so_and_is_left_alone \
  the_empty_source_it_brings_is_valid \
  starts_with_a_database_of_its_own \
  tells_the_journal_with_fields_and_explanations \
  its_command_is_for_root_and_the_group \
  the_page_leads_to_a_first_execution \
  the_doctor_finds_it_well \
  the_doctor_sees_what_is_not_well \
  a_reload_takes_in_a_good_edit \
  a_reload_of_a_bad_edit_keeps_what_was \
  an_entry_of_the_journal_is_an_event \
  the_message_bus_is_another_door \
  it_is_closed_to_others_without_polkit \
  the_example_brings_a_failed_service_back \
  polkit_says_what_others_may \
  a_drain_over_the_bus_stops_it_well \
  a_failed_execution_is_found_by_its_fields \
  an_action_may_do_what_the_unit_says \
  an_action_may_be_a_unit_of_systemd \
  a_restart_ends_no_unit_either \
  a_unit_ends_with_its_runner_and_by_cancel \
  actions_start_no_other_unit \
  a_drop_in_grants_more \
  a_restart_ends_no_action_and_runs_none_again \
  a_stopped_runner_is_started_when_it_is_needed \
  a_hung_loop_is_ended_by_the_watchdog \
  a_slow_database_is_no_hang \
  killed_it_comes_back_and_the_ledger_is_clean \
  without_a_runner_of_its_own_stopping_waits_for_what_runs \
  takes_the_database_and_its_password_from_credentials \
  outlives_its_database \
  starts_while_its_database_is_away \
  the_socket_starts_it_and_outlives_it \
  an_upgrade_keeps_it_running_and_loses_nothing \
  an_upgrade_leaves_a_disabled_one_stopped \
  removing_stops_it_and_purging_keeps_the_database \
  installed_again_it_goes_on_where_it_was; do
  promise "$each"
done
[ "$failed" -eq 0 ] && echo "every promise is kept" || echo "$failed promises are broken"
[ "$failed" -eq 0 ]
