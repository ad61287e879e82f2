# SPDX-License-Identifier: Apache-2.0
"""Probes measure what the links do, on real stacks, and what they found may be expected."""

import sys

import harness
from harness import TASK_FAILED, RunCase, pair, task

N_SENT = 50
# 50 datagrams of 250 bytes in a second.
STREAM = {'udp': 'newyork', 'rate': '100kbit', 'size': '250B', 'time': '1s', 'timeout': '2s'}


def probe(host, name='it', **what):
    return {'on': host, 'name': name, 'probe': what}


class Probe(RunCase):
    def measure(self, *tasks, expect=(), status=harness.FINISHED_WELL, **link):
        """The run, and what the last task found."""
        done = self.run_scenario({**pair(*tasks, **link), 'expect': list(expect)}, status=status)
        return done, done.report['tasks'][-1].get('probe')

    def test_ping(self):
        done, found = self.measure(
            probe('london', ping='newyork', count=N_SENT, interval='2ms'), delay='15ms',
            reverse={'delay': '5ms'},
            expect=[{'probe': 'it', 'loss': '0%', 'rtt.min': '20ms..', 'reordered': '0'}])
        self.assertEqual((found['sent'], found['received']), (N_SENT, N_SENT))
        self.assertGreaterEqual(found['rtt.min_ms'], 20)
        self.assertLessEqual(found['rtt.min_ms'], found['rtt.p50_ms'])
        self.assertLessEqual(found['rtt.p99_ms'], found['rtt.max_ms'])
        self.assertNotIn('figure', done.report['tasks'][0]['output'])
        self.assertIn('london | 50 sent, 50 received', done.text)

    def test_ping_over_ipv6(self):
        scenario = {'nodes': {'a': {'address': 'fd00::1/64'}, 'b': {'address': 'fd00::2/64'}},
                    'links': [{'endpoints': ['a', 'b'], 'delay': '5ms'}],
                    'tasks': [probe('a', ping='b', count=3, interval='5ms')],
                    'expect': [{'probe': 'it', 'received': '3', 'rtt.min': '> 9.9ms'}]}
        self.run_scenario(scenario)

    def test_silence_is_a_failure(self):
        silent = probe('london', ping='newyork', count=2, interval='1ms', timeout='100ms')
        _, found = self.measure(silent, loss='100%', status=TASK_FAILED)
        self.assertEqual((found['sent'], found['received'], found['loss']), (2, 0, 1))
        self.assertNotIn('rtt.min_ms', found)

    def test_silence_may_be_what_is_expected(self):
        silent = probe('london', ping='newyork', count=2, interval='1ms', timeout='100ms')
        done, _ = self.measure(silent, task('london', 'true'), loss='100%',
                               expect=[{'probe': 'it', 'loss': '100%'}])
        self.assertEqual(self.outcomes(done), ['failed', 'succeeded'])

    def test_udp_delays_are_those_of_one_direction(self):
        done, found = self.measure(probe('london', **STREAM), delay='30ms',
                                   reverse={'delay': '150ms'})
        self.assertEqual((found['sent'], found['received'], found['bursts']), (N_SENT, N_SENT, 0))
        self.assertGreaterEqual(found['delay.min_ms'], 30)
        if self.kept_up(done):
            self.assertLess(found['delay.min_ms'], 35)
            self.assertGreater(found['throughput_bps'], 50000)

    def test_udp_losses_and_bursts_are_counted(self):
        _, found = self.measure(
            probe('london', **STREAM), delay='1ms',
            faults=[{'drop': {}, 'match': 'udp', 'which': '3, 10-14, 50'}],
            expect=[{'probe': 'it', 'loss': '= 14%', 'bursts': '3', 'bursts.max': '5',
                     'received': '43'}])
        self.assertEqual(found['duplicates'], 0)

    def test_udp_copies_and_order_are_told(self):
        _, found = self.measure(
            probe('london', **STREAM), delay='1ms',
            faults=[{'duplicate': {}, 'match': 'udp', 'which': '2, 4'},
                    {'delay': '90ms', 'match': 'udp', 'which': '20'}],
            expect=[{'probe': 'it', 'duplicates': '2', 'reordered': '1', 'loss': '0%'}])
        self.assertGreaterEqual(found['delay.max_ms'], 90)

    def test_tcp_flows_share_a_link(self):
        done, found = self.measure(probe('london', tcp='newyork', flows=3, time='1s'),
                                   rate='20mbit', delay='2ms', queue='20ms')
        self.assertLess(found['throughput_bps'], 20e6)
        if self.kept_up(done):
            self.assertGreater(found['throughput_bps'], 5e6)
        self.assertLessEqual(3 * found['throughput.min_bps'], found['throughput_bps'])
        self.assertGreaterEqual(found['connect_ms'], 4)
        self.assertGreaterEqual(found['rtt.min_ms'], 4)
        self.assertGreaterEqual(found['fairness'], 1 / 3)
        self.assertLessEqual(found['fairness'], 1)

    def test_tcp_carries_a_size(self):
        _, found = self.measure(probe('newyork', tcp='london', flows=2, size='100kB'),
                                rate='50mbit')
        self.assertEqual(found['size_bytes'], 200000)
        self.assertGreaterEqual(found['duration_ms'], 200000 * 8 / 50e3)

    def test_tcp_that_cannot_connect(self):
        done, found = self.measure(probe('london', tcp='newyork', timeout='200ms'), loss='100%',
                                   expect=[{'probe': 'it', 'throughput': '> 1bit'}],
                                   status=TASK_FAILED)
        self.assertEqual(list(found), ['kind'])
        self.assertEqual(done.report['expectations'][0]['got'],
                         'nothing, since it had no answer')
        self.assertIn('newyork: connect: Connection timed out', done.text)


    def probes(self):
        """The numbers of the processes that measure."""
        def measures(pid):
            try:
                return b'exe\0probe\0' in harness.Path(f'/proc/{pid}/cmdline').read_bytes()[:32]
            except OSError:
                return False  # it has just ended
        return [pid for pid in self.processes() if measures(pid)]

    def test_what_came_too_late_has_not_come_though_the_probe_was_halted(self):
        probes = [probe('london', kind, **{kind: 'newyork'}, timeout='500ms', **more)
                  for kind, more in (('ping', {'count': 1}), ('reach', {'interval': '1s'}),
                                     ('udp', {'rate': '100kbit', 'size': '250B', 'time': '20ms'}))]
        running = self.start_scenario(
            pair({'group': 'parallel', 'steps': [{**one, 'continue': True} for one in probes]},
                 host={'device': 'tun'}, delay='600ms'))
        harness.wait_until(lambda: self.probes() or running.process.poll() is not None, 'probes')
        harness.time.sleep(0.2)  # by when all have asked, or nothing is tested
        measuring = self.probes()
        for pid in measuring:
            harness.os.kill(pid, harness.signal.SIGSTOP)
        harness.time.sleep(1.5)
        for pid in measuring:
            harness.os.kill(pid, harness.signal.SIGCONT)
        self.assertEqual(self.outcomes(running.finish()), ['failed'] * 3)

    def test_http(self):
        (self.directory / 'page').write_text('x' * 1000, encoding='utf-8')
        server = task('newyork', f'exec {sys.executable} -m http.server -d {self.directory} 8080',
                      background=True, ready='tcp:8080')
        done, found = self.measure(
            server, probe('london', 'page', http='http://newyork:8080/page'),
            probe('london', 'none', http='http://newyork:8080/none'), delay='10ms',
            expect=[{'probe': 'page', 'status': '200', 'size': '1kB', 'first-byte': '40ms..'},
                    {'probe': 'none', 'status': '404'}])
        self.assertEqual(found['status'], 404)
        page = done.report['tasks'][1]['probe']
        self.assertGreaterEqual(page['connect_ms'], 20)
        self.assertGreaterEqual(page['first-byte_ms'], page['connect_ms'] + 20)

    def test_http_without_a_server(self):
        done, _ = self.measure(probe('london', http='http://newyork:8080/'), status=TASK_FAILED)
        self.assertIn('http://newyork:8080/: connect: Connection refused', done.text)

    def test_one_in_the_background_tells_what_it_found_so_far(self):
        done, _ = self.measure(
            {**probe('london', ping='newyork', count=100000, interval='5ms'), 'background': True},
            task('london', 'sleep 0.3'), expect=[{'probe': 'it', 'received': '10..'}])
        self.assertEqual(self.outcomes(done), ['ended', 'succeeded'])


if __name__ == '__main__':
    harness.main()
