#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""taploom presets: the list, each explanation, and a name that there is none of. Prints TAP; the
arguments are the program and the tree's root."""

import subprocess
import sys
from pathlib import Path

from tap import Points

# 30 Mbit/s for 100 ms are 375 kB, and over 40 ms 150 kB; 1448 bytes / 40 ms * sqrt(1.5 / 0.002) are
# 7.93 Mbit/s.
WIFI = '''\
wifi: Wi-Fi, good

                                UP      DOWN
rate                        30mbit    30mbit
queue                        100ms     100ms
                             375kB     375kB
loss                          0.2%      0.2%
delay, one way                20ms      20ms
jitter                           -         -
bandwidth-delay product      150kB     150kB
TCP throughput to expect  7930kbit  7930kbit
'''


def main(program, root):
    points = Points()
    expect = points.add

    def run(*arguments):
        return subprocess.run([Path(program).resolve(), 'presets', *arguments],
                              capture_output=True, text=True)

    listed = run()
    names = [line.split()[0] for line in listed.stdout.split('\n\n')[0].split('\n')[1:]]
    files = sorted(path.stem for path in (Path(root) / 'sim/presets').glob('*.yaml'))
    expect('each file is listed', sorted(names) == files, listed.stdout)
    for name in names:
        done = run(name)
        expect(f'{name} is explained in 80 columns',
               done.returncode == 0 and done.stdout.startswith(f'{name}: ')
               and all(len(line) <= 80 or 'https://' in line for line in done.stdout.split('\n')),
               done.stdout)
    expect('the list has 80 columns', max(map(len, listed.stdout.split('\n'))) <= 80,
           listed.stdout)
    expect('the figures are right', run('wifi').stdout.startswith(WIFI), run('wifi').stdout)
    # Without losses TCP gets its share of the rate: 384 kbit/s * 1448 / 1514.
    expect('a rate limits TCP', 'to expect  367kbit  1430kbit' in run('dsl').stdout,
           run('dsl').stdout)
    wrong = run('fiber')
    expect('the nearest name is suggested', (wrong.returncode, wrong.stdout, wrong.stderr) ==
           (2, '', 'taploom presets: "fiber" is no preset: did you mean fibre?\n'), wrong.stderr)
    expect('two names are a mistake', run('lte', 'dsl').returncode == 2, '')

    return points.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
