#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes that are tried elsewhere, of the image and of the action, agree with bootstrap about
the packages, and their shell parses. Prints TAP; the only argument is the tree's root."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path


def required(bootstrap, purpose):
    """The packages that bootstrap knows for `purpose`."""
    lines = re.search(rf"^requirements_{purpose}='\n(.*?)'$", bootstrap, re.M | re.S).group(1)
    return {line.split()[-1] for line in lines.splitlines()}


def installed(recipe):
    """The packages of each `apt-get install` of a Containerfile, in order."""
    text = recipe.replace('\\\n', ' ')
    return [{word for word in command.split() if not word.startswith('-')}
            for command in re.findall(r'apt-get install ([^&\n]*)', text)]


def scripts(action):
    """What the steps of an action run."""
    blocks = re.findall(r'^( +)run: \|\n((?:\1 +.*\n|\n)+)', action, re.M)
    return ([textwrap.dedent(text) for _, text in blocks] +
            re.findall(r"^ +run: '(.*)'$", action, re.M))


def wrong_with(bootstrap, recipe, action):
    """A list of complaints for each property."""
    to_build, to_run = installed(recipe)
    parsed = [subprocess.run(['bash', '-n'], input=script, capture_output=True, text=True)
              for script in scripts(action)]
    return {
        'the image is built with what bootstrap builds with':
            sorted(to_build ^ required(bootstrap, 'to_build')),
        'the image has what scenarios and their tests run':
            sorted((required(bootstrap, 'to_run') | required(bootstrap, 'to_test')) - to_run),
        'both stages of the image start from one system':
            sorted(set(re.findall(r'^FROM (\S+)', recipe, re.M)))[1:],
        'the shell of the action parses':
            [done.stderr.strip() for done in parsed if done.returncode != 0] or
            ([] if len(parsed) == action.count(' run: ') else ['a step is not found']),
    }


# Each breaks one property: they are looked at at all.
BREACHES = [('recipe', ' meson ', ' '), ('recipe', 'nftables', ''),
            ('recipe', 'FROM debian:', 'FROM ubuntu:'), ('action', 'done\n', '\n')]


def main(root):
    texts = {'bootstrap': (root / 'bootstrap').read_text(),
             'recipe': (root / 'doc/Containerfile').read_text(),
             'action': (root / '.github/actions/test/action.yml').read_text()}
    results = [(name, not wrong, wrong) for name, wrong in wrong_with(**texts).items()]
    for part, before, after in BREACHES:
        broken = {**texts, part: texts[part].replace(before, after, 1)}
        count = sum(bool(wrong) for wrong in wrong_with(**broken).values())
        results.append((f'noticed: no {before.strip()}', count == 1, [f'{count} complaints']))
    print(f'1..{len(results)}')
    for number, (name, good, wrong) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        for line in [] if good else wrong:
            print(f'# {line}')
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
