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
# Four windows grow by four packets a round trip while an interval of 100 ms passes between signals:
# small packets keep that below what is measured. Drop-tail is filled sooner by large ones.
MTU_BYTES, FILL_MTU_BYTES = 600, 1500

AT_ONCE = 6  # labs that a small machine carries

# Discipline, its target, whether it may mark instead of dropping (None: that is no question), and the
# device of the hosts.
TARGETS = [
    ('codel', 5, False, 'tap'),
    ('fq-codel', 5, False, 'tap'),
    ('cobalt', 5, False, 'tap'),
    ('codel', 5, True, 'tun'),
    ('fq-codel', 5, True, 'tap'),
    ('pie', 15, False, 'tap'),
    ('fq-pie', 15, False, 'tap'),
    ('dualpi2', 15, None, 'tap'),
]


def ruled(name, ecn):
    return {'discipline': name} if ecn is None else {'discipline': name, 'ecn': ecn}


def loaded(queue, seconds, mtu, ecn=False, device='tap'):
    """The queue under the flows; they ask for ECN or not."""
    scenario = pair(
        task('newyork', 'iperf3 -s -1', background=True, ready='tcp:5201'),
        task('london', f'iperf3 -c newyork -C cubic -P {N_FLOWS} -t {seconds} -i 0'),
        host={'device': device, 'mtu': mtu, 'sysctl': {'net.ipv4.tcp_ecn': 1 if ecn else 0}},
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
        """All at once, each a lab of its own; of each whether it kept up, and its forward
        direction."""
        runs = [self.start_scenario(scenario) for scenario in scenarios]
        ways = []
        for running in runs:
            done = running.finish()
            self.assertEqual(done.status, harness.FINISHED_WELL, f'\n{done.text}{done.stderr}')
            self.assert_balanced(done.report)
            ways.append((self.kept_up(done), done.report['links']['wire']['forward']))
        return ways

    def test_disciplines_keep_their_target_with_tcp(self):
        scenarios = [loaded({'limit': '1s'}, FILL_SECONDS, FILL_MTU_BYTES)]
        scenarios += [loaded(ruled(name, ecn), SECONDS, MTU_BYTES, bool(ecn), device)
                      for name, _, ecn, device in TARGETS]
        ways = self.run_all(scenarios[:AT_ONCE]) + self.run_all(scenarios[AT_ONCE:])
        (kept_up, full), *ways = ways
        if kept_up:
            self.assertGreater(full['measured']['queue_ms']['p50'], FULL_MS)
        for (name, target_ms, ecn, _), (kept_up, way) in zip(TARGETS, ways):
            with self.subTest(name, ecn=ecn):
                if kept_up:
                    self.assertLess(way['measured']['queue_ms']['p50'], 2 * target_ms)
                    self.assertGreater(way['measured']['rate_bps'], 8e6)  # and the link was used
                self.assertEqual(way['dropped_frames']['queue-full'], 0)
                self.assertEqual(way['marked_frames'] > 0, bool(ecn))
                if not ecn:  # else what was sent again can be dropped: it is never capable
                    self.assertGreater(dropped(way), 0)


if __name__ == '__main__':
    harness.main()
