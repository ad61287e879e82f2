# SPDX-License-Identifier: Apache-2.0
"""A capture holds what passed an interface, the two of a link differ by what the link did, and
whatever becomes of a file or its reader, the run is none the worse."""

import subprocess
import time
from collections import Counter

import harness
import pcap
from harness import INSIDE, REFUSED, WRONG_USAGE, RunCase, echoes, pair, task

N_NUMBERS = 200


def numbers(*, size=6, **keys):
    return pair(task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
                task('london', f'{INSIDE} numbers newyork {N_NUMBERS} {size}', timeout='60s'),
                reverse={'loss': '0%'}, **keys)


def pings(count, size=56):
    return task('london', echoes(count, '-q', f'-s {size}', 'newyork'))


class Capture(RunCase):
    def read(self, name):
        return pcap.read(self.directory / name)

    def test_two_ends_of_a_link_differ_by_what_it_lost(self):
        # Many times the first ARP request is lost too, and sent anew: no matter.
        done = self.run_scenario(numbers(loss='20%', delay='2ms', capture=['wire']))
        london, newyork = self.read('wire.london.pcap'), self.read('wire.newyork.pcap')
        mac = london.packets[0].source_mac  # the first packet is london's own
        sent = Counter(packet.data for packet in london.packets if packet.source_mac == mac)
        came = Counter(packet.data for packet in newyork.packets if packet.source_mac == mac)
        forward = done.report['links']['wire']['forward']
        self.assertEqual(came - sent, Counter())
        self.assertEqual((sent - came).total(), forward['dropped_frames']['loss'])
        self.assertEqual((sent.total(), came.total()),
                         (forward['in_frames'], forward['out_frames']))
        self.assertGreater(forward['dropped_frames']['loss'], N_NUMBERS / 20)
        # The way back has lost nothing.
        self.assertEqual(Counter(packet.data for packet in newyork.packets) - came,
                         Counter(packet.data for packet in london.packets) - sent)

    def test_ports_of_switch_and_hub_are_ends_as_any(self):
        #  london --- office === loses 20 % === lobby --- newyork        office and lobby captured
        done = self.run_scenario({
            'nodes': {'london': {}, 'newyork': {}, 'office': {'kind': 'switch'},
                      'lobby': {'kind': 'hub'}},
            'links': [{'endpoints': ['london', 'office']},
                      {'endpoints': ['office', 'lobby'], 'name': 'wire', 'delay': '2ms',
                       'loss': '20%', 'reverse': {'loss': '0%'}},
                      {'endpoints': ['lobby', 'newyork'], 'name': 'last'}],
            'tasks': [task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
                      task('london', f'{INSIDE} numbers newyork {N_NUMBERS}', timeout='60s')],
            'capture': ['wire', 'last', {'interface': 'office:eth0', 'filter': 'udp'}]})
        self.assert_balanced(done.report)
        self.assertEqual([entry['interface'] for entry in done.report['captures']],
                         ['office:eth1', 'lobby:eth0', 'lobby:eth1', 'newyork:eth0',
                          'office:eth0'])
        office, lobby = self.read('wire.office.pcap'), self.read('wire.lobby.pcap')
        wire = done.report['links']['wire']
        self.assertEqual(office.link_type, pcap.LINKTYPE_ETHERNET)
        self.assertEqual(len(office.packets),
                         wire['forward']['in_frames'] + wire['reverse']['out_frames'])
        self.assertEqual(len(lobby.packets),
                         wire['forward']['out_frames'] + wire['reverse']['in_frames'])
        lost = Counter(packet.data for packet in office.packets)
        lost.subtract(packet.data for packet in lobby.packets)
        self.assertEqual(lost.total(), wire['forward']['dropped_frames']['loss'])
        self.assertGreater(lost.total(), N_NUMBERS / 20)
        for capture in office, lobby:
            stamps = [packet.at_ns for packet in capture.packets]
            self.assertEqual(stamps, sorted(stamps))
        # The last link does nothing: its two files differ in the order of its ends at most.
        self.assertEqual(*(Counter(packet.data for packet in self.read(f'last.{end}.pcap').packets)
                           for end in ('lobby', 'newyork')))
        self.assertGreater(len(self.read('office-eth0.pcap').packets), N_NUMBERS)

    def test_stamps_rise_by_the_nanosecond_and_tell_the_time_of_day(self):
        before_ns = time.time_ns()
        self.run_scenario(pair(pings(50), delay='3ms', capture=['wire']))
        after_ns = time.time_ns()
        ends = [self.read(f'wire.{host}.pcap') for host in ('london', 'newyork')]
        for capture in ends:
            stamps = [packet.at_ns for packet in capture.packets]
            self.assertEqual(stamps, sorted(stamps))
            self.assertTrue(before_ns - 10**9 < stamps[0] < stamps[-1] < after_ns + 10**9)
            self.assertTrue(any(stamp % 1000 for stamp in stamps))
        # Engine time: what left london arrives exactly one delay later.
        left, came = ({packet.data: packet.at_ns for packet in capture.packets} for capture in ends)
        self.assertEqual({abs(came[data] - left[data]) for data in left}, {3 * 10**6})

    def test_format_is_nanosecond_pcap_of_ethernet(self):
        self.run_scenario(pair(pings(3), capture=['wire']))
        capture = self.read('wire.london.pcap')
        self.assertEqual(capture.link_type, pcap.LINKTYPE_ETHERNET)
        self.assertEqual(capture.snaplen_bytes, 262144)
        self.assertEqual(sum(packet.is_ipv4 for packet in capture.packets), 6)

    def test_snaplen_cuts_and_keeps_the_length(self):
        self.run_scenario(pair(pings(5, 1000), capture=[
            {'interface': 'london:eth0', 'file': 'cut.pcap', 'snaplen': '60B'}]))
        capture = self.read('cut.pcap')
        echoes = [packet for packet in capture.packets if packet.is_ipv4]
        self.assertEqual(capture.snaplen_bytes, 60)
        self.assertEqual({(len(packet.data), packet.length_bytes) for packet in echoes},
                         {(60, 14 + 20 + 8 + 1000)})

    def test_filter_keeps_only_what_it_names(self):
        done = self.run_scenario(numbers(capture=[
            {'interface': 'newyork:eth0', 'file': 'udp.pcap', 'filter': 'udp dst port 7000'}]))
        data = [packet.data for packet in self.read('udp.pcap').packets]
        self.assertGreater(len(data), N_NUMBERS)  # the end is said at least once
        self.assertEqual({packet[23] for packet in data}, {17})
        self.assertEqual(done.report['captures'][0]['written_frames'], len(data))

    def test_wrong_filter_is_an_error_of_the_scenario(self):
        done = self.run_scenario(pair(capture=[{'interface': 'london:eth0', 'filter': 'no such'}]),
                                 status=WRONG_USAGE)
        self.assertRegex(done.stderr, r':\d+:\d+: .*filter')

    def test_directory_records_every_interface_where_none_is_asked_for(self):
        place = self.directory / 'made/for/it'
        done = self.run_scenario(pair(pings(3)), '--capture', place)
        self.assertEqual(sorted(file.name for file in place.iterdir()),
                         ['london-eth0.pcap', 'newyork-eth0.pcap'])
        self.assertEqual([entry['interface'] for entry in done.report['captures']],
                         ['london:eth0', 'newyork:eth0'])
        self.assertEqual(len(pcap.read(place / 'london-eth0.pcap').packets),
                         done.report['captures'][0]['written_frames'])

    def test_dash_gives_standard_output_to_packets_alone(self):
        done = self.run_scenario(pair(pings(20), capture=[
            {'interface': 'london:eth0', 'file': '-'}]))
        capture = pcap.parse(done.stdout)
        self.assertEqual(len(capture.packets), done.report['captures'][0]['written_frames'])
        self.assertIn('1 received', done.stderr)
        self.assertIn('lateness', done.stderr)

    def test_dash_twice_is_refused(self):
        capture = [{'interface': 'london:eth0', 'file': '-'}]
        done = self.run_scenario(pair(pings(1), capture=capture), '--report', '-',
                                 status=WRONG_USAGE)
        self.assertIn('standard output', done.stderr)

    def test_full_disk_is_reported_and_the_run_is_fine(self):
        done = self.run_scenario(pair(pings(100, 1000), capture=[
            {'interface': 'london:eth0', 'file': '/dev/full'},
            {'interface': 'newyork:eth0', 'file': 'whole.pcap'}]))
        full, whole = done.report['captures']
        self.assertIn('No space left on device', full['error'])
        self.assertIn('No space left on device', done.text)
        self.assertEqual((full['written_frames'], full['lost_frames']),
                         (0, whole['written_frames']))
        self.assertNotIn('error', whole)
        self.assert_balanced(done.report)

    def test_unwritable_file_is_refused_before_anything_starts(self):
        trace = self.directory / 'started'
        for file in ('missing/wire.pcap', str(self.directory)):
            done = self.run_scenario(pair(task('london', f'touch {trace}'), capture=[
                {'interface': 'london:eth0', 'file': file}]), status=REFUSED)
            self.assertIn(file, done.stderr)
            self.assertFalse(trace.exists())

    def test_a_reader_that_goes_away_is_reported_and_the_run_is_fine(self):
        running = self.start_scenario(
            pair(pings(200, 1000), capture=[{'interface': 'london:eth0', 'file': '-'}]),
            stdout=subprocess.PIPE)
        self.assertEqual(len(running.process.stdout.read(100)), 100)
        running.process.stdout.close()
        done = running.finish()
        self.assertEqual(done.status, 0, done.stderr)
        self.assertEqual(done.report['captures'][0]['error'], 'the reader went away')
        self.assert_balanced(done.report)

    def test_a_reader_that_stalls_does_not_hold_up_the_end(self):
        running = self.start_scenario(
            pair(pings(200, 1000), capture=[{'interface': 'london:eth0', 'file': '-'}]),
            stdout=subprocess.PIPE)
        done = running.finish()
        self.addCleanup(running.process.stdout.close)
        result = done.report['captures'][0]
        self.assertEqual(done.status, 0, done.stderr)
        self.assertEqual(result['error'], 'the reader stalled')
        self.assertGreater(result['lost_frames'], 0)
        self.assertGreater(result['written_frames'], 0)
        self.assert_balanced(done.report)


if __name__ == '__main__':
    harness.main()
