#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages tell of everything there is: each key of a scenario, command, option and drop
reason that the sources know by a table, and each member of the JSON report. Also: mandoc has
nothing to complain of. Prints TAP; the only argument is the tree's root."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tap import Points

PARAM = re.compile(r'\.name = "([a-z0-9_-]+)",\s*\.type')
STAGE_KEY = re.compile(r'\{"([a-z]+)", \w+_params, ')
FIELD = re.compile(r'\{"([a-z]+)", \w+_read\w*\}')
OPTION = re.compile(r'\{"([a-z-]+)", 0, 0, G_OPTION')
METRIC = re.compile(r'METRIC\("([a-z]+)[.a-z0-9]*", METRIC_|METRIC_SPREAD\("([a-z]+)"')
ACTION = re.compile(r'\.name = "([a-z-]+)",\s*\.summary')
MEMBER = re.compile(r'json_\w+\(\s*json,\s*([^;]*?)[,)]')
DROP = re.compile(r'X\(DROP_\w+, "([a-z-]+)", "([^"]+)"\)')


def found(root, folder, *patterns):
    """What the patterns capture in the sources of one folder and below, each once, in order."""
    texts = [path.read_text() for path in sorted((root / folder).rglob('*.[ch]'))]
    return list(dict.fromkeys(name for pattern in patterns for text in texts
                              for name in pattern.findall(text)))


def missing_items(page, names):
    """The names that no `.It Cm NAME` of the page introduces."""
    return [name for name in names if not re.search(rf'^\.It Cm {name}\b', page, re.M)]


def report_members(root):
    """The names of all members that the JSON report may have, but for those that a file gives."""
    return list(dict.fromkeys(name for argument in found(root, 'sim/report', MEMBER)
                              for name in re.findall(r'"(\w+)"', argument)))


def missing_members(page, names):
    """The names that the page's part on JSON does not set apart from its prose."""
    part = re.search(r'^\.Ss JSON\n(.*?)^\.S[hs] ', page, re.S | re.M).group(1)
    marked = ' '.join(line for line in part.splitlines() if re.match(r'\.(It |Pq )?(Cm|Ql) ', line))
    return [name for name in names if not re.search(rf'(?<![\w-]){name}(?![\w-])', marked)]


def lint(page):
    """mandoc's complaints above the level of style; None where it is not installed."""
    if shutil.which('mandoc') is None:
        return None
    run = subprocess.run(['mandoc', '-Tlint', '-Wwarning', str(page)], capture_output=True,
                         text=True)
    return run.stdout.splitlines()


def main(root):
    commands_page = (root / 'doc/taploom.1').read_text()
    scenario_page = (root / 'doc/taploom-scenario.5').read_text()
    words = ' '.join(scenario_page.split())
    stage_keys, fields = found(root, 'links', STAGE_KEY), found(root, 'sim/scenario', FIELD)
    link_params = found(root, 'links', PARAM)
    build = (root / 'sim/commands/meson.build').read_text()
    commands = re.findall(r"'(\w+)'", re.search(r'command_names = \[(.*?)\]', build, re.S).group(1))
    sources = {name: (root / f'sim/commands/{name}.c').read_text() for name in commands}
    commands = [name for name in commands if '.internal = true' not in sources[name]]
    shared = [(root / f'sim/commands/{name}.c').read_text() for name in ('link_options', 'one_line')]
    options = [option for text in [*(sources[name] for name in commands), *shared]
               for option in OPTION.findall(text)]
    drops = DROP.findall(re.sub(r'\\\n', '', (root / 'core/drop.h').read_text()))
    members = report_members(root)
    actions = ACTION.findall((root / 'links/fault/fault_action.c').read_text())

    metrics = sorted({a or b for a, b in METRIC.findall(
        (root / 'sim/scenario/metric.c').read_text())})

    entries = [
        ('keys of links', stage_keys, missing_items(scenario_page, stage_keys)),
        ('parameters of link keys', link_params,
         [name for name in link_params if not re.search(rf'\b{name}\b', words)]),
        ('keys of other sections', fields, missing_items(scenario_page, fields)),
        ('parameters of other sections', found(root, 'sim/scenario', PARAM),
         missing_items(scenario_page, found(root, 'sim/scenario', PARAM))),
        ('actions of faults', actions, missing_items(scenario_page, actions)),
        ('metrics of expectations', metrics,
         [name for name in metrics if not re.search(rf'^\.(It|Cm) .*\b{name}\b', scenario_page, re.M)]),
        ('commands', commands, missing_items(commands_page, commands)),
        ('synopses of commands', commands,
         [name for name in commands if not re.search(rf'^\.Nm\n\.Cm {name}\b', commands_page, re.M)]),
        ('options', options,
         [name for name in options if f'.It Fl -{name}' not in commands_page]),
        ('members of the JSON report', members, missing_members(commands_page, members)),
        ('reasons of drops', drops,
         [name for name, meaning in drops if f'.It {name}\n{meaning}\n' not in commands_page]),
    ]
    points = Points()
    for what, known, missing in entries:
        points.add(f'{what} are in the manual', known and not missing,
                   f"{len(known)} known, missing: {', '.join(missing)}")
    for page in ['doc/taploom.1', 'doc/taploom-scenario.5']:
        complaints = lint(root / page)
        if complaints is None and os.environ.get('CI') != 'true':
            points.skip(page, 'mandoc is not installed (./bootstrap deps ci)')
        else:
            points.add(f'mandoc is content with {page}', complaints == [],
                       '\n'.join(complaints or []))
    return points.finish()


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
