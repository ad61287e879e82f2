# SPDX-License-Identifier: Apache-2.0
"""Timelines and commands change the links of real hosts: what these see of it, and what they do
not."""

import json
import os
import re
import socket
import sys

import harness
from harness import INSIDE, WRONG_USAGE, RunCase, pair, task, wait_until

IPV6 = {'london': 'fd00::1/64', 'newyork': 'fd00::2/64'}
N_LINKS = 100


def dual_stack(*tasks, **keys):
    """london and newyork with an IPv4 and an IPv6 address each, joined by the link `wire`."""
    scenario = pair(*tasks, **keys)
    for number, (host, address) in enumerate(IPV6.items(), 1):
        scenario['nodes'][host] = {'address': [f'10.0.0.{number}/24', address]}
    return scenario


class Timeline(RunCase):
    def start_lab(self, scenario):
        """A lab that runs until it is told to stop, and its name."""
        path = self.write(scenario)
        lab = self.start('run', path)
        wait_until(lambda: path.stem in self.taploom('list').text, f'{path.stem} in the list')
        return lab, path.stem

    def inside(self, lab, host, *command, status=0):
        done = self.taploom('exec', f'{lab}/{host}', *command)
        self.assertEqual(done.status, status, f'{done.text}{done.stderr}')
        return done.text

    def state(self, lab, host):
        return json.loads(self.inside(lab, host, *INSIDE.split(), 'state', 'eth0'))

    def has_carrier(self, lab, host):
        return self.state(lab, host)['carrier']

    def await_carrier(self, lab, wanted):
        for host in IPV6:
            wait_until(lambda: self.has_carrier(lab, host) == wanted, f'carrier at {host}')

    def addresses(self, lab):
        return {host: self.state(lab, host)['addresses'] for host in IPV6}

    def change(self, *arguments, status=0):
        done = self.taploom(*arguments)
        self.assertEqual(done.status, status, f'{done.text}{done.stderr}')
        return done

    def ping(self, lab, *arguments, status=0):
        return self.inside(lab, 'london', 'ping', '-i', '0.05', '-c', '3', *arguments,
                           status=status)

    def test_a_link_that_is_down_has_no_carrier_and_comes_back(self):
        lab, name = self.start_lab(dual_stack(delay='1ms'))
        before = self.addresses(name)
        for addresses in before.values():
            self.assertEqual(len(addresses), 3, addresses)  # the link-local one too
        self.ping(name, 'newyork')
        self.ping(name, '-6', 'fd00::2')
        self.assertTrue(self.has_carrier(name, 'london'))
        self.change('link', 'down', f'{name}/wire')
        self.await_carrier(name, False)
        self.ping(name, '-W', '0.2', 'newyork', status=1)
        self.assertEqual(self.addresses(name), before)
        self.change('link', 'up', f'{name}/wire')
        self.await_carrier(name, True)
        self.ping(name, '-w', '20', 'newyork')
        self.ping(name, '-6', '-w', '20', 'fd00::2')
        self.assertEqual(self.addresses(name), before)
        lab.signal(harness.signal.SIGINT)
        report = lab.finish().report
        self.assert_balanced(report)
        self.assertEqual([change['action'] for change in report['changes']], ['down', 'up'])
        # What hosts send without a carrier is no reason to distrust the run.
        self.assertFalse([why for why in report['invalid_reasons'] if 'inside a device' in why])

    def test_one_way_failure_keeps_the_carrier(self):
        lab, name = self.start_lab(dual_stack())
        self.ping(name, 'newyork')
        self.change('link', 'down', f'{name}/wire', '--direction', 'reverse')
        self.ping(name, '-W', '0.2', 'newyork', status=1)
        for host in IPV6:
            self.assertTrue(self.has_carrier(name, host))
        self.change('reset', f'{name}/wire')
        self.ping(name, '-w', '20', 'newyork')
        lab.signal(harness.signal.SIGINT)
        wire = lab.finish().report['links']['wire']
        self.assertGreater(wire['reverse']['dropped_frames']['link-down'], 0)
        self.assertNotIn('link-down', wire['forward']['dropped_frames'])

    def test_the_carrier_can_be_left(self):
        scenario = pair(task('london', f'for i in $(seq 10); do {INSIDE} state eth0; done'))
        scenario['timeline'] = [{'at': '0s', 'link': 'wire', 'down': True, 'carrier': False}]
        done = self.run_scenario(scenario)
        self.assertNotIn('"carrier": false', done.report['tasks'][0]['output'])
        self.assertTrue(done.report['links']['wire']['forward']['down'])

    def test_the_report_says_how_long_ramps_and_flaps_last(self):
        scenario = pair(task('london', 'sleep 0.3'), delay='1ms')
        scenario['timeline'] = [
            {'at': '10ms', 'link': 'wire', 'ramp': {'delay': '2ms'}, 'over': '20ms'},
            {'at': '50ms', 'link': 'wire', 'flap': {'period': '40ms', 'duty': '25%'}, 'for': '1min'}]
        ramp, *_, flap = self.run_scenario(scenario).report['changes'][:3]
        self.assertEqual((ramp['action'], ramp['over_s']), ('ramp', 0.02))
        self.assertEqual((flap['action'], flap['down_s'], flap['period_s']), ('flap', 0.01, 0.04))

    def test_set_changes_what_frames_meet(self):
        lab, name = self.start_lab(dual_stack(delay='1ms'))
        self.ping(name, 'newyork')
        self.change('set', f'{name}/wire', 'delay=60ms')
        least = float(re.search(r'= ([\d.]+)/', self.ping(name, 'newyork'))[1])
        self.assertGreaterEqual(least, 120)
        self.assertIn('delay 60ms', self.taploom('show', name).text)
        for wrong, why in (('delay=60', 'has no unit'), ('loss=101%', 'more than 100%'),
                           ('dely=1ms', 'did you mean "delay"'), ('queue=1ms', 'without a rate')):
            done = self.change('set', f'{name}/wire', 'delay=70ms', wrong, status=WRONG_USAGE)
            self.assertIn(why, done.stderr)
        for count in (6000, 40000):
            done = self.change('set', f'{name}/wire', *['delay=70ms'] * count, status=WRONG_USAGE)
            self.assertIn('more than 65536 bytes: Message too long (ask for less at once',
                          done.stderr)
        self.change('set', f'{name}/wire', 'delay=70ms', 'nowhere', 'delay=1ms',
                    status=WRONG_USAGE)
        self.assertIn('delay 60ms', self.taploom('show', name).text)
        done = self.change('link', 'up', f'{name}/wire', '--for', '1s', status=WRONG_USAGE)
        self.assertIn('--for: has no meaning beside up', done.stderr)
        # What is measured from then on only, while another thread looks for it.
        self.change('set', f'{name}/wire', 'reorder=5%')
        self.assertIn('reorder 5%', self.taploom('show', name).text)
        self.change('set', f'{name}/wire', 'loss=100%', '--for', '400ms')
        wait_until(lambda: 'loss 100%' not in self.taploom('show', name).text, 'the end of --for')
        self.change('set', f'{name}/*', 'delay=2ms', '--ramp', '200ms')
        wait_until(lambda: 'delay 2ms' in self.taploom('show', name).text, 'the end of the ramp')
        self.change('reset', f'{name}/wire')
        self.assertIn('delay 1ms', self.taploom('show', name).text)
        lab.signal(harness.signal.SIGINT)
        report = lab.finish().report
        self.assertEqual([(change['action'], change['event'], change['by'])
                          for change in report['changes']],
                         [('set', 'begun', 'command')] * 3 +
                         [('set', 'put-back', 'command'), ('ramp', 'begun', 'command'),
                          ('ramp', 'ended', 'command'), ('reset', 'begun', 'command')])
        times = [change['at_s'] for change in report['changes']]
        self.assertEqual(times, sorted(times))
        self.assertAlmostEqual(times[3] - times[2], 0.4, places=9)
        self.assertAlmostEqual(times[5] - times[4], 0.2, places=9)

    def test_requests_that_make_no_sense_are_refused(self):
        lab, name = self.start_lab(dual_stack())
        for request, why in (('{"command": 3}', 'does not know the request'),
                             ('{"command": ["show"]}', 'does not know the request'),
                             ('{"command": "namespaces", "host": 3}', 'no such host'),
                             ('{"command": "change", "changes": {}}', 'nothing to change')):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(f'\0taploom/{os.geteuid()}/{name}')
                client.sendall(request.encode() + b'\n')
                with client.makefile() as answer:
                    self.assertIn(why, json.loads(answer.readline())['error'])
        lab.signal(harness.signal.SIGINT)
        lab.finish()

    def test_a_timeline_waits_for_the_first_frame(self):
        scenario = dual_stack(task('london', 'sleep 0.5; ping -c 3 -i 0.2 newyork'), delay='1ms')
        scenario['timeline'] = {'start': 'first-frame', 'events': [
            {'at': '0s', 'link': 'wire', 'set': {'delay': '30ms'}},
            {'at': '100ms', 'link': 'wire', 'set': {'delay': '5ms'}}]}
        report = self.run_scenario(scenario).report
        first, second = report['changes']
        self.assertGreaterEqual(first['at_s'], 0.5)
        self.assertAlmostEqual(second['at_s'] - first['at_s'], 0.1, places=9)
        self.assertEqual(second['set'], {'delay': '5ms'})
        self.assertEqual(second['links'], ['wire'])

    def test_a_timeline_waits_for_tasks(self):
        scenario = pair(task('newyork', 'sleep 0.3; echo here; exec sleep 100', name='server',
                             background=True, ready='output:here'),
                        task('london', 'sleep 0.4'))
        scenario['timeline'] = {'start': {'ready': ['server']},
                                'events': [{'at': '0s', 'link': 'wire', 'down': '100ms'}]}
        report = self.run_scenario(scenario).report
        self.assertEqual([change['event'] for change in report['changes']], ['begun', 'put-back'])
        self.assertGreaterEqual(report['changes'][0]['at_s'], 0.3)

    def test_restart_begins_background_tasks_again(self):
        trace = self.directory / 'trace'
        stubborn = f'trap "" TERM; echo b >>{trace}; while :; do sleep 0.1; done'
        scenario = pair(task('newyork', f'echo a >>{trace}; exec sleep 987', background=True),
                        task('newyork', stubborn, background=True),
                        task('london', f'echo c >>{trace}; exec sleep 100', background=True),
                        task('london', f'until [ $(grep -c a {trace}) -ge 3 ] && '
                                       f'[ $(grep -c b {trace}) -ge 2 ]; do sleep 0.05; done'))
        scenario['timeline'] = [{'at': '200ms', 'every': '500ms', 'restart': 'newyork'}]
        report = self.run_scenario(scenario).report
        self.assertEqual([entry['outcome'] for entry in report['tasks']],
                         ['ended', 'ended', 'ended', 'succeeded'])
        self.assertEqual(trace.read_text(encoding='utf-8').split().count('c'), 1)
        self.assertGreaterEqual(report['tasks'][0]['restarts'], 2)
        self.assertGreaterEqual(report['tasks'][1]['restarts'], 1)
        self.assertNotIn('restarts', report['tasks'][2])

    def test_a_partition_heals(self):
        scenario = dual_stack(task('london', 'until ! ping -c 1 -W 0.2 newyork; do :; done; '
                                             'until ping -c 1 -W 0.2 newyork; do :; done'))
        scenario['timeline'] = [
            {'at': '500ms', 'partition': [['london'], ['newyork']], 'for': '500ms'}]
        report = self.run_scenario(scenario).report
        self.assertEqual([change['action'] for change in report['changes']], ['partition'] * 2)

    def chain(self, *tasks, timeline):
        """london and newyork with N_LINKS links and switches between them."""
        names = ['london', *(f's{number}' for number in range(1, N_LINKS)), 'newyork']
        return {'nodes': {name: {'kind': 'switch'} if name.startswith('s') else {}
                          for name in names},
                'links': [{'endpoints': list(ends), 'name': f'l{number}', 'delay': '100us',
                           'rate': '1gbit'} for number, ends in enumerate(zip(names, names[1:]))],
                'tasks': list(tasks), 'timeline': timeline}

    # Two changes of each link every 200 ms, ten links at a time no two of which change together.
    def test_a_thousand_changes_a_second_lose_no_frame(self):
        # While an address is being resolved the kernel may send its first frames out of order.
        tasks = (task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
                 task('london', 'ping -q -c 1 10.0.0.2'),
                 task('london', f'{INSIDE} numbers 10.0.0.2 3000'))
        timeline = [{'at': f'{2 * number}ms', 'every': '200ms', 'for': '100ms',
                     'link': f'l{number}', 'set': {'delay': '50us', 'rate': '2gbit'}}
                    for number in range(N_LINKS)]
        figures = {}
        for what, entries in (('without', []), ('with', timeline)):
            done = self.run_scenario(self.chain(*tasks, timeline=entries))
            report = done.report
            self.assert_balanced(report)
            arrived = [int(line) for line in report['tasks'][0]['output'].split()]
            self.assertEqual(arrived, list(range(3000)), what)
            lateness = report['links'][f'l{N_LINKS - 1}']['forward']['measured']['lateness_us']
            figures[what] = report, lateness
            print(f"# {what} changes: {report['changes_total']} in {report['elapsed_s']:.1f} s; "
                  f"lateness {lateness['p50']:.1f} us median, {lateness['p99']:.1f} us p99, "
                  f"{lateness['max']:.0f} us max", file=sys.stderr)
        report, lateness = figures['with']
        self.assertGreaterEqual(report['changes_total'], 900 * (report['elapsed_s'] - 0.5))
        if self.kept_up(done):
            self.assertLess(lateness['p50'], 5000)
        self.assertEqual(len(report['changes']), 2000)


if __name__ == '__main__':
    harness.main()
