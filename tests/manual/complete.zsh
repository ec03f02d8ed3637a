#!/bin/zsh -f
# complete.zsh COMPLETION PROGRAM: completes the lines of standard input as zsh would and prints
# what is offered for each, in one line, sorted. PROGRAM is what `attune` stands for.
#
# Only a line editor completes, so a second zsh runs on a terminal of its own (zsh/zpty), with a
# compadd that keeps what it is told.
directory=$(mktemp -d)
mkdir $directory/functions
cp $1 $directory/functions/_attune
[[ -n $2 ]] && ln -s $2 $directory/attune
cat >$directory/lines
cat >$directory/session <<'END'
PS1= path=($directory $path) fpath=($directory/functions $fpath)
autoload -Uz compinit && compinit -u -d $directory/dump
offered=()
compadd() {
  if [[ " ${@[1,(i)(-|--)]} " != *\ -(O|A|D)\ * ]]; then
    local -a hits
    builtin compadd -O hits "$@"
    offered+=($hits)
  fi
  builtin compadd "$@"
}
zle -C offer list-choices _main_complete
complete_all() {
  local line
  while IFS= read -r line; do
    offered=() BUFFER=$line CURSOR=$#line
    zle offer
    print -r -- ${(ou)offered}
  done <$directory/lines >$directory/offered
  exit
}
zle -N complete_all
bindkey '^X' complete_all
zle-line-init() { zle complete_all }
zle -N zle-line-init
END
zmodload zsh/zpty
export directory LC_ALL=C
zpty session 'zsh -f -i'
zpty -w session 'source $directory/session'
while zpty -r session; do :; done >/dev/null
cat $directory/offered
rm -rf $directory
