# SPDX-License-Identifier: Apache-2.0
"""What a scenario expects is held against the run, and decides about its exit status."""

import harness
from harness import TASK_FAILED, RunCase, pair, task


class Expect(RunCase):
    def expect(self, scenario, *entries, **options):
        return self.run_scenario({**scenario, 'expect': list(entries)}, **options)

    def results(self, done):
        return [entry['passed'] for entry in done.report['expectations']]

    def test_what_holds_is_told(self):
        done = self.expect(
            pair(task('london', 'ping -c 5 -i 0.05 newyork', name='pinger'), delay='20ms',
                 rate='10mbit', capture=['wire']),
            {'task': 'pinger', 'exit': '0', 'output': '/5 received/', 'duration': '200ms..20s'},
            {'link': 'wire', 'dropped': '0', 'delay.p50': '20ms..2s', 'utilisation': '< 5%'},
            {'capture': 'wire.london.pcap', 'filter': 'icmp', 'count': '10'},
            {'capture': 'newyork:eth0', 'filter': 'icmp[icmptype] = icmp-echo', 'count': '5'})
        self.assertEqual(self.results(done), [True] * 11)
        entry = done.report['expectations'][0]
        self.assertEqual(entry, {'name': 'task pinger: exit', 'expected': '0', 'got': '0',
                                 'passed': True, 'soft': False, 'line': entry['line'],
                                 'column': entry['column'], 'metric': 'exit', 'unit': 'count',
                                 'value': 0})
        entries = {entry['metric']: entry for entry in done.report['expectations']}
        self.assertNotIn('value', entries['output'])
        self.assertEqual(entries['duration']['unit'], 'ns')
        value_ms = entries['delay.p50']['value'] / 1e6
        self.assertEqual(entries['delay.p50']['got'], f'{value_ms:.6g}ms')

    def test_what_does_not_hold_fails_the_run_and_says_where(self):
        path = self.write('nodes: [a, b]\n'
                          'links: [{endpoints: [a, b], name: wire}]\n'
                          'tasks: [{on: a, run: ping -c 2 -i 0.05 b}]\n'
                          'expect:\n'
                          '  - {link: wire, direction: forward, in: "> 1000"}\n', name='wrong')
        done = self.taploom('run', path, '--seed', '7')
        self.assertEqual(done.status, TASK_FAILED)
        self.assertEqual(self.results(done), [False])
        self.assertEqual(done.report['expectations'][0]['line'], 5)
        self.assertEqual(done.report['expectations'][0]['column'], 42)
        self.assertRegex(done.text, r'wrong\.yaml:5:\s+expected > 1000,\s+got \d+\n')
        self.assertIn('wrong.yaml --seed 7 --fates fates.csv', done.text)

    def test_commands_to_look_closer_run_the_same_and_stand_once(self):
        path = self.write('matrix: {size: [1, 2]}\n'
                          'nodes: [a, b]\n'
                          'links: [{endpoints: [a, b], name: wire}]\n'
                          'tasks: [{name: one, on: a, run: "ping -c 1 b; exit ${size}"}]\n'
                          'capture: [wire]\n'
                          'expect:\n'
                          '  - {link: wire, in: "> 1000"}\n'
                          '  - {task: one, exit: 0, output: "size ${size}"}\n'
                          '  - {capture: wire.a.pcap, count: 0}\n', name='sizes')
        done = self.taploom('run', path, '--matrix', 'size=2', '--seed', '7')
        self.assertEqual(done.status, TASK_FAILED)
        again = f'taploom run {path} --matrix size=2 --seed 7'
        self.assertEqual(
            done.text[done.text.index('  to look closer:'):].split('\n\n', maxsplit=1)[0],
            f'  to look closer:\n'
            f'    taploom explain {path} --matrix size=2\n'
            f'    {again} --fates fates.csv\n'
            f'    {again} --capture .\n'
            f'    taploom shell a   # while it runs\n'
            f'    tcpdump -nr wire.a.pcap')

    def test_each_capture_has_its_own_file(self):
        done = self.expect(
            pair(task('london', 'ping -c 3 -i 0.05 newyork'), capture=[
                {'interface': 'london:eth0', 'file': 'all.pcap'},
                {'interface': 'newyork:eth0', 'file': 'small.pcap', 'filter': 'arp'},
                {'interface': 'london:eth0', 'file': 'l.pcap', 'filter': 'icmp[0] = 8'}]),
            {'capture': 'l.pcap', 'count': '3'}, {'capture': 'all.pcap', 'count': '8..'},
            {'capture': 'small.pcap', 'filter': 'icmp', 'count': '0'})
        self.assertEqual(self.results(done), [True] * 3)

    def test_a_soft_one_warns(self):
        done = self.expect(pair(task('london', 'true')), {'link': 'wire', 'direction': 'forward',
                                                          'in': '> 1000', 'soft': True})
        self.assertEqual(self.results(done), [False])
        self.assertIn('warning link wire forward: in', done.text)

    def test_an_expected_failure_is_none(self):
        done = self.expect(pair(task('london', 'exit 3', name='three'), task('london', 'true')),
                           {'task': 'three', 'exit': '3'})
        self.assertEqual(self.outcomes(done), ['failed', 'succeeded'])

    def test_another_failure_is_one(self):
        done = self.expect(pair(task('london', 'exit 4', name='three'), task('london', 'true')),
                           {'task': 'three', 'exit': '3'}, status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['failed', 'succeeded'])
        self.assertEqual(done.report['expectations'][0]['got'], '4')

    def test_what_was_not_measured_is_not_what_was_expected(self):
        done = self.expect(pair(task('london', 'exit 1'), task('london', 'true', name='later')),
                           {'task': 'later', 'exit': '0'}, status=TASK_FAILED)
        self.assertEqual(done.report['expectations'][0]['got'],
                         'nothing, since it was not started')

    def test_a_run_that_is_not_valid_is_neither(self):
        scenario = {**pair(task('london', 'ping -c 3 -i 0.05 newyork'), delay='1ms'),
                    'fidelity': {'late_share': '0%', 'late_floor': '1us', 'late_of_delay': '0%'},
                    'expect': [{'link': 'wire', 'in': '> 1000'}]}
        self.run_scenario(scenario, '--strict', status=harness.NOT_VALID)


if __name__ == '__main__':
    harness.main()
