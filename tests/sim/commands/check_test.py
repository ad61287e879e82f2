#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""taploom check: what it prints, in how many columns, and with which exit status. Prints TAP; the
arguments are the program and the tree's root."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Points

RIGHT = '''\
nodes: {london: , newyork: {address: [10.0.0.2/24, "fd00::2/64"]}, office: {kind: switch}}
links:
  - endpoints: [london, newyork]
    name: atlantic
    rate: 100mbit
    queue: 50ms
    delay: 35ms
    jitter: {deviation: 40ms, distribution: normal}
    loss: 0.1%
    reverse: {rate: 10mbit, overhead: ethernet}
  - {endpoints: [london, office]}
tasks: [{on: london, run: ping -c 1 newyork}]
capture: [atlantic]
'''

RIGHT_PRINTS = '''\
Nodes
  london    host    eth0  10.0.0.1/24
                    eth1  10.0.1.1/24
  newyork   host    eth0  10.0.0.2/24
                          fd00::2/64
  office    switch  1 port

Links        rate       queue     loss      delay     jitter       BDP    frames
  atlantic: london:eth0 to newyork:eth0
  ->      100mbit        50ms     0.1%       35ms       40ms     875kB       578
      jitter distribution normal
  <-       10mbit        50ms     0.1%       35ms       40ms    87500B        58
      overhead 24B, jitter distribution normal
  london-office: london:eth1 to office:eth0
  ->            -           -        -          -          -         -         -
  <-            -           -        -          -          -         -         -

BDP: bandwidth-delay product, the rate times both delays of the link, in bytes
and in full frames. The queue is the one in force; - stands for none.

Warnings
  x.yaml:3:5: links[0]: jitter: no delay is below zero, so 35% of the frames
    have none, and the others more: mean (35ms) and deviation (40ms) are as
    asked
  x.yaml:10:14: links[0].reverse: jitter: no delay is below zero, so 35% of the
    frames have none, and the others more: mean (35ms) and deviation (40ms) are
    as asked

x.yaml is right: 3 nodes, 2 links, 1 task, 2 capture files, 2 warnings.
'''

WRONG = '''\
nodes: [a, b]
links: [{endpoints: [a, c], delay: 20}]
'''

WRONG_PRINTS = '''\
x.yaml:2:25: links[0].endpoints[1]: "c" is no node: known is a, b
x.yaml:2:36: links[0].delay: "20" has no unit: write 20ms or 20s
'''

FILES = '''\
nodes: [a, b]
links:
  - {endpoints: [a, b], name: first, delay: {trace: x.delays}}
  - endpoints: [a, b]
    delay: 5ms
    jitter: {deviation: 1ms, distribution: table, file: x.dist}
'''

FILES_PRINTS = '''\
x.yaml:3:53: links[0].delay.trace: x.delays:2: "2" has no unit: write 2ms or 2s; expected a delay, \
such as 12.5ms
x.yaml:6:57: links[1].jitter.file: x.dist:2: "x" is not an entry of a table: expected whole numbers \
from -32768 to 32767, of which 8192 is one deviation
'''

TRACES = '''\
nodes: [a, b]
links:
  - {endpoints: [a, b], name: first, rate: {model: trace, file: x.trace}, queue: 50ms}
  - {endpoints: [a, b], queue: 50ms, trace: {file: x.csv, loop: yes}}
'''

TRACES_PRINTS = '''\
x.yaml:3:65: links[0].rate.file: x.trace:2: expected a time not before that of the line above
x.yaml:4:52: links[1].trace.file: x.csv:3: rate: expected without the unit, which the column has: \
a rate such as 10mbit, to 100gbit, and "fast" was found
'''

NO_FILES = [
    ('""', '"": no name of a file: write the name of a file with a delay a line, such as 12.5ms'),
    ('gone', '"gone": No such file or directory: write the name of a file with a delay a line, '
             'such as 12.5ms'),
    ('.', '".": it is a directory: write the name of a file with a delay a line, such as 12.5ms'),
    ('/dev/zero', '"/dev/zero": it is a device and no file: write the name of a file with a delay '
                  'a line, such as 12.5ms'),
    ('x.binary', 'x.binary:2: is no text: expected a delay a line, such as 12.5ms'),
]

# The longest of everything that is allowed.
WIDE = f'''\
nodes: {{{"x" * 63}: {{address: "fd00:1111:2222:3333:4444:5555:6666:7777/128"}}, {"y" * 63}: }}
links:
  - endpoints: ["{"x" * 63}:eth123456789012", {"y" * 63}]
    rate: 99999999999bit
    queue: 9223372036854775807ns
    delay: 3599999999999ns
    jitter: 3599999999998ns
    loss: 99.99999999%
'''


def main(program, root):
    program = Path(program).resolve()
    points = Points()
    expect = points.expect

    def check(text, folder):
        (Path(folder) / 'x.yaml').write_text(text)
        return subprocess.run([program, 'check', 'x.yaml'], cwd=folder, capture_output=True,
                              text=True)

    with tempfile.TemporaryDirectory() as folder:
        run = check(RIGHT, folder)
        expect('a right scenario is printed', (run.returncode, run.stderr), (0, ''))
        for number, (found, wanted) in enumerate(
                zip((run.stdout + '\n' * 40).split('\n'), (RIGHT_PRINTS + '\n' * 40).split('\n'))):
            if found != wanted:
                expect(f'line {number + 1} of the output', found, wanted)
        run = check(WRONG, folder)
        expect('all errors of a wrong one go to standard error',
               (run.returncode, run.stdout, run.stderr), (2, '', WRONG_PRINTS))
        (Path(folder) / 'x.delays').write_text('1ms\n2\n')
        (Path(folder) / 'x.dist').write_text('# short\n8192 x\n')
        run = check(FILES, folder)
        expect('what is wrong in the files of delays is told',
               (run.returncode, run.stdout, run.stderr), (2, '', FILES_PRINTS))
        (Path(folder) / 'x.delays').write_text('1ms\n2ms\n')
        (Path(folder) / 'x.dist').write_text('-8192 8192\n')
        run = check(FILES, folder)
        expect('right ones are no error', (run.returncode, run.stderr), (0, ''))
        expect('and are named', [name for name in ('trace x.delays', 'file x.dist')
                                 if name not in ' '.join(run.stdout.split())], [])
        (Path(folder) / 'x.trace').write_text('3\n2\n')
        (Path(folder) / 'x.csv').write_text('time_s,rate_mbit\n0,1\n1,fast\n')
        run = check(TRACES, folder)
        expect('what is wrong in the files of rates is told',
               (run.returncode, run.stdout, run.stderr), (2, '', TRACES_PRINTS))
        (Path(folder) / 'x.trace').write_text('2\n3\n')
        (Path(folder) / 'x.csv').write_text('time_s,rate_mbit,delay_ms\n0,1,7\n1,3.5,7\n')
        run = check(TRACES, folder)
        expect('right ones are none', (run.returncode, run.stderr), (0, ''))
        expect('the mean delay of a trace is told', run.stdout.count(' 7ms '), 2)
        (Path(folder) / 'x.binary').write_bytes(b'1ms\n2ms\x003ms\n')
        for name, error in NO_FILES:
            run = check(FILES.replace('x.delays', name), folder)
            expect(f'a delay of {name} is refused', (run.returncode, run.stdout, run.stderr),
                   (2, '', f'x.yaml:3:53: links[0].delay.trace: {error}\n'))
        run = check(WIDE, folder)
        expect('the longest names are right', (run.returncode, run.stderr), (0, ''))
        # A heading breaks between words only, and these names are longer than a line together.
        expect('nothing but a long word is wider than 80 columns',
               [line for line in run.stdout.split('\n') if len(line) > 80 and ' ' in line.strip()],
               [])
    for path in sorted((Path(root) / 'scenarios').rglob('*.yaml')):
        run = subprocess.run([program, 'check', path], capture_output=True, text=True)
        expect(f'{path.name} is right, without a warning',
               (run.returncode, run.stderr, 'Warnings' in run.stdout), (0, '', False))
        expect(f'{path.name} is printed in 80 columns',
               [line for line in run.stdout.split('\n') if len(line) > 80], [])
    run = subprocess.run([program, 'check', '/nonexistent'], capture_output=True, text=True)
    expect('a missing file is said', (run.returncode, run.stdout, run.stderr),
           (2, '', '/nonexistent: cannot be read: open: No such file or directory\n'))
    run = subprocess.run([program, 'check'], capture_output=True, text=True)
    expect('a missing operand is a mistake', (run.returncode, run.stdout), (2, ''))

    return points.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
