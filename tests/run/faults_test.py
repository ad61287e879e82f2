# SPDX-License-Identifier: Apache-2.0
"""Faults as hosts meet them: what is dropped is what was aimed at, what is edited is taken, and what
is answered is understood by the host's own stack, whatever it leaves to its device."""

import sys

import harness
from harness import INSIDE, RunCase, pair, task

TUN = {'device': 'tun'}
CONNECT = (f'{sys.executable} -c "import socket, time; start = time.monotonic(); '
           'socket.create_connection((\'newyork\', 7000)); print(time.monotonic() - start)"')


def sink():
    return task('newyork', f'{INSIDE} sink', background=True, ready='tcp:7000')


def stream(size):
    return task('london', f'{INSIDE} stream {size} newyork')


class Faults(RunCase):
    def output(self, done, number=-1):
        return done.report['tasks'][number]['output']

    def counts(self, done, way='forward'):
        """(matched, hit) of each rule of a direction."""
        return [(entry['matched_frames'], entry['hit_frames'])
                for entry in done.report['links']['wire'][way]['faults']]

    def test_listed_datagrams_are_lost(self):
        done = self.run_scenario(pair(
            task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
            task('london', f'{INSIDE} numbers newyork 12', timeout='20s'), host=TUN,
            faults=[{'drop': {}, 'match': 'udp dst port 7000', 'which': '5, 6, 9'}]))
        lost = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11} - {int(n) for n in self.output(done, 0).split()}
        self.assertEqual(lost, {4, 5, 8})
        self.assertEqual(self.counts(done), [(13, 3)])
        self.assertEqual(done.report['links']['wire']['forward']['dropped_frames']['fault'], 3)
        self.assertIn('fault 1 (drop, match udp dst port 7000, which 5, 6, 9): matched 13, hit 3',
                      ' '.join(done.text.split()))
        self.assert_balanced(done.report)

    def test_a_connection_waits_for_its_second_syn_ack(self):
        done = self.run_scenario(pair(
            sink(), task('london', CONNECT, timeout='20s'),
            faults=[{'drop': {}, 'which': 'first per flow',
                     'match': 'tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)'}]))
        self.assertGreater(float(self.output(done)), 0.9)  # the initial timeout is 1 s (RFC 6298)
        matched, hit = self.counts(done, 'reverse')[0]
        self.assertEqual((matched > 1, hit), (True, 1))

    def test_an_answer_comes_late(self):
        done = self.run_scenario(pair(
            task('london', 'ping -c 1 -w 5 newyork'), task('london', 'ping -c 1 -w 5 newyork'),
            faults=[{'delay': '300ms', 'match': 'icmp[icmptype] = icmp-echoreply', 'which': '2'}]))
        self.assertNotIn('time=3', self.output(done, 0))
        self.assertIn('time=30', self.output(done, 1))
        self.assert_balanced(done.report)

    def test_unreachable_is_understood(self):
        for device in ({}, TUN):
            done = self.run_scenario(pair(
                task('london', 'ping -c 1 -W 5 newyork; true'), host=device,
                faults=[{'icmp': 'admin-prohibited', 'match': 'icmp', 'interface': 'london'}]))
            self.assertIn('Packet filtered', self.output(done))
            self.assertEqual(self.counts(done), [(1, 1)])
            self.assertEqual(done.report['links']['wire']['reverse']['copied_frames'], 1)
            self.assert_balanced(done.report)

    def test_too_big_lowers_the_path_mtu(self):
        """Streams over IPv4 and IPv6 with segmentation offload find the way; in silence, none."""
        scenario = pair(
            sink(), task('london', f'{INSIDE} stream 300000 10.0.0.2 fd00::2', timeout='20s'),
            task('london', 'ping -M do -c 1 -s 1400 -W 1 10.0.0.2; true'),
            faults=[{'icmp': 'too-big', 'mtu': '1300B'}, {'black-hole': '1300B'}])
        for number, name in enumerate(('london', 'newyork'), 1):
            scenario['nodes'][name] = {'address': [f'10.0.0.{number}/24', f'fd00::{number}/64']}
        done = self.run_scenario(scenario)
        self.assertRegex(self.output(done), r'mtu ?= ?1300')
        (matched, hit), black_hole = self.counts(done)
        self.assertGreater(hit, 1)
        self.assertEqual((matched, black_hole), (hit, (0, 0)))
        self.assert_balanced(done.report)

    def test_streams_outlive_what_is_done_to_them(self):
        """Corrupt segments are told by their checksums, and sent again; edits are taken."""
        done = self.run_scenario(pair(
            sink(), stream(3000000), delay='1ms',
            faults=[{'strip-option': 'timestamps'}, {'clamp-mss': '900B'},
                    {'corrupt': {'offset': '200B', 'mask': '0x10'}, 'which': 'every 50',
                     'match': 'greater 300'},
                    {'truncate': '150B', 'which': 'every 77', 'match': 'greater 300'},
                    {'set-ecn': 'ce', 'match': 'ip[1] & 3 != 0'}, {'set-dscp': 'af41'},
                    {'duplicate': {}, 'which': '10%'},
                    {'delay': '3ms', 'which': '1%'}, {'drop': {}, 'which': 'every 200'}]))
        strip, clamp, corrupt, truncate, _, dscp, duplicate, delay, drop = self.counts(done)
        self.assertGreater(strip[1], 0)
        self.assertEqual(clamp[1], 1)  # the SYN
        self.assertGreater(corrupt[1], 3000000 / 900 / 50 - 1)  # so the MSS was taken
        for matched, hit in (truncate, dscp, duplicate, delay, drop):
            self.assertGreater(hit, 0)
            self.assertLessEqual(hit, matched)
        self.assert_balanced(done.report)


if __name__ == '__main__':
    harness.main()
