#compdef attune attuned attune-runner
# zsh completion of attune, attuned and attune-runner; made from their own tables.

# What the daemon answers `attune WORDS...`: the first column. Without a daemon that answers
# within a second there is nothing to offer.
_attune_ask() {
  local -a socket
  [[ -n ${opt_args[--socket]} ]] && socket=(--socket "${opt_args[--socket]}")
  reply=(${${(f)"$(timeout 1 $_attune_program "$@" $socket 2>/dev/null </dev/null)"}%% *})
  shift reply 2>/dev/null
}

_attune_objects() { # KIND
  local -a reply
  _attune_ask get $1
  local expl
  _wanted $1 expl ${1%s} compadd -a reply
}

_attune_executions() {
  local -a reply
  _attune_ask executions
  local expl
  _wanted -V executions expl execution compadd -a reply
}

_attune_files_at() { compset -P '@' && _files }

_attune_keys() {
  if compset -P '*='; then
    _message value
  else
    compadd -S = -- "$@"
  fi
}

_attune_paths_or_sensors() {
  _alternative 'files:file:_files' 'sensors:sensor:{_attune_objects sensors}'
}

# Those of COMMAND when it has two words, else all.
_attune_commands() {
  local -a commands
  case $1 in
@zsh-commands@
  esac
  _describe -t commands command commands
}

_attune_arguments() { # COMMAND
  case $1 in
@zsh-arguments@
  esac
}

_attune() {
  local curcontext=$curcontext state line ret=1 _attune_program=$words[1]
  typeset -A opt_args
  case $service in
    attuned|attune-runner) _attune_arguments $service; return ;;
  esac
  _arguments -C '(- *)--version[print the version and exit]' \
    '(- *)'{-h,--help}'[print this help message and exit]' \
    '1:command:->command' '*::argument:->argument' && ret=0
  case $state in
    command) _attune_commands && ret=0 ;;
    argument)
      local command=$words[1]
      case $command in
@zsh-groups@
      esac
      _attune_arguments $command && ret=0
      ;;
  esac
  return ret
}

_attune "$@"
