# SPDX-License-Identifier: Apache-2.0
"""The report tells what was configured, what was measured and where every frame went."""

import json
import re

import harness
from harness import INSIDE, NOT_VALID, REFUSED, RunCase, dropped, echoes, pair, task

N_NUMBERS = 300
COLUMNS = 80


def numbers(**link):
    """Numbered datagrams from london to newyork and nothing else: TUN devices need no ARP. The way
    back loses nothing."""
    return pair(task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
                task('london', f'{INSIDE} numbers newyork {N_NUMBERS}', timeout='60s'),
                host={'device': 'tun'}, reverse={'loss': '0%'}, **link)


def arrived(done):
    return [int(line) for line in done.report['tasks'][0]['output'].split()]


class Report(RunCase):
    def test_balances_where_switch_and_hub_copy(self):
        #  london ---+                            +--- web       2 Mbit/s, 10 frames of queue
        #            office === loses 5 % === lobby
        #  paris  ---+                            +--- mail
        done = self.run_scenario({
            'nodes': {'london': {}, 'paris': {}, 'web': {}, 'mail': {},
                      'office': {'kind': 'switch'}, 'lobby': {'kind': 'hub'}},
            'links': [{'endpoints': ['london', 'office']},
                      {'endpoints': ['paris', 'office']},
                      {'endpoints': ['office', 'lobby'], 'loss': '5%', 'delay': '2ms'},
                      {'endpoints': ['lobby', 'web'], 'rate': '2mbit', 'queue': '10 packets'},
                      {'endpoints': ['lobby', 'mail']}],
            'tasks': [task('london', 'ping -c 20 -i 0.01 web; true'),
                      task('paris', 'ping -q -c 100 -s 1400 -l 100 -W 1 mail; true')]})
        self.assert_balanced(done.report)
        self.assertGreater(done.report['nodes']['office']['copied_frames'], 0)
        self.assertGreater(done.report['nodes']['lobby']['copied_frames'], 0)
        self.assertGreater(
            done.report['links']['lobby-web']['forward']['dropped_frames']['queue-full'], 0)

    def test_counts_what_a_switch_filters(self):
        #  london --- office --- lobby --- web, mail: what web sends mail reaches the office too
        done = self.run_scenario({
            'nodes': {'london': {}, 'web': {}, 'mail': {},
                      'office': {'kind': 'switch'}, 'lobby': {'kind': 'hub'}},
            'links': [{'endpoints': ['london', 'office']}, {'endpoints': ['office', 'lobby']},
                      {'endpoints': ['lobby', 'web']}, {'endpoints': ['lobby', 'mail']}],
            'tasks': [task('web', echoes(10, 'mail'))]})
        self.assert_balanced(done.report)
        # Ten requests and ten replies; the first request's ARP reply as well.
        self.assertGreaterEqual(done.report['nodes']['office']['dropped_frames']['filtered'], 20)
        self.assertIn('filtered', done.text)

    def test_measures_loss_as_dropped_of_those_that_reached_the_wire(self):
        forward = self.run_scenario(numbers(loss='30%')).report['links']['wire']['forward']
        lost, out = forward['dropped_frames']['loss'], forward['out_frames']
        low, high = forward['measured']['loss_interval_95']
        self.assertGreater(lost, N_NUMBERS / 10)
        self.assertAlmostEqual(forward['configured']['loss'], 0.3)
        self.assertAlmostEqual(forward['measured']['loss'], lost / (lost + out))
        self.assertTrue(0 < low < lost / (lost + out) < high < 1)

    def test_tells_bursts_and_gaps_of_losses(self):
        lossless = {'model': 'independent', 'rate': '0%'}
        done = self.run_scenario(pair(
            task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
            task('london', f'{INSIDE} numbers newyork {N_NUMBERS}', timeout='60s'),
            host={'device': 'tun'}, loss={'model': 'pattern', 'pattern': '....xxx ..x'},
            reverse={'loss': lossless}))
        self.assertEqual(arrived(done), [n for n in range(N_NUMBERS) if n % 10 in (0, 1, 2, 3, 7, 8)])
        measured = done.report['links']['wire']['forward']['measured']
        self.assertEqual(measured['loss_burst_frames'], {
            'count': 60, 'mean': 2.0, 'p50': 1, 'p99': 3, 'max': 3,
            'classes': [{'from': 1, 'to': 1, 'count': 30}, {'from': 3, 'to': 3, 'count': 30}]})
        self.assertEqual(measured['loss_gap_frames']['count'], 59)
        self.assertEqual(measured['loss_gap_frames']['max'], 4)
        self.assertRegex(done.text, r'\n    bursts +pattern +mean 2\.00, max 3; gaps: mean 2\.98, '
                                    r'max 4\n')
        back = done.report['links']['wire']['reverse']['measured']
        self.assertEqual(back['loss_burst_frames'], {'count': 0, 'mean': 0.0, 'p50': 0, 'p99': 0,
                                                     'max': 0, 'classes': []})
        # Of independent losses it says nothing new.
        independent = self.run_scenario(numbers(loss='30%'))
        self.assertNotIn('bursts', independent.text)
        self.assertGreater(independent.report['links']['wire']['forward']['measured']
                           ['loss_burst_frames']['count'], 30)

    def test_same_seed_loses_the_same_frames(self):
        first = self.run_scenario(numbers(loss='20%'), '--seed', '7')
        # More nodes, another link and a delay change no fate.
        larger = numbers(loss='20%', delay='3ms', rate='50mbit')
        larger['nodes'].update({'paris': {'device': 'tun'}, 'rome': {'device': 'tun'}})
        larger['links'].insert(0, {'endpoints': ['paris', 'rome'], 'loss': '50%'})
        larger['tasks'].insert(0, task('paris', 'ping -c 5 -i 0.01 -W 1 rome; true'))
        second = self.run_scenario(larger, '--seed', '7')
        survivors = [int(line) for line in second.report['tasks'][1]['output'].split()]
        self.assertEqual(arrived(first), survivors)
        self.assertEqual(arrived(first), sorted(arrived(first)))
        self.assertLess(len(arrived(first)), N_NUMBERS)

    def test_another_seed_loses_other_frames(self):
        runs = [self.run_scenario(numbers(loss='20%'), '--seed', seed) for seed in ('1', '2')]
        self.assertNotEqual(arrived(runs[0]), arrived(runs[1]))
        self.assertEqual([run.report['seed'] for run in runs], [1, 2])

    def test_zero_percent_never_and_hundred_percent_always_loses(self):
        self.assertEqual(arrived(self.run_scenario(numbers(loss='0%'))), list(range(N_NUMBERS)))
        done = self.run_scenario(pair(task('london', 'ping -c 3 -i 0.01 -W 1 newyork; true'),
                                      host={'device': 'tun'}, loss='100%'))
        self.assertEqual(done.report['links']['wire']['forward']['dropped_frames']['loss'], 3)
        self.assertEqual(done.report['links']['wire']['forward']['out_frames'], 0)

    def test_delay_is_never_below_the_configured(self):
        done = self.run_scenario(pair(task('london', 'ping -q -c 10 -i 0.01 newyork'),
                                      delay='20ms', reverse={'delay': '5ms'}))
        wire = done.report['links']['wire']
        for way, delay_ms in (('forward', 20), ('reverse', 5)):
            measured = wire[way]['measured']['delay_ms']
            self.assertEqual(wire[way]['configured']['delay_ms'], delay_ms)
            self.assertEqual(measured['count'], wire[way]['out_frames'])
            self.assertGreaterEqual(measured['p50'], delay_ms * (1 - 1 / 64))  # a bucket's middle
            self.assertGreaterEqual(measured['max'], delay_ms)
        least_ms = float(re.search(r'= ([\d.]+)/', done.report['tasks'][0]['output'])[1])
        self.assertGreaterEqual(least_ms, 25)

    def test_reverse_overrides_only_what_it_names(self):
        done = self.run_scenario(pair(task('london', 'ping -c 1 newyork'), rate='10mbit', loss='0%',
                                      delay='2ms', reverse={'rate': '1mbit'}))
        wire = done.report['links']['wire']
        self.assertEqual([wire[way]['configured']['rate_bps'] for way in ('forward', 'reverse')],
                         [10**7, 10**6])
        self.assertEqual(wire['reverse']['configured']['delay_ms'], 2)
        self.assertEqual((wire['forward']['from'], wire['forward']['to']), ('london', 'newyork'))
        self.assertEqual((wire['reverse']['from'], wire['reverse']['to']), ('newyork', 'london'))

    def test_rate_is_never_above_the_configured(self):
        done = self.run_scenario(pair(task('london', 'ping -q -c 100 -l 100 -s 1000 newyork; true'),
                                      rate='2mbit', queue='20 packets', host={'device': 'tun'}))
        forward = done.report['links']['wire']['forward']
        self.assertLessEqual(forward['measured']['rate_bps'], 2 * 10**6)
        self.assertGreater(forward['dropped_frames']['queue-full'], 0)
        self.assert_balanced(done.report)

    def test_counts_frames_still_under_way_as_held(self):
        done = self.run_scenario(pair(task('london', 'ping -c 3 -i 0.01 -W 1 newyork; true'),
                                      host={'device': 'tun'}, delay='1h'))
        forward = done.report['links']['wire']['forward']
        self.assertEqual((forward['in_frames'], forward['held_frames']), (3, 3))
        self.assertIn('held 3', done.text)
        self.assert_balanced(done.report)

    def test_frames_without_memory_are_counted_and_make_the_run_invalid(self):
        # Room for some 500 ordinary frames, and none of those sent arrives in time.
        n_frames, burst = 800, 'ping -q -c 200 -l 200 -W 0.1 newyork; '
        scenario = {**pair(task('london', burst * 4 + 'true'), host={'device': 'tun'}, delay='1h'),
                    'memory': '1MB'}
        done = self.run_scenario(scenario, '--strict', status=NOT_VALID)
        forward = done.report['links']['wire']['forward']
        refused = done.report['devices']['london:eth0']['dropped_frames']['no-memory']
        self.assert_balanced(done.report)
        self.assertGreater(refused, 0)
        self.assertEqual(forward['in_frames'] + refused, n_frames)
        self.assertEqual(forward['held_frames'], forward['in_frames'])
        self.assertFalse(done.report['valid'])
        self.assertTrue(any(reason.startswith(f'{refused} frames found no memory')
                            for reason in done.report['invalid_reasons']))
        self.assertIn(f'no-memory {refused}', done.text)

    def test_json_has_every_promised_key(self):
        report = self.run_scenario(numbers(delay='1ms', rate='10mbit', loss='1%', jitter='100us'),
                                   '--capture', self.directory).report
        forward = report['links']['wire']['forward']
        for keys, where in (
                ('taploom scenario seed elapsed_s interrupted valid invalid_reasons lateness_us '
                 'links devices nodes tasks captures', report),
                ('count p50 p99 p999 max', report['lateness_us']),
                ('from to in_frames in_bytes out_frames out_bytes copied_frames held_frames '
                 'marked_frames corrupted_frames dropped_frames unaccounted_frames configured measured', forward),
                ('queue-full loss', forward['dropped_frames']),
                ('delay_ms jitter_ms loss rate_bps queue', forward['configured']),
                ('delay_ms queue_ms queue_frames loss rate_bps lateness_us late_frames',
                 forward['measured']),
                ('read_frames written_frames held_frames dropped_frames unaccounted_frames',
                 report['devices']['london:eth0']),
                ('on run background outcome exit elapsed_s output', report['tasks'][0]),
                ('file interface written_frames lost_frames', report['captures'][0])):
            self.assertEqual(set(keys.split()) - set(where), set())
        self.assertEqual(forward['in_bytes'],
                         report['devices']['london:eth0']['read_bytes'])
        self.assertEqual(report['scenario'], self.lab_name())

    def test_text_has_at_most_eighty_columns(self):
        long = 'a-host-whose-name-takes-all-of-the-sixty-three-bytes-allowed-xx'
        done = self.run_scenario({
            'nodes': [long, 'newyork'],
            'links': [{'endpoints': [long, 'newyork'], 'loss': '20%',
                       'rate': '1mbit', 'queue': '3 packets', 'delay': '1234567us',
                       'jitter': '654321us'}],
            'capture': [{'link': f'{long}-newyork', 'file': 'c.pcap'}],
            'tasks': [task(long, 'ping -q -c 50 -l 50 -s 1400 -W 1 newyork >/dev/null; exit 0'),
                      task('newyork', 'echo ' + 'a long command ' * 20 + '>/dev/null'),
                      task('newyork', f'{INSIDE} interface eth0 down'),
                      task(long, f'{INSIDE} frames eth0 {"ff" * 12}0800{"00" * 46}')]})
        report = done.text.rpartition('\n\n' + self.lab_name())[2]
        wide = [line for line in report.splitlines() if len(line) > COLUMNS]
        self.assertEqual(wide, [])
        self.assertIn('queue-full', report)
        self.assertRegex(report, r'(?m)^  newyork  *echo a long command .*\.\.\. succeeded  ')

    def test_a_valid_verdict_says_how_many_left_late(self):
        def verdict(**fidelity):
            done = self.run_scenario({
                **pair(task('london', 'ping -q -c 20 -i 0.01 newyork'), host={'device': 'tun'}),
                'fidelity': {'late_share': '100%', 'late_of_delay': '0%', **fidelity}})
            self.assertTrue(done.report['valid'])
            return done.text.splitlines()[-1]

        self.assertEqual(verdict(late_floor='1h'),
                         'valid: every frame is accounted for, none left late')
        self.assertRegex(verdict(late_floor='0ns'), r'^valid: every frame is accounted for, '
                         r'(100|\d\d?)\.\d\d % left late \(100% may\)$')

    def test_text_is_not_coloured_in_a_file(self):
        self.assertNotIn('\033', self.run_scenario(pair(task('london', 'true'))).text)

    def test_dash_writes_json_and_nothing_else_to_standard_output(self):
        done = self.run_scenario(pair(task('london', 'echo spoken')), '--report', '-')
        self.assertEqual(json.loads(done.text)['tasks'][0]['output'], 'spoken\n')
        self.assertIn('spoken', done.stderr)
        self.assertIn('valid', done.stderr)

    def test_unwritable_place_is_refused_before_anything_starts(self):
        trace = self.directory / 'started'
        for place in (self.directory / 'missing/report.json', self.directory):
            done = self.run_scenario(pair(task('london', f'touch {trace}')), '--report', place,
                                     status=REFUSED)
            self.assertIn(f'--report {place}', done.stderr)
            self.assertFalse(trace.exists())

    def test_full_disk_is_said_after_the_run(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = self.run_scenario(pair(task('london', 'true')), '--report', '-', stdout=full,
                                     status=REFUSED)
        self.assertIn('No space left on device', done.stderr)

    def test_text_that_cannot_be_written_is_refused(self):
        path = self.write(pair(task('london', 'true')))
        for arguments in (('run', path), ('check', path), ('presets',), ('--version',)):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = self.taploom(*arguments, stdout=full)
            self.assertEqual(done.status, REFUSED, arguments)
            self.assertIn('taploom: standard output could not be written in full', done.stderr)

    def test_report_replaces_a_longer_one(self):
        place = self.directory / 'again.json'
        place.write_text('x' * 10**6, encoding='utf-8')
        self.run_scenario(pair(task('london', 'true')), '--report', place)
        self.assertEqual(json.loads(place.read_text(encoding='utf-8'))['tasks'][0]['exit'], 0)

    def test_idle_lab_sends_no_frame(self):
        report = self.run_scenario(pair(delay='1ms'), '--duration', '2s').report
        self.assertEqual(sum(link[way]['in_frames'] + dropped(link[way])
                             for link in report['links'].values()
                             for way in ('forward', 'reverse')), 0)
        self.assertGreaterEqual(report['elapsed_s'], 2)
        self.assertTrue(report['valid'])


if __name__ == '__main__':
    harness.main()
