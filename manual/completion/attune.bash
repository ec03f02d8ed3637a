# bash completion of attune, attuned and attune-runner; made from their own tables.

# What the daemon answers `attune WORDS...`: the first column. Without a daemon that answers
# within a second there is nothing to offer.
__attune_ask() {
  local socket=()
  [[ $__attune_socket ]] && socket=(--socket "$__attune_socket")
  timeout 1 "$__attune_program" "$@" "${socket[@]}" 2>/dev/null </dev/null |
    while read -r first _; do [[ $first == [A-Z]* ]] || printf '%s\n' "$first"; done
}

__attune_zones() {
  local table=${TZDIR:-/usr/share/zoneinfo}/tzdata.zi kind first second _
  printf 'UTC\n'
  [[ -r $table ]] || return 0
  while read -r kind first second _; do
    case $kind in Z) printf '%s\n' "$first" ;; L) printf '%s\n' "$second" ;; esac
  done <"$table"
}

# Adds to COMPREPLY what begins with the current word; each function offers what its name says.
__attune_words() {
  local word
  for word in "$@"; do
    [[ $word == "$__attune_cur"* ]] && COMPREPLY+=("$word")
  done
}
__attune_lines() {
  local lines
  mapfile -t lines
  __attune_words "${lines[@]}"
}
__attune_objects() { __attune_lines < <(__attune_ask get "$1"); }
__attune_executions() { __attune_lines < <(__attune_ask executions); }
__attune_keys() {
  __attune_words "${@/%/=}"
  compopt -o nospace 2>/dev/null
}
__attune_files() {
  local found
  mapfile -t found < <(compgen "${1:--f}" -- "$__attune_cur")
  COMPREPLY+=("${found[@]}")
  compopt -o filenames 2>/dev/null
}
__attune_files_at() {
  [[ $__attune_cur == @* ]] || return 0
  local found
  mapfile -t found < <(compgen -f -- "${__attune_cur#@}")
  COMPREPLY+=("${found[@]/#/@}")
  compopt -o filenames 2>/dev/null
}
__attune_refs() { # of the kind that the first operand names
  case ${__attune_operands[0]} in
    [a-z]*s) __attune_objects "${__attune_operands[0]}" ;;
    [a-z]*) __attune_objects "${__attune_operands[0]}s" ;;
  esac
}

# Whether COMMAND OPTION is followed by a value.
__attune_takes_value() {
  case "$1 $2" in
@bash-valued@
  esac
  return 1
}

# What may follow COMMAND OPTION.
__attune_value() {
  case "$1 $2" in
@bash-values@
  esac
}

# What may stand as the operand number NUMBER, from 0, of COMMAND.
__attune_operand() {
  case "$1 $2" in
@bash-operands@
  esac
}

# The options of COMMAND.
__attune_options() {
  case $1 in
@bash-options@
  esac
}

# The commands, and the words behind the first one of those that have two.
__attune_commands() {
  case $1 in
@bash-commands@
  esac
}

# The words up to the cursor. readline also breaks them at =, : and @; what stands together on
# the line is one word.
__attune_split() {
  local line=${COMP_LINE:0:COMP_POINT} i rest
  __attune_line=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    rest=${line#"${line%%[![:space:]]*}"}
    local word=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    if ((i > 0)) && [[ $rest == "$line" ]]; then
      __attune_line[-1]+=$word
    else
      __attune_line+=("$word")
    fi
    line=${rest#"$word"}
  done
}

# Readline replaces only what is behind its last break: that is what it is to be given.
__attune_cut() {
  local breaks=${COMP_WORDBREAKS//[^=:]/} whole=$1 i
  [[ $breaks && $whole == *[$breaks]* ]] || return 0
  local before=${whole%"${whole##*[$breaks]}"}
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$before"}; done
}

_attune() {
  local __attune_program=$1 __attune_socket='' __attune_cur='' __attune_operands=()
  local __attune_line
  __attune_split
  COMPREPLY=()
  local command='' pending='' ended='' word
  local last=$((${#__attune_line[@]} - 1))
  local cur=${__attune_line[last]}
  [[ ${1##*/} == attune ]] || command=${1##*/}
  for word in "${__attune_line[@]:1:last-1}"; do
    if [[ $pending ]]; then
      [[ $pending == --socket ]] && __attune_socket=$word
      pending=
    elif [[ $ended || $word != -?* ]]; then
      if [[ $(__attune_commands "$command") ]]; then
        command="${command:+$command }$word"
      else
        __attune_operands+=("$word")
      fi
    elif [[ $word == -- ]]; then
      ended=yes
    elif [[ $word == --socket=* ]]; then
      __attune_socket=${word#*=}
    elif __attune_takes_value "$command" "$word"; then
      pending=$word
    fi
  done
  __attune_cur=$cur
  if [[ $pending ]]; then
    __attune_value "$command" "$pending"
  elif [[ $cur == --*=* && ! $ended ]]; then
    __attune_cur=${cur#*=}
    __attune_value "$command" "${cur%%=*}"
    COMPREPLY=("${COMPREPLY[@]/#/"${cur%%=*}="}")
  elif [[ $cur == -* && ! $ended ]]; then
    __attune_words $(__attune_options "$command")
  elif [[ $(__attune_commands "$command") ]]; then
    __attune_words $(__attune_commands "$command")
  else
    __attune_operand "$command" "${#__attune_operands[@]}"
  fi
  __attune_cut "$cur"
}

complete -F _attune attune attuned attune-runner
