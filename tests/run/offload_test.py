# SPDX-License-Identifier: Apache-2.0
"""Whatever a host leaves to its device: every byte arrives, every packet has its fate, and captures
show packets of their size on a wire, finished."""

import itertools
import json
import struct
from collections import Counter

import harness
import pcap
from harness import INSIDE, RunCase, dropped, pair, task

MODES = ('auto', 'checksum', 'off')
MTU_BYTES = 1500
TCP, UDP = 6, 17


def host(number, **keys):
    return {'address': [f'10.0.0.{number}/24', f'fd00::{number}/64'], **keys}


def sinks(*names):
    return [task(name, f'{INSIDE} sink', background=True, ready='tcp:7000') for name in names]


def stream(name, number, size):
    """To that host, over IPv4 and over IPv6."""
    return task(name, f'{INSIDE} stream {size} 10.0.0.{number} fd00::{number}')


def bursts(name, number, count, size, together):
    return task(name, f'{INSIDE} bursts {count} {size} {together} 10.0.0.{number} fd00::{number}')


def traffic(london, newyork, tasks, **link):
    """Between the two with these keys, which both have a sink."""
    scenario = pair(*sinks('london', 'newyork'), *tasks, delay='100us', **link)
    scenario['nodes'] = {'london': host(1, **london), 'newyork': host(2, **newyork)}
    return scenario


def both_ways(size):
    """Streams and bursts from either; the small datagrams would fill many a super-frame."""
    return [stream('london', 2, size), stream('newyork', 1, size),
            bursts('london', 2, 100, 1400, 40), bursts('newyork', 1, 600, 100, 60)]


def is_sum_right(data):
    """Whether its 16-bit words add up to all ones (RFC 1071)."""
    return int.from_bytes(data + bytes(len(data) % 2), 'big') % 0xFFFF == 0


class Offload(RunCase):
    def lost(self, done):
        """The numbers of the datagrams that never came, for each time that some were sent."""
        outcomes = [outcome for entry in done.report['tasks'] if ' bursts ' in entry['run']
                    for outcome in json.loads(entry['output'])]
        self.assertTrue(all(outcome['good'] for outcome in outcomes), outcomes)
        return [outcome['lost'] for outcome in outcomes]

    def assert_bursts_whole(self, done):
        lost = self.lost(done)
        self.assertEqual(lost, [[]] * len(lost))

    def assert_finished(self, packet, link_bytes, mtu_bytes):
        """Of its size on a wire, all lengths and checksums right. Returns the protocol."""
        data = packet.data[link_bytes:]
        self.assertLessEqual(len(data), mtu_bytes)
        if data[0] >> 4 == 4:
            header_bytes, protocol = data[0] % 16 * 4, data[9]
            self.assertEqual(struct.unpack_from('>H', data, 2)[0], len(data))
            self.assertTrue(is_sum_right(data[:header_bytes]))
            addresses = data[12:20]
        else:
            header_bytes, protocol = 40, data[6]
            self.assertEqual(struct.unpack_from('>H', data, 4)[0], len(data) - 40)
            addresses = data[8:40]
        transport = data[header_bytes:]
        if protocol == UDP:
            self.assertEqual(struct.unpack_from('>H', transport, 4)[0], len(transport))
            self.assertNotEqual(transport[6:8], bytes(2))
        if protocol in (TCP, UDP):
            self.assertTrue(is_sum_right(
                addresses + struct.pack('>II', len(transport), protocol) + transport))
        return protocol

    def read_finished(self, name, mtu_bytes=MTU_BYTES):
        """The packets of a capture, which are whole; all but ARP have to be right."""
        capture = pcap.read(self.directory / name)
        link_bytes = 14 if capture.link_type == pcap.LINKTYPE_ETHERNET else 0
        seen = Counter(
            self.assert_finished(packet, link_bytes, mtu_bytes) for packet in capture.packets
            if not link_bytes or packet.data[12:14] in (b'\x08\x00', b'\x86\xdd'))
        self.assertGreater(min(seen[TCP], seen[UDP]), 50)
        return capture.packets

    def assert_captures(self, done, *, lost=False, mtu_bytes=MTU_BYTES):
        """What came at one end is what went out at the other, bit for bit but for what was lost."""
        ends = [Counter(packet.data for packet in self.read_finished(name, mtu_bytes))
                for name in ('wire.london.pcap', 'wire.newyork.pcap')]
        self.assertEqual([entry['lost_frames'] for entry in done.report['captures']], [0, 0])
        self.assertEqual([end.total() for end in ends],
                         [entry['written_frames'] for entry in done.report['captures']])
        wire = done.report['links']['wire']
        n_dropped = dropped(wire['forward']) + dropped(wire['reverse'])
        n_held = wire['forward']['held_frames'] + wire['reverse']['held_frames']  # at the end
        self.assertEqual(((ends[0] - ends[1]) + (ends[1] - ends[0])).total(), n_dropped + n_held)
        self.assertEqual(n_dropped > 0, lost)

    def assert_clean(self, done):
        self.assert_balanced(done.report)
        for name, device in done.report['devices'].items():
            self.assertEqual(dropped(device), 0, name)

    def test_kernel_leaves_what_the_file_says(self):
        for modes, told in ((MODES[0:2], '1 1 1 0'), (MODES[2:0:-1], '0 0 1 0')):
            scenario = pair(*(task(name, f'{INSIDE} features eth0')
                              for name in ('london', 'newyork')))
            scenario['nodes'] = {'london': {}, 'newyork': {'offload': modes[1]}}
            scenario['defaults'] = {'node': {'offload': modes[0]}}
            done = self.run_scenario(scenario)
            output = ' '.join(entry['output'] for entry in done.report['tasks'])
            self.assertEqual(' '.join(output.split()), told)

    def test_all_bytes_arrive_in_every_pairing(self):
        for london, newyork in itertools.product(MODES, MODES):
            with self.subTest(london=london, newyork=newyork):
                done = self.run_scenario(traffic({'offload': london}, {'offload': newyork},
                                                 both_ways(300000), capture=['wire']))
                self.assert_clean(done)
                self.assert_bursts_whole(done)
                self.assert_captures(done)

    def test_tun_hosts(self):
        for london, newyork in (('auto', 'auto'), ('auto', 'off'), ('checksum', 'auto')):
            with self.subTest(london=london, newyork=newyork):
                done = self.run_scenario(traffic(
                    {'offload': london, 'device': 'tun'}, {'offload': newyork, 'device': 'tun'},
                    both_ways(300000), capture=['wire']))
                self.assert_clean(done)
                self.assert_bursts_whole(done)
                self.assert_captures(done)

    def test_jumbo_frames(self):
        keys = {'mtu': 9000}
        done = self.run_scenario(traffic(keys, keys, both_ways(1000000), capture=['wire']))
        self.assert_clean(done)
        self.assert_bursts_whole(done)
        self.assert_captures(done, mtu_bytes=9000)
        self.assertIn(9014, {packet.length_bytes
                             for packet in pcap.read(self.directory / 'wire.london.pcap').packets})

    def test_streams_survive_loss_and_a_queue(self):
        for keys in ({'loss': '1%'}, {'rate': '300mbit', 'queue': '20 packets', 'loss': '1%'}):
            with self.subTest(**keys):
                done = self.run_scenario(traffic({}, {}, [
                    stream('london', 2, 1000000), stream('newyork', 1, 300000),
                    bursts('london', 2, 400, 1400, 40)], capture=['wire'], **keys))
                self.assert_clean(done)
                self.assert_captures(done, lost=True)
                self.assertTrue(all(0 < len(lost) < 400 for lost in self.lost(done)))

    def test_capture_is_cut_and_filtered_by_the_segment(self):
        done = self.run_scenario(traffic({}, {}, both_ways(300000), capture=[
            {'interface': 'newyork:eth0', 'file': 'whole.pcap', 'filter': 'ip'},
            {'interface': 'newyork:eth0', 'file': 'cut.pcap', 'filter': 'ip', 'snaplen': '50B'},
            {'interface': 'newyork:eth0', 'file': 'long.pcap', 'filter': 'ip and greater 1500'}]))
        whole = self.read_finished('whole.pcap')
        cut = pcap.read(self.directory / 'cut.pcap').packets
        full = pcap.read(self.directory / 'long.pcap').packets
        self.assertEqual(
            [(packet.at_ns, packet.length_bytes, packet.data[:50]) for packet in whole],
            [(packet.at_ns, packet.length_bytes, packet.data) for packet in cut])
        self.assertEqual([packet for packet in whole if packet.length_bytes >= 1500], full)
        self.assertEqual(max(packet.length_bytes for packet in full), 1514)
        self.assert_clean(done)

    def test_switch_passes_super_frames_to_hosts_of_any_kind(self):
        names = ('sender', *MODES)
        scenario = {
            'nodes': {'middle': {'kind': 'switch'}, 'sender': host(1),
                      **{mode: host(2 + n, offload=mode) for n, mode in enumerate(MODES)}},
            'links': [{'endpoints': [name, 'middle']} for name in names],
            'tasks': [*sinks(*MODES),
                      *(step for n in range(len(MODES))
                        for step in (stream('sender', 2 + n, 1000000),
                                     bursts('sender', 2 + n, 100, 1400, 40)))]}
        done = self.run_scenario(scenario)
        self.assert_clean(done)
        self.assert_bursts_whole(done)

    def test_routers_forward_super_frames(self):
        names = ('london', 'west', 'east', 'newyork')
        modes = ('auto', 'off', 'auto', 'checksum')
        scenario = {
            'nodes': {name: {'offload': mode, 'forward': name in names[1:3]}
                      for name, mode in zip(names, modes)},
            'links': [{'endpoints': list(ends)} for ends in itertools.pairwise(names)],
            'tasks': [*sinks('london', 'newyork'),
                      task('london', f'{INSIDE} stream 2000000 newyork'),
                      task('newyork', f'{INSIDE} stream 2000000 london'),
                      task('london', f'{INSIDE} bursts 200 1400 40 newyork'),
                      task('newyork', f'{INSIDE} bursts 600 100 60 london')]}
        done = self.run_scenario(scenario)
        self.assert_clean(done)
        self.assert_bursts_whole(done)

    def test_the_same_datagrams_are_lost_alone_and_together(self):
        for device in ('tap', 'tun'):
            runs = []
            for together in (1, 7, 40):
                # The neighbour is known before, and nothing but this is sent, as IPv6 would: the
                # n-th datagram is the same frame of the link each time.
                done = self.run_scenario(pair(
                    *sinks('newyork'), task('london', 'ping -c 1 newyork'),
                    task('london', f'{INSIDE} bursts 1000 1400 {together} 10.0.0.2'),
                    host={'device': device}, loss='3%', delay='100us', reverse={'loss': '0%'}))
                self.assert_clean(done)
                runs += self.lost(done)
            with self.subTest(device=device):
                self.assertEqual(runs, [runs[0]] * 3)
                self.assertTrue(10 < len(runs[0]) < 100)


if __name__ == '__main__':
    harness.main()
