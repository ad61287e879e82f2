# SPDX-License-Identifier: Apache-2.0
"""Disciplines under real TCP: four cubic flows fill a drop-tail queue of a second, and active queue
management keeps the delay it aims at all the same.

    london ---- 10 Mbit/s, 20 ms, the queue ----> newyork
"""

import shutil

import harness
from harness import RunCase, dropped, pair, task

N_FLOWS = 4
SECONDS = 10
FILL_SECONDS = 16  # cubic takes its time to fill a queue of a second
FULL_MS = 500  # what that then holds, at least, half of the time
SEND_MS = 1514 * 8 / 10e3  # of which the report's queue delay is longer than the wait in the queue

# Discipline, its target, and whether it may mark instead of dropping.
TARGETS = [
    ('codel', 5, False),
    ('fq-codel', 5, False),
    ('cobalt', 5, False),
    ('codel', 5, True),
    ('fq-codel', 5, True),
]


def loaded(queue, ecn, seconds):
    """The queue under the flows; they ask for ECN or not."""
    scenario = pair(
        task('newyork', 'iperf3 -s -1', background=True, ready='tcp:5201'),
        task('london', f'iperf3 -c newyork -C cubic -P {N_FLOWS} -t {seconds} -i 0'),
        host={'sysctl': {'net.ipv4.tcp_ecn': 1 if ecn else 0}},
        rate='10mbit', delay='20ms', queue=queue)
    # The way back carries acknowledgements alone, and has no queue to speak of.
    scenario['links'][0]['reverse'] = {'rate': '1gbit', 'queue': '100ms'}
    return scenario


class Queues(RunCase):
    def setUp(self):
        super().setUp()
        if not shutil.which('iperf3'):
            self.skipTest('iperf3 is not installed')

    def run_all(self, scenarios):
        """All at once, each a lab of its own; their forward directions."""
        runs = [self.start_scenario(scenario) for scenario in scenarios]
        ways = []
        for running in runs:
            done = running.finish()
            self.assertEqual(done.status, harness.FINISHED_WELL, f'\n{done.text}{done.stderr}')
            self.assert_balanced(done.report)
            ways.append(done.report['links']['wire']['forward'])
        return ways

    def test_disciplines_keep_their_target_with_tcp(self):
        scenarios = [loaded({'limit': '1s'}, False, FILL_SECONDS)]
        scenarios += [loaded({'discipline': name, 'ecn': ecn}, ecn, SECONDS)
                      for name, _, ecn in TARGETS]
        ways = self.run_all(scenarios)
        median_ms = [way['measured']['queue_ms']['p50'] - SEND_MS for way in ways]
        self.assertGreater(median_ms[0], FULL_MS)
        for (name, target_ms, ecn), way, p50_ms in zip(TARGETS, ways[1:], median_ms[1:]):
            with self.subTest(name, ecn=ecn):
                self.assertLess(p50_ms, 2 * target_ms)
                self.assertGreater(way['measured']['rate_bps'], 8e6)  # and the link was used
                self.assertEqual(way['dropped_frames']['queue-full'], 0)
                self.assertEqual(way['marked_frames'] > 0, ecn)
                self.assertEqual(dropped(way) > 0, not ecn)


if __name__ == '__main__':
    harness.main()
