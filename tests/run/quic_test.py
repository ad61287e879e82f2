# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the QUIC network simulator carry a real QUIC client and server through, and do to
them what their comments say. Whether a transfer is whole is for the scenario itself to say."""

import os
import shutil
import socket
import struct
from pathlib import Path

import harness
import pcap
from harness import RunCase

SCENARIOS = Path(__file__).resolve().parents[2] / 'scenarios' / 'quic'
NEEDED = ('gtlsclient', 'gtlsserver', 'openssl', 'nft', 'iperf3')
SYSTEM_PATH = f'{os.environ["PATH"]}:/usr/sbin:/sbin'
SERVER_PORT = 4433


class Quic(RunCase):
    def setUp(self):
        super().setUp()
        missing = [tool for tool in NEEDED if not shutil.which(tool, path=SYSTEM_PATH)]
        if missing:
            self.skipTest(f'not installed: {", ".join(missing)}')

    def run_file(self, name, *arguments):
        """Whether the machine kept up is for a benchmark to say: what is checked here holds for a
        run that was late as well."""
        done = self.taploom('run', SCENARIOS / f'{name}.yaml', *arguments)
        self.assertEqual(done.status, 0, f'{done.text}{done.stderr}')
        self.assert_balanced(done.report)
        self.assertRegex(done.report['tasks'][-1]['output'], r'^\d+00000 bytes\n$')
        return done

    def path(self, name):
        return self.run_file(name).report['links']['path']

    def test_all_are_run_here(self):
        tested = {name.removeprefix('test_').replace('_', '-') for name in dir(self)
                  if name.startswith('test_')} - {'all-are-run-here'}
        self.assertEqual({path.stem for path in SCENARIOS.glob('*.yaml')}, tested)

    def test_simple_p2p(self):
        measured = self.path('simple-p2p')['reverse']['measured']
        self.assertLessEqual(measured['rate_bps'], 100 * 10**6)

    def test_asymmetric(self):
        path = self.path('asymmetric')
        self.assertLessEqual(path['forward']['measured']['rate_bps'], 10**6)

    def test_blackhole(self):
        done = self.run_file('blackhole')
        begin, end = done.report['changes']
        self.assertEqual((begin['action'], end['action']), ('down', 'down'))
        self.assertAlmostEqual(end['at_s'] - begin['at_s'], 1, places=6)
        path = done.report['links']['path']
        self.assertGreater(path['reverse']['dropped_frames']['link-down'], 0)

    def test_droplist(self):
        path = self.path('droplist')
        self.assertEqual([path[way]['faults'][0]['hit_frames'] for way in ('forward', 'reverse')],
                         [1, 3])

    # The seed is fixed, and so are the numbers of the frames that are hit: about 2 % of the first
    # thousand and more.
    def test_drop_rate(self):
        rule = self.path('drop-rate')['reverse']['faults'][0]
        self.assertGreater(rule['matched_frames'], 1000)
        self.assertTrue(0.01 < rule['hit_frames'] / rule['matched_frames'] < 0.03, rule)

    def test_drop_bursts(self):
        measured = self.path('drop-bursts')['reverse']['measured']
        self.assertTrue(0.01 < measured['loss'] < 0.03, measured)
        self.assertGreater(measured['loss_burst_frames']['mean'], 2)

    def test_corrupt_rate(self):
        reverse = self.path('corrupt-rate')['reverse']
        self.assertTrue(0.01 < reverse['corrupted_frames'] / reverse['out_frames'] < 0.03, reverse)
        self.assertEqual(reverse['measured']['loss'], 0)

    def cross_traffic(self, name):
        """What came from server and source, in bytes."""
        links = self.run_file(name).report['links']
        self.assertLessEqual(links['path']['reverse']['measured']['rate_bps'], 100 * 10**6)
        return [links[f'right-{host}']['reverse']['in_bytes'] for host in ('server', 'source')]

    def test_tcp_cross_traffic(self):
        server, source = self.cross_traffic('tcp-cross-traffic')
        self.assertGreater(server, 5 * 10**6)
        self.assertGreater(source, 10**6)

    def test_udp_cross_traffic(self):
        server, source = self.cross_traffic('udp-cross-traffic')
        self.assertGreater(server, 5 * 10**6)
        self.assertGreater(source, 2 * 10**6)

    def client_places(self, name):
        """The addresses and ports at which the server has seen the client, in their order."""
        self.run_file(name, '--capture', self.directory)
        places = {}
        for packet in pcap.read(self.directory / 'server-eth0.pcap').packets:
            header = packet.data[pcap.ETHERNET_BYTES:]
            if packet.is_ipv4 and header[9] == socket.IPPROTO_UDP:
                source, destination = struct.unpack_from('>HH', header, 20)
                if destination == SERVER_PORT:
                    places[socket.inet_ntoa(header[12:16]), source // 10000] = True
        return list(places)

    def test_rebind(self):
        places = self.client_places('rebind')
        self.assertGreaterEqual(len(places), 2)
        self.assertEqual(places, [('10.0.1.1', 1 + i) for i in range(len(places))])

    def test_rebind_addr(self):
        places = self.client_places('rebind-addr')
        self.assertGreaterEqual(len(places), 2)
        self.assertEqual(places, [(f'10.0.1.{11 + i}', 1 + i) for i in range(len(places))])


if __name__ == '__main__':
    harness.main()
