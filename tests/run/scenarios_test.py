# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the tree run, and show what their comments say."""

import re
import shutil
from pathlib import Path

import harness
import pcap
from harness import RunCase

SCENARIOS = Path(__file__).resolve().parents[2] / 'scenarios'


class Scenarios(RunCase):
    def setUp(self):
        super().setUp()
        if not shutil.which('iperf3'):
            self.skipTest('iperf3 is not installed')

    def run_file(self, name):
        done = self.taploom('run', SCENARIOS / f'{name}.yaml', '--capture', self.directory)
        self.assertEqual(done.status, 0, f'{done.text}{done.stderr}')
        self.assert_balanced(done.report)
        return done

    def pings(self, done):
        return [re.search(r'= ([\d.]+)/([\d.]+)/', entry['output']) for entry
                in done.report['tasks'] if 'ping ' in entry['run']]

    def test_all_are_run_here(self):
        tested = {name.removeprefix('test_').replace('_', '-') for name in dir(self)
                  if name.startswith('test_')} - {'all-are-run-here'}
        self.assertEqual({path.stem for path in SCENARIOS.glob('*.yaml')}, tested)

    def test_access(self):
        # Both delays of each link: 2 x 35, 2 x 25 and 2 x 314.5 ms.
        for ping, least_ms in zip(self.pings(self.run_file('access')), [70, 50, 629], strict=True):
            self.assertGreaterEqual(float(ping[1]), least_ms)

    def test_fates(self):
        done = self.run_file('fates')
        lines = (self.directory / 'fates.csv').read_text(encoding='ascii').splitlines()
        dropped = [line for line in lines if ',dropped,loss,' in line]
        self.assertGreater(len(dropped), 0)
        self.assertEqual(len(pcap.read(self.directory / 'wifi.dropped.loss.pcap').packets),
                         len(dropped))
        again = self.taploom('replay-fates', self.directory / 'fates.csv',
                             SCENARIOS / 'fates.yaml', '--seed', '2', '--capture', 'again')
        answered = [re.findall(r'icmp_seq=(\d+)', entry['output'])
                    for run in (done, again) for entry in run.report['tasks']]
        self.assertEqual(answered[0], answered[1])

    def test_first_link(self):
        done = self.run_file('first-link')
        self.assertGreaterEqual(float(self.pings(done)[0][1]), 40)
        for way in ('forward', 'reverse'):
            measured = done.report['links']['atlantic'][way]['measured']
            self.assertLessEqual(measured['rate_bps'], 10**7)
        london, newyork = (pcap.read(self.directory / f'atlantic.{host}.pcap')
                           for host in ('london', 'newyork'))
        lost = [done.report['links']['atlantic'][way]['dropped_frames'] for way
                in ('forward', 'reverse')]
        self.assertGreater(lost[0]['loss'], 0)
        mac = london.packets[0].source_mac
        self.assertEqual(sum(packet.source_mac == mac for packet in london.packets)
                         - sum(packet.source_mac == mac for packet in newyork.packets),
                         sum(lost[0].values())
                         + done.report['links']['atlantic']['forward']['held_frames'])

    def test_expect(self):
        done = self.taploom('run', SCENARIOS / 'expect.yaml', '--strict', '--capture',
                            self.directory)
        self.assert_balanced(done.report)
        expectations = done.report['expectations']
        self.assertEqual(len(expectations), 10)
        self.assertEqual(done.status, harness.FINISHED_WELL if done.report['valid']
                         else harness.NOT_VALID, done.text)
        if self.kept_up(done):
            self.assertTrue(all(entry['passed'] or entry['soft'] for entry in expectations))

    def test_bursts(self):
        links = self.run_file('bursts').report['links']
        alone, bursts = (links[name]['forward']['measured'] for name in ('alone', 'bursts'))
        # The seed is fixed, and so are the fates of the first 500 frames.
        self.assertTrue(0.03 < alone['loss'] < 0.07 and 0.02 < bursts['loss'] < 0.09)
        self.assertLess(alone['loss_burst_frames']['mean'], 1.3)
        self.assertGreater(bursts['loss_burst_frames']['mean'], 3)
        self.assertEqual(links['bursts']['reverse']['dropped_frames']['loss'], 0)

    def test_cellular(self):
        done = self.run_file('cellular')
        forward = done.report['links']['cell']['forward']
        configured, measured = forward['configured'], forward['measured']
        self.assertLess(measured['rate_bps'], 1.02 * configured['rate_bps'])
        if self.kept_up(done):
            self.assertGreater(measured['rate_bps'], 0.5 * configured['rate_bps'])
            self.assertGreater(measured['queue_ms']['max'], 200)
            self.assertGreater(measured['queue_frames']['max'], 20)

    def test_matrix(self):
        done = self.taploom('test', SCENARIOS / 'matrix.yaml', '--retries', '3')
        self.assertIn(done.status, (0, 4), f'{done.text}{done.stderr}')
        self.assertRegex(done.text, r'matrix\[loss=1%,delay=40ms\]')
        chosen = self.taploom('run', SCENARIOS / 'matrix.yaml', '--matrix', 'delay=40ms')
        self.assertEqual(chosen.report['variables'],
                         {'amount': '500K', 'loss': '0%', 'delay': '40ms'})
        self.assertEqual(chosen.report['links']['client-server']['forward']['configured']
                         ['delay_ms'], 40)

    def test_office(self):
        done = self.run_file('office')
        idle, loaded = self.pings(done)
        self.assertGreaterEqual(float(idle[1]), 30)
        if self.kept_up(done):
            self.assertGreater(float(loaded[2]), 4 * float(idle[2]))

    def test_bufferbloat(self):
        done = self.run_file('bufferbloat')
        managed, bloated = self.pings(done)
        links = done.report['links']
        if self.kept_up(done):
            self.assertGreater(float(bloated[2]), 2 * float(managed[2]))
            self.assertGreater(links['bloated']['forward']['measured']['queue_ms']['p50'],
                               4 * links['managed']['forward']['measured']['queue_ms']['p50'])
        self.assertGreater(links['managed']['forward']['dropped_frames']['aqm'], 0)

    def test_dumbbell(self):
        done = self.run_file('dumbbell')
        bottleneck = done.report['links']['bottleneck']['forward']
        self.assertLessEqual(bottleneck['measured']['rate_bps'], 20 * 10**6)
        if self.kept_up(done):
            self.assertGreater(bottleneck['measured']['rate_bps'], 10 * 10**6)
            self.assertGreater(done.report['links']['near-left']['forward']['in_bytes'],
                               done.report['links']['far-left']['forward']['in_bytes'])

    def test_chain(self):
        done = self.run_file('chain')
        self.assertGreaterEqual(float(self.pings(done)[0][1]), 38)  # 2 x (5 + 10 - 1 + 5) ms
        middle = pcap.read(self.directory / 'middle.paris.pcap')
        mac = middle.packets[0].source_mac
        self.assertEqual({packet.data[22] for packet in middle.packets
                          if packet.is_ipv4 and packet.source_mac == mac}, {63})

    def test_faults(self):
        done = self.run_file('faults')
        pings = done.report['tasks'][0]['output']
        self.assertEqual([n for n in range(1, 13) if f'icmp_seq={n} ' not in pings], [5, 6, 9])
        self.assertRegex(pings, r'icmp_seq=2 .* time=3[1-9]\d')
        self.assertRegex(done.report['tasks'][1]['output'], r'mtu ?= ?1280')
        self.assertEqual(
            [entry['hit_frames'] for entry in done.report['links']['aim']['forward']['faults']],
            [3, 1])

    def test_l4s(self):
        done = self.run_file('l4s')
        classic, l4s = self.pings(done)
        self.assertGreaterEqual(float(l4s[1]), 20)
        if self.kept_up(done):
            self.assertLess(float(l4s[2]), float(classic[2]) - 5)

    def test_reordering(self):
        path = self.run_file('reordering').report['links']['path']
        reordering = path['forward']['measured']['reordering']
        self.assertGreater(reordering['3_reordered_frames'], 0)
        self.assertGreaterEqual(reordering['reordered_frames'], reordering['3_reordered_frames'])
        self.assertGreaterEqual(reordering['max_extent'], 4)
        self.assertNotIn('reordering', path['reverse']['measured'])

    def test_outage(self):
        done = self.run_file('outage')
        changes = done.report['changes']
        self.assertEqual([change['action'] for change in changes],
                         ['ramp'] * 3 + ['down'] * 2 + ['set'] * 2 + ['restart'])
        self.assertAlmostEqual(changes[-1]['at_s'] - changes[0]['at_s'], 5, places=6)
        ping = done.report['tasks'][1]['output']
        self.assertGreater(float(re.search(r'= [\d.]+/[\d.]+/([\d.]+)/', ping)[1]), 100)
        self.assertEqual(done.report['tasks'][0]['restarts'], 1)


if __name__ == '__main__':
    harness.main()
