#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""taploom explain: what it prints, in how many columns, and with which exit status. Prints TAP; the
arguments are the program and the tree's root."""

import subprocess
import sys
from pathlib import Path

from tap import Points

RIGHT = '''\
nodes: {london: , newyork: , office: {kind: switch}}
links:
  - endpoints: [london, newyork]
    name: atlantic
    rate: 100mbit
    delay: 35ms
    jitter: {deviation: 2ms, distribution: normal}
    loss: 0.1%
    reverse: {rate: 10mbit, queue: 50ms, loss: 0%}
  - {endpoints: [london, office], preset: transatlantic}
  - {endpoints: [newyork, office]}
'''

RIGHT_PRINTS = '''\
atlantic
  from london:eth0 to newyork:eth0: a frame
    1. waits for its turn in a queue of 100ms, or is dropped when that is full
    2. is sent at 100mbit, one behind the other
    3. is lost with a probability of 0.1%, each on its own
    4. is under way for 35ms
    5. takes more or less than that, normal with a deviation of 2ms
  from newyork:eth0 to london:eth0: a frame
    1. waits for its turn in a queue of 50ms, or is dropped when that is full
    2. is sent at 10mbit, one behind the other
    3. is under way for 35ms
    4. takes more or less than that, normal with a deviation of 2ms

london-office (preset transatlantic)
  between london:eth1 and office:eth0, both ways: a frame
    1. is under way for 39ms

newyork-office
  between newyork:eth1 and office:eth1, both ways: a frame passes at once
'''


MATRIX = '''\
matrix: {loss: [1%, 5%]}
nodes: [a, b]
links: [{endpoints: [a, b], loss: "${loss}"}]
'''


def main(program, root):
    points = Points()
    expect = points.expect

    def explain(*arguments, text=None):
        return subprocess.run([Path(program).resolve(), 'explain', *arguments],
                              capture_output=True, text=True, input=text)

    run = explain('-', text=RIGHT)
    expect('a right scenario is explained', (run.returncode, run.stderr), (0, ''))
    expect('its words', run.stdout, RIGHT_PRINTS)
    run = explain('-', text='nodes: [a]\n')
    expect('a wrong one is refused', (run.returncode, run.stdout, 'stdin:1:1' in run.stderr),
           (2, '', True))
    run = explain('-', '--matrix', 'loss=5%', text=MATRIX)
    expect('values of a matrix are chosen', run.stdout.split('probability of ')[-1][:3], '5%,')
    for path in sorted((Path(root) / 'scenarios').glob('*.yaml')):
        run = explain(path)
        expect(f'{path.name} is explained in 80 columns',
               (run.returncode, run.stderr, [line for line in run.stdout.split('\n')
                                             if len(line) > 80]), (0, '', []))
    expect('a missing file is said', explain('/nonexistent').returncode, 2)
    expect('a missing operand is a mistake', explain().returncode, 2)

    return points.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
