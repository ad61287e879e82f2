#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the tree that a compiler does not know: who may include whom, which module owns
which outside library, and where clocks, sleeps and random numbers are allowed.

First every rule is shown a breach in a tree made for it, then the real tree is read. Prints TAP;
the only argument is the tree's root."""

import re
import sys
import tempfile
from pathlib import Path

from tap import Points

# Layers from the bottom up: a file may include its own layer and those below. The first match
# counts; tests/ may include everything.
LAYERS = [
    (r'core/', 0),
    (r'links/', 1),
    (r'sim/nodes/', 2),
    (r'sim/main\.c$', 4),
    (r'sim/', 3),
]

# Folders whose parts know nothing of each other. A part is a file that defines a class of the kind.
PARTS = {'links': 'StageClass', 'sim/nodes': 'NodeClass', 'sim/devices': 'DeviceClass'}

# Outside libraries and kernel interfaces, and the folders that may include them.
LIBRARIES = [
    (r'uv\.h$', ['sim/lab', 'sim/relay', 'sim/suite']),
    (r'yaml\.h$', ['sim/scenario']),
    (r'pcap([./]|$)', ['sim/capture']),
    (r'(netlink/|libnl)', ['sim/host']),
    (r'json-glib/', ['sim/report', 'sim/control', 'sim/lab', 'sim/commands', 'sim/suite', 'sim/schema']),
    (r'linux/(if_tun|virtio_net)\.h$', ['sim/devices']),
]

# What may be called in one file only: rule, names, that file, and where tests are free of it.
CLOCK = (
    r'clock_gettime|clock_getres|gettimeofday|time|ftime|clock|timespec_get|times'
    r'|g_get_(?:monotonic|real|current)_time|g_date_time_new_now\w*|g_timer_new'
    r'|uv_hrtime|uv_now|uv_clock_gettime|uv_gettimeofday|__rdtscp?|__builtin_ia32_rdtscp?')
SLEEP = (
    r'sleep|usleep|nanosleep|clock_nanosleep|thrd_sleep|g_usleep|uv_sleep'
    r'|p?poll(?=\s*\(\s*NULL)|select(?=\s*\(\s*0)')
RANDOM = (
    r'rand|srand|rand_r|random|srandom|random_r|[dlmejn]rand48|srand48|arc4random\w*'
    r'|getrandom|getentropy|uv_random|g_random_\w+|g_rand_\w+|g_uuid_string_random'
    r'|g_test_rand_\w+')
CALLS = [
    ('clock', CLOCK, ['sim/realtime/clock.c'], r'tests/'),
    ('sleep', SLEEP, [], r'tests/(netns|bench)/|tests/support/halts\.c'),
    ('random', RANDOM, ['core/random.c'], r'tests/(netns|bench)/'),
]
CALLS = [
    (rule, re.compile(rf'(?<![\w.>])(?:{names})\s*\('), owners, re.compile(free))
    for rule, names, owners, free in CALLS
]
# A clock's name is as good as a read, but a timerfd must be told which clock it follows.
CLOCK_NAME = re.compile(r'\bCLOCK_[A-Z_]+\b')
TIMERFD = re.compile(r'\btimerfd_create\s*\(')

SPDX = 'SPDX-License-Identifier: Apache-2.0'
SPDX_FILES = re.compile(
    r'(\.(c|h|in|py|sh|yaml|[1-8])|(^|/)(meson\.build|meson_options\.txt|bootstrap|\.ci/run))$')

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files_of(root):
    """All files of the tree, as paths from its root; build directories are not part of it."""
    for path in sorted(root.rglob('*')):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not re.match(r'build|\.git/|\.cache/', name):
            yield name


def layer_of(name):
    return next((layer for pattern, layer in LAYERS if re.match(pattern, name)), None)


def parts_of(root, folder):
    """The stems of the files in and below the folder that define a class, such as the stages of
    links/."""
    definition = re.compile(rf'^const {PARTS[folder]} \w+ = ', re.M)
    return {path.stem for path in (root / folder).rglob('*.c')
            if definition.search(path.read_text())}


def part_of(name):
    """The folder of PARTS that a file lies in or below, None for others, and its stem."""
    folder = next((folder for folder in PARTS if name.startswith(f'{folder}/')), None)
    return folder, Path(name).stem


def check_include(name, quote, target, parts):
    """Yields (rule, message) for one include line of a file outside tests/."""
    own, other = layer_of(name), layer_of(target)
    if quote == '"' and own is not None and other is not None and other > own:
        yield 'upward', f'includes {target}, which stands above it'
    folder, stem = part_of(name)
    other_folder, other_stem = part_of(target)
    if (folder == other_folder and stem != other_stem
            and {stem, other_stem} <= parts.get(folder, set())):
        yield 'sideways', f'includes its neighbour {target}'
    for pattern, folders in LIBRARIES:
        if re.match(pattern, target) and Path(name).parent.as_posix() not in folders:
            yield 'library', f'includes {target}, which belongs to {" and ".join(folders)}'


def check_calls(name, text):
    """Yields (rule, line number, message) for calls of what belongs to another file."""
    blank = lambda match: re.sub(r'[^\n]', ' ', match.group())
    for number, line in enumerate(NOT_CODE.sub(blank, text).split('\n'), 1):
        for rule, pattern, owners, free in CALLS:
            if name in owners or free.match(name):
                continue
            found = [match.group().rstrip(' (') for match in pattern.finditer(line)]
            if rule == 'clock' and not TIMERFD.search(line):
                found += CLOCK_NAME.findall(line)
            for call in found:
                where = f'belongs to {owners[0]}' if owners else 'has no place here'
                yield rule, number, f'{call} {where}'


def breaches(root):
    """Yields (rule, text) for everything in the tree that breaks a rule."""
    parts = {folder: parts_of(root, folder) for folder in PARTS}
    for name in files_of(root):
        if not SPDX_FILES.search(name):
            continue
        text = (root / name).read_text()
        if SPDX not in '\n'.join(text.split('\n')[:2]):
            yield 'spdx', f'{name}:1: has no line "{SPDX}" at its head'
        if not name.endswith(('.c', '.h', '.c.in')):
            continue
        if not name.startswith('tests/'):
            for number, line in enumerate(text.split('\n'), 1):
                if include := INCLUDE.match(line):
                    for rule, message in check_include(name, *include.groups(), parts):
                        yield rule, f'{name}:{number}: {message}'
        for rule, number, message in check_calls(name, text):
            yield rule, f'{name}:{number}: {message}'


# Breaches, one a tree: rule, file, line that breaks it.
BREACHES = [
    ('upward', 'core/engine.c', '#include "links/link.h"'),
    ('upward', 'core/engine.c', '#include "sim/nodes/switch.h"'),
    ('upward', 'links/link.c', '#include "sim/nodes/port.h"'),
    ('upward', 'links/link.h', '#  include "sim/scenario/scenario.h"'),
    ('upward', 'sim/nodes/switch.c', '#include "sim/scenario/scenario.h"'),
    ('sideways', 'links/rate/rate.c', '#include "links/loss/loss.h"'),
    ('sideways', 'sim/nodes/switch.c', '#include "sim/nodes/hub.h"'),
    ('sideways', 'sim/devices/tap.c', '#include "sim/devices/tun.h"'),
    ('library', 'sim/report/report.c', '#include <uv.h>'),
    ('library', 'sim/lab/lab.c', '#include <yaml.h>'),
    ('library', 'core/param.c', '#include <yaml.h>'),
    ('library', 'sim/lab/lab.c', '#include <pcap/pcap.h>'),
    ('library', 'sim/lab/lab.c', '#include <pcap.h>'),
    ('library', 'sim/devices/tap.c', '#include <netlink/route/link.h>'),
    ('library', 'sim/scenario/scenario.c', '#include <json-glib/json-glib.h>'),
    ('library', 'sim/host/host.c', '#include <linux/if_tun.h>'),
    ('clock', 'sim/lab/lab.c', 'a = clock_gettime(x, &now);'),
    ('clock', 'core/engine.c', 'now = time(NULL);'),
    ('clock', 'sim/lab/lab.c', 'now = g_get_monotonic_time();'),
    ('clock', 'sim/lab/lab.c', 'id = CLOCK_MONOTONIC;'),
    ('clock', 'sim/lab/lab.c', 'now = uv_hrtime ();'),
    ('sleep', 'sim/lab/lab.c', 'if (g_usleep(5))'),
    ('sleep', 'sim/realtime/clock.c', 'nanosleep(&t, NULL);'),
    ('sleep', 'tests/core/engine_test.c', 'usleep(1000);'),
    ('sleep', 'sim/lab/lab.c', 'poll(NULL, 0, 10);'),
    ('random', 'links/loss/loss.c', 'if (rand() % 100 < 5)'),
    ('random', 'links/loss/loss.c', 'x = random();'),
    ('random', 'sim/lab/lab.c', 'g_random_int_range(0, 1);'),
    ('random', 'sim/lab/lab.c', 'getrandom(&seed, sizeof(seed), 0);'),
    ('random', 'tests/links/loss/loss_test.c', 'g_test_rand_int();'),
]

# Lines that look like a breach and are none.
INNOCENTS = [
    ('links/link.c', '#include "core/engine.h"'),
    ('links/rate/rate.c', '#include "links/stage.h"'),
    ('links/loss/loss.c', '#include "links/loss/loss.h"'),
    ('sim/main.c', '#include "sim/commands/command.h"'),
    ('sim/lab/lab.c', '#include <uv.h>'),
    ('tests/core/engine_test.c', '#include "sim/scenario/scenario.h"'),
    ('sim/realtime/clock.c', 'clock_gettime(CLOCK_MONOTONIC, &now);'),
    ('sim/realtime/wait.c', 'fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);'),
    ('core/random.c', 'x = rand();'),
    ('links/loss/loss.c', 'x = random_draw(key, 0, 0) + operand(1);'),
    ('links/loss/loss.c', 'self->time(now); self.random(); run_time(1);'),
    ('links/loss/loss.c', '// time(NULL), rand() and sleep(1) are told of here'),
    ('links/loss/loss.c', 'puts("sleep(1) " \'"\' "rand()");'),
    ('links/loss/loss.c', '/* usleep(1)\n rand() */'),
    ('tests/netns/lab_test.c', 'usleep(1000);'),
    ('tests/core/engine_test.c', 'clock_gettime(CLOCK_MONOTONIC, &now);'),
]


def made_tree(folder, name, line, head=f'// {SPDX}\n'):
    """A tree with two stages, nodes and devices that keeps all rules but for `line` in `name`."""
    root = Path(folder)
    for part, stems in [('links', 'rate loss'), ('sim/nodes', 'switch hub'),
                        ('sim/devices', 'tap tun')]:
        (root / part).mkdir(parents=True)
        for stem in stems.split():
            (root / part / f'{stem}.c').write_text(
                f'// {SPDX}\nconst {PARTS[part]} {stem}_class = {{\n}};\n')
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    with open(root / name, 'a+') as file:
        file.write(line if file.tell() else f'{head}{line}')
        file.write('\n')
    return root


def rules_broken(*tree):
    with tempfile.TemporaryDirectory() as folder:
        return [rule for rule, _ in breaches(made_tree(folder, *tree))]


def main(root):
    points = Points()
    for rule, name, line in BREACHES:
        points.expect(f'sees {rule} in {name}: {line}', set(rules_broken(name, line)), {rule})
    for name, line in INNOCENTS:
        points.expect(f'allows {name}: {line!r}', rules_broken(name, line), [])
    for name in ['core/a.h', 'core/meson.build', 'tests/tree/a.py', 'scenarios/a.yaml', 'doc/a.1']:
        points.expect(f'sees spdx missing in {name}', rules_broken(name, 'x', ''), ['spdx'])

    found = list(breaches(root))
    for rule in ['upward', 'sideways', 'library', 'clock', 'sleep', 'random', 'spdx']:
        texts = [text for broken, text in found if broken == rule]
        points.add(f'the tree keeps the rule: {rule}', not texts, '\n'.join(texts))
    for folder in PARTS:
        points.add(f'knows the parts of {folder}', parts_of(root, folder))
    return points.finish()


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
