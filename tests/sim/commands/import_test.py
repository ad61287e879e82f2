#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""taploom import: the scenarios it prints, that taploom check takes them, and how it refuses. Prints
TAP; the arguments are the program and the tree's root."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Points

# Tool, text, lines of the scenario without comments and what all have.
CASES = [
    ('tc', 'delay 10ms 2ms distribution normal loss gemodel 1% 10% 90% 0.1%',
     ['loss: {model: gilbert-elliott, p: 1%, r: 10%, 1-h: 90%, 1-k: 0.1%}',
      'delay: 10ms', 'jitter: {deviation: 2ms, distribution: normal, reorder: yes}']),
    ('tc', 'delay 10ms 2ms 75%',
     ['delay: 10ms', 'jitter: {deviation: 2ms, distribution: uniform, correlation: 2 packets, '
      'reorder: yes}']),
    ('tc', 'tc qdisc add dev eth0 root netem delay 100ms',
     ['delay: 100ms']),
    ('tc', 'delay 1 rate 10mbps limit 7', ['rate: 80mbit', 'queue: 7 packets', 'delay: 1us']),
    ('tc', 'rate 1mbit 20 48 5 loss 1%',
     ['overhead: {bytes: 20B, cells: atm}', 'rate: 1mbit', 'queue: 1000 packets', 'loss: 1%']),
    ('tc', 'rate 1mbit 20 95 5', ['overhead: 20B', 'rate: 950kbit', 'queue: 1000 packets']),
    ('tc', 'loss 10% 25%', ['loss: {model: gilbert, rate: 10%, burst: 1.48}']),
    ('tc', 'loss state 1% 90%',
     ['loss: {model: four-state, p13: 1%, p31: 90%, p32: 0%, p23: 100%, p14: 0%}']),
    ('tc', 'delay 10ms reorder 25% 50%', ['reorder: {rate: 75%, extent: 10ms}']),
    ('tc', 'delay 10ms reorder 100% gap 5', ['reorder: {rate: 80%, extent: 10ms}']),
    ('tc', 'duplicate 1% corrupt 0.1%', ['corrupt: {rate: 0.1%, then: deliver}', 'duplicate: 1%']),
    ('tc', 'slot 10ms 20ms packets 4', ['slot: {min: 10ms, max: 20ms, packets: 4}']),
    ('tc', 'delay 1ms seed 7', ['seed: 7', 'delay: 1ms']),
    ('qns', 'simple-p2p --delay=15ms --bandwidth=10Mbps --queue=25',
     ['rate: 10mbit', 'queue: 26 packets', 'delay: 15ms']),
    ('qns', 'simple-p2p --delay=0.5 --bandwidth=1MB/s --queue=1',
     ['rate: 8mbit', 'queue: 2 packets', 'delay: 500ms']),
    ('qns', 'droplist --delay=15ms --bandwidth=10Mbps --queue=25 --drops_to_client=1,3,4 '
            '--drops_to_server=5',
     ['rate: 10mbit', 'queue: 26 packets', 'delay: 15ms', 'faults:',
      '- {drop: {}, match: "udp", direction: reverse, which: "1, 3, 4"}',
      '- {drop: {}, match: "udp", direction: forward, which: "5"}']),
    ('qns', 'drop-rate --delay=15ms --bandwidth=10Mbps --queue=25 --rate_to_client=50 '
            '--rate_to_server=0 --burst_to_client=1',
     ['rate: 10mbit', 'queue: 26 packets', 'delay: 15ms', 'faults:',
      '- {drop: {}, match: "udp", direction: reverse, which: "33.33%"}']),
    ('qns', 'corrupt-rate --delay=15ms --bandwidth=10Mbps --queue=25 --rate_to_client=10 '
            '--rate_to_server=20',
     ['rate: 10mbit', 'queue: 26 packets', 'delay: 15ms',
      'corrupt: {rate: 20%, then: repair, where: payload}',
      'corrupt: {rate: 10%, then: repair, where: payload}']),
    ('qns', 'blackhole --delay=15ms --bandwidth=10Mbps --queue=25 --on=10s --off=3s --repeat=2 '
            '--direction=toserver',
     ['rate: 10mbit', 'queue: 26 packets', 'delay: 15ms', 'timeline:',
      '- {at: 10s, for: 3s, link: path, direction: forward, set: {loss: 100%}}',
      '- {at: 23s, for: 3s, link: path, direction: forward, set: {loss: 100%}}']),
    ('qns', 'tcp-cross-traffic --delay=15ms --bandwidth=10Mbps --queue=25', None),
    ('qns', 'udp-cross-traffic --delay=15ms --bandwidth=10Mbps --queue=25 --crossdatarate=5Mbps',
     None),
    ('mahimahi', 'mm-delay 40 mm-loss uplink 0.1 mm-loss downlink 0.5',
     ['loss: 10%', 'delay: 40ms', 'reverse:', 'loss: 50%']),
    ('mahimahi', 'mm-delay 20 mm-delay 20 mm-link up down --uplink-queue=droptail '
                 '--uplink-queue-args=packets=100 --once -- firefox',
     ['rate: {model: trace, file: "up", loop: no}', 'queue: 100 packets', 'delay: 40ms',
      'reverse:', 'rate: {model: trace, file: "down", loop: no}', 'queue: 1000000 packets']),
    ('mahimahi', 'mm-link up down --uplink-queue=pie '
                 '--uplink-queue-args=bytes=60000,qdelay_ref=20,max_burst=75',
     ['rate: {model: trace, file: "up"}',
      'queue: {discipline: pie, limit: 60000B, target: 20ms, burst: 75ms, update: 30ms}',
      'rate: {model: trace, file: "down"}', 'queue: 1000000 packets']),
    ('mahimahi', 'mm-link up down --uplink-queue=codel --uplink-queue-args="packets=50, target=50, '
                 'interval=100" --downlink-queue=drophead --downlink-queue-args=bytes=60000',
     ['rate: {model: trace, file: "up"}',
      'queue: {discipline: codel, limit: 50 packets, target: 50ms, interval: 100ms}',
      'rate: {model: trace, file: "down"}', 'queue: {discipline: drop-head, limit: 60000B}']),
]

ERRORS = [
    (['tc', 'delay 10xs'],
     'tc: character 7: "10xs" is no time: write 10ms, 10us, 10ns or 10s'),
    (['tc', 'loss', '1%', 'dealy', '10ms'],
     'tc: character 9: "dealy" is no option of netem: did you mean delay?'),
    (['qns', 'simple-p2q'], 'qns: character 1: "simple-p2q" is no scenario: did you mean '
                            'simple-p2p?'),
    (['qns', 'simple-p2p --delay=15ms'],
     'qns: character 24: simple-p2p needs --bandwidth: write --bandwidth=10Mbps'),
    (['qns', 'simple-p2p --dely=15ms'],
     'qns: character 12: "--dely" is no option of simple-p2p: did you mean --delay?'),
    (['qns', 'simple-p2p --delay'],
     'qns: character 12: --delay has no value: write --delay=15ms'),
    (['qns', 'simple-p2p --bandwidth=10mbps'],
     'qns: character 12: "10mbps" is no rate: write --bandwidth=10Mbps'),
    (['qns', 'droplist --drops_to_client=0'],
     'qns: character 10: "0" is no list of packet numbers from 1, with commas and no blanks: write '
     '--drops_to_client=1,3,4'),
    (['qns', 'rebind --delay=15ms'],
     'qns: character 1: rebind: no link does that by itself: run scenarios/quic/rebind.yaml, which '
     'ships with taploom, where a router changes the port; rebind-addr.yaml beside it, the address'),
    (['qns', 'rebind-addr'],
     'qns: character 1: rebind-addr: no link does that by itself: run '
     'scenarios/quic/rebind-addr.yaml, which ships with taploom, where a router changes the '
     'address'),
    (['qns', 'asymmetric'],
     'qns: character 1: asymmetric: run scenarios/quic/asymmetric.yaml, which ships with taploom, '
     'or import simple-p2p and give it reverse: {rate: …}'),
    (['qns', 'cross-traffic'],
     'qns: character 1: cross-traffic: write tcp-cross-traffic or udp-cross-traffic'),
    (['mahimahi', 'mm-loss up 0.1'],
     'mahimahi: character 9: "up" is no direction: write uplink or downlink, then the loss'),
    (['mahimahi', 'mm-loss uplink 2'],
     'mahimahi: character 16: "2" is no loss: write a share from 0 to 1, such as 0.01 for 1%'),
    (['mahimahi', 'mm-link up'], 'mahimahi: character 11: mm-link lacks the trace of the downlink'),
    (['mahimahi', 'mm-link', 'up', 'down', '--uplink-queue=codel',
      '--uplink-queue-args=packets=5, target=5'],
     'mahimahi: character 38: the queue codel needs target and interval in milliseconds among its '
     'arguments'),
    (['mahimahi', 'mm-link', 'up', 'down', '--uplink-queue=codel',
      '--uplink-queue-args=packets=5, target=100, interval=5'],
     'mahimahi: character 38: the target of codel is above its interval: write a twentieth of that, '
     'as target=5, interval=100'),
    (['mahimahi', 'mm-onoff uplink'],
     'mahimahi: character 1: "mm-onoff" cannot be imported: known are mm-delay, mm-loss and '
     'mm-link'),
    (['tcp', 'delay 1ms'], '"tcp" is no known tool: did you mean tc?'),
    (['wifi', 'x'], '"wifi" is no known tool: write one of tc, qns, mahimahi'),
    (['tc'], 'takes TOOL TEXT (see taploom import --help)'),
]

FRAME = re.compile(r'(nodes|links|endpoints|- endpoints|near|far|client|server|name|reverse)\b')


def keys(text):
    """The lines that a case lists: no comments, no frame; the reverse: of tc is part of it."""
    lines = [line.strip() for line in text.split('\n')]
    return [line for line in lines
            if line and not line.startswith('#') and not FRAME.match(line)]


# What can be imported, but links cannot do.
MISSING = {'slot', 'timeline', 'trace'}


def is_missing(line):
    """Whether an error of taploom check is that such a key or model is unknown."""
    found = re.search(r'"([\w-]+)" is no (?:model|key of (?:a link|a direction of a link|a scenario))'
                      r'(?::|$)', line)
    return found is not None and found.group(1) in MISSING


def main(program, root):
    program = Path(program).resolve()
    points = Points()
    expect = points.add

    def run(*arguments, folder='.', text=None):
        return subprocess.run([program, *arguments], capture_output=True, text=True, input=text,
                              cwd=folder)

    for tool, words, wanted in CASES:
        done = run('import', tool, words)
        expect(f'{words}: is imported', (done.returncode, done.stderr) == (0, ''), done.stderr)
        expect(f'{words}: in 80 columns, but for lines of YAML',
               all(len(line) <= 80 or not line.lstrip().startswith('#')
                   for line in done.stdout.split('\n')), done.stdout)
        if wanted is not None:
            found = keys(done.stdout)
            wanted = [line for line in wanted if line != 'reverse:']
            expect(f'{words}: what it becomes', found == wanted, f'{found} and not {wanted}')
        with tempfile.TemporaryDirectory() as folder:
            for trace in ['up', 'down']:
                (Path(folder) / trace).write_text('1\n')
            checked = run('check', '-', folder=folder, text=done.stdout)
        expect(f'{words}: taploom check takes it',
               checked.returncode == 0 or all(is_missing(line) for line
                                              in checked.stderr.strip().split('\n')),
               checked.stderr)
    for arguments, message in ERRORS:
        done = run('import', *arguments)
        expect(f'{" ".join(arguments)}: is refused',
               (done.returncode, done.stdout, done.stderr.split(': ', 1)[1:])
               == (2, '', [f'{message}\n']), done.stderr)
    odd = run('import', 'tc', 'delay 1ms\t2ms distribution \x01"\\x')
    expect('no letter of the text breaks the scenario',
           run('check', '-', text=odd.stdout).stderr.count('not valid YAML') == 0, odd.stdout)

    return points.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
