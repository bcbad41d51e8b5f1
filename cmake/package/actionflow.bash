# Completion for bash: commands and flags as --help lists them, files else.
_actionflow() {
  local word=${COMP_WORDS[COMP_CWORD]} help
  if [ "$COMP_CWORD" = 1 ]; then
    help=$(actionflow --help 2> /dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z]*\) .*/\1/p')
  elif [[ $word == -* ]]; then
    help=$(actionflow "${COMP_WORDS[1]}" --help 2> /dev/null | grep -o -- '--[a-z][a-z-]*')
  else
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$help" -- "$word")
}
complete -o default -F _actionflow actionflow
