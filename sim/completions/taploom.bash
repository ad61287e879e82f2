# SPDX-License-Identifier: Apache-2.0
# Completion for bash. Commands and options are those that the program's own --help tells, so there
# is nothing here to keep up to date but what their values are.

_taploom_commands()
{
    taploom --help 2>/dev/null | awk '/^Commands:/ { on = 1; next } on && NF == 0 { exit }
                                      on { print $1 }'
}

_taploom_options()
{
    taploom "$1" --help 2>/dev/null | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+|^ +-[a-zA-Z]' |
        grep -oE -e '--?[a-zA-Z-]+'
}

_taploom()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]-} IFS=$'\n'

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$(_taploom_commands)"$'\n--help\n--version' -- "$current"))
        return
    fi
    case $previous in
    --report | --fates | --junit) COMPREPLY=($(compgen -f -- "$current")) && return ;;
    --capture | --artifacts) COMPREPLY=($(compgen -d -- "$current")) && return ;;
    --keep) COMPREPLY=($(compgen -W $'failure\nalways\nnever' -- "$current")) && return ;;
    --direction) COMPREPLY=($(compgen -W $'forward\nreverse' -- "$current")) && return ;;
    --preset) command=presets ;;
    --ready)
        COMPREPLY=($(compgen -W $'listening\nnone\ntcp:\nudp:\noutput:' -- "$current")) && return
        ;;
    esac
    case $current in
    -*) COMPREPLY=($(compgen -W "$(_taploom_options "$command")" -- "$current")) && return ;;
    esac
    case $command in
    run | check | explain | test)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -d -- "$current") $(compgen -f -X '!*.@(yaml|yml)' -- "$current"))
        ;;
    presets)
        COMPREPLY=($(compgen -W "$(taploom presets 2>/dev/null |
            awk 'NR > 1 && NF == 0 { exit } NR > 1 { print $1 }')" -- "$current"))
        ;;
    show)
        COMPREPLY=($(compgen -W "$(taploom list 2>/dev/null | awk 'NR > 1 { print $1 }')" \
            -- "$current"))
        ;;
    import) COMPREPLY=($(compgen -W $'tc\nqns\nmahimahi' -- "$current")) ;;
    link) COMPREPLY=($(compgen -W $'up\ndown' -- "$current")) ;;
    esac
}

shopt -s extglob
complete -F _taploom taploom
