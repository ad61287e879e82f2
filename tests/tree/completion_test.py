#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in bash, zsh and fish knows the commands and their options. Shells that are not
installed are left out. Prints TAP; the arguments are the program and the tree's root."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Points

BASH = '''
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_taploom
printf '%s\\n' "${COMPREPLY[@]}"
'''
# zsh completes on a terminal only: its functions are run with what they call replaced.
ZSH = '''
script=$1; shift
words=("$@"); CURRENT=$#
compadd() { print -l -- ${@:#--} }
_describe() { print -l -- ${(P)@[-1]} }
_files() { print -l -- files }
source $script
'''


def run(command, folder, path):
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False,
                          env={**os.environ, 'PATH': f'{path}:{os.environ["PATH"]}',
                               'HOME': folder})
    return [re.split('[\t:]', line)[0] for line in done.stdout.split('\n') if line], done.stderr


def complete(shell, root, folder, path, words):
    """What the shell offers for the last of the words, and what it complains of."""
    if shell == 'bash':
        script = root / 'sim/completions/taploom.bash'
        return run(['bash', '--norc', '-c', BASH, 'bash', script, *words], folder, path)
    if shell == 'zsh':
        script = root / 'sim/completions/_taploom'
        return run(['zsh', '-f', '-c', ZSH, 'zsh', script, *words], folder, path)
    script = root / 'sim/completions/taploom.fish'
    return run(['fish', '--no-config', '-c', f'source {script}; complete -C "{" ".join(words)}"'],
               folder, path)


def main(program, root):
    source = (root / 'sim/commands/meson.build').read_text()
    names = re.findall(r"'(\w+)'", re.search(r'command_names = \[(.*?)\]', source, re.S).group(1))
    sources = [(root / f'sim/commands/{name}.c').read_text() for name in names]
    commands = {re.search(r'^ +\.name = "([a-z-]+)"', text, re.M).group(1): text
                for text in sources if '.internal = true' not in text}
    options = re.findall(r'\{"([a-z-]+)", (?:0|\'\w\'), 0, G_OPTION', commands['test'])
    points = Points()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'bin'
        path.mkdir()
        (path / 'taploom').symlink_to(Path(program).resolve())
        (Path(folder) / 'lab.yaml').write_text('')
        cases = [
            ('all commands', ['taploom', ''], set(commands)),
            ('a command', ['taploom', 'tes'], {'test'}),
            ('all options of test', ['taploom', 'test', '--'], {f'--{name}' for name in options}),
            ('a preset', ['taploom', 'presets', 'lt'], {'lte'}),
            ('the preset of a link', ['taploom', 'with', '--preset', 'lt'], {'lte'}),
            ('when a server is ready', ['taploom', 'pair', '--ready', 'li'], {'listening'}),
        ]
        for shell in ('bash', 'zsh', 'fish'):
            for what, words, expected in cases:
                text = f'{shell}: {what}'
                if not shutil.which(shell):
                    points.skip(text, f'{shell} is not installed')
                    continue
                found, complaints = complete(shell, root, folder, path, words)
                points.add(text, expected <= set(found) and not complaints,
                           f'missing {expected - set(found)} {complaints}')
        found, _ = complete('bash', root, folder, path, ['taploom', 'run', 'la'])
        points.expect('bash: files', found, ['lab.yaml'])
    return points.finish()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], Path(sys.argv[2]).resolve()))
