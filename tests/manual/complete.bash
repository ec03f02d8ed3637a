#!/bin/bash
# complete.bash COMPLETION PROGRAM: completes the lines of standard input as bash would and prints
# what is offered for each, in one line, sorted. PROGRAM is what `attune` stands for.
source "$1"
program=$2

# The words of a line as readline breaks them: at blanks, and around =, : and @.
break_line() {
  local line=$1 letter word='' i
  COMP_WORDS=()
  for ((i = 0; i < ${#line}; i++)); do
    letter=${line:i:1}
    if [[ $letter == [=:@\ ] ]]; then
      [[ $word ]] && COMP_WORDS+=("$word")
      word=
      [[ $letter == ' ' ]] || COMP_WORDS+=("$letter")
    else
      word+=$letter
    fi
  done
  if [[ $word || ${line: -1} == ' ' ]]; then COMP_WORDS+=("$word"); fi
}

while IFS= read -r COMP_LINE; do
  break_line "$COMP_LINE"
  COMP_POINT=${#COMP_LINE}
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  name=${COMP_WORDS[0]}
  [[ $name == attune ]] && name=$program
  _attune "$name" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  mapfile -t sorted < <(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort)
  echo "${sorted[*]}"
done
