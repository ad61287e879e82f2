# SPDX-License-Identifier: Apache-2.0
# Completion for fish, from what the program's own --help tells.

function __taploom_commands
    taploom --help 2>/dev/null | awk '/^Commands:/ { on = 1; next } on && NF == 0 { exit }
        on { name = $1; $1 = ""; sub(/^ /, ""); print name "\t" $0 }'
end

function __taploom_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and echo $words[2]
end

function __taploom_options
    taploom (__taploom_command) --help 2>/dev/null |
        string match -rg '^ +(?:-[a-zA-Z], )?(--[a-z-]+)'
end

function __taploom_is
    contains -- (__taploom_command) $argv
end

function __taploom_presets
    taploom presets 2>/dev/null | awk 'NR > 1 && NF == 0 { exit } NR > 1 { print $1 }'
end

complete -c taploom -f
complete -c taploom -n 'not __taploom_command' -a '(__taploom_commands)'
complete -c taploom -n '__taploom_command >/dev/null; and string match -q -- "-*" (commandline -ct)' \
    -a '(__taploom_options)'
complete -c taploom -n '__taploom_is run check explain test' \
    -a '(__fish_complete_suffix .yaml; __fish_complete_suffix .yml)'
complete -c taploom -n '__taploom_is run' -l report -r -F
complete -c taploom -n '__taploom_is run' -l fates -r -F
complete -c taploom -n '__taploom_is run' -l capture -r -a '(__fish_complete_directories)'
complete -c taploom -n '__taploom_is test' -l junit -r -F
complete -c taploom -n '__taploom_is test' -l artifacts -r -a '(__fish_complete_directories)'
complete -c taploom -n '__taploom_is test' -l keep -x -a 'failure always never'
complete -c taploom -n '__taploom_is with pair' -l preset -x -a '(__taploom_presets)'
complete -c taploom -n '__taploom_is pair' -l ready -x -a 'listening none tcp: udp: output:'
complete -c taploom -n '__taploom_is presets' -a '(__taploom_presets)'
complete -c taploom -n '__taploom_is show' \
    -a "(taploom list 2>/dev/null | awk 'NR > 1 { print \$1 }')"
complete -c taploom -n '__taploom_is import' -a 'tc qns mahimahi'
complete -c taploom -n '__taploom_is link' -a 'up down'
