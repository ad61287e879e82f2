# SPDX-License-Identifier: Apache-2.0
"""Files of fates tell of every frame that entered a link, captures of dropped frames hold those, and
a replay loses the same frames again, whatever its seed."""

import csv
import json
from collections import Counter

import harness
import pcap
from harness import INSIDE, REFUSED, WRONG_USAGE, RunCase, pair, task

TUN = {'device': 'tun'}  # no ARP: the first frame of a direction is the first datagram
N_NUMBERS = 300


def numbers(**keys):
    """Datagrams from london to newyork, numbered from 0; the first task prints what has arrived."""
    return pair(task('newyork', f'{INSIDE} arrivals', background=True, ready='udp:7000'),
                task('london', f'{INSIDE} numbers newyork {N_NUMBERS}', timeout='60s'),
                host=TUN, **keys)


def arrived(done):
    return Counter(int(line) for line in done.report['tasks'][0]['output'].split())


def of_csv(path):
    with path.open(newline='', encoding='ascii') as file:
        return list(csv.DictReader(file))


def of_json(path):
    return [json.loads(line) for line in path.read_text(encoding='ascii').splitlines()]


class Fates(RunCase):
    def assert_complete(self, done, lines):
        """A line for each frame and copy that has met its end, with its reason; in both
        directions of each link; and no number twice."""
        for name, link in done.report['links'].items():
            for way in ('forward', 'reverse'):
                entry = link[way]
                own = [line for line in lines if (line['link'], line['direction']) == (name, way)]
                self.assertEqual(len(own), entry['in_frames'] + entry['copied_frames']
                                 - entry['held_frames'])
                self.assertEqual(len({(line['number'], line['copy']) for line in own}), len(own))
                fates = Counter(line['fate'] for line in own)
                self.assertEqual(fates['delivered'], entry['out_frames'])
                reasons = Counter(line['reason'] for line in own if line['fate'] == 'dropped')
                self.assertEqual(reasons, Counter(entry['dropped_frames']))
        for line in lines:
            if line['fate'] == 'delivered':
                parts = [int(line[part]) for part in ('queue_ns', 'sending_ns', 'propagation_ns',
                                                      'jitter_ns')]
                self.assertEqual(sum(parts), int(line['out_ns']) - int(line['in_ns']))
                self.assertGreaterEqual(min(parts[:3]), 0)

    def test_every_frame_has_a_line(self):
        done = self.run_scenario({**numbers(
            rate='10mbit', loss='20%', duplicate='10%', delay='5ms', jitter='2ms',
            reverse={'loss': '0%'}), 'fates': 'fates.csv'})
        lines = of_csv(self.directory / 'fates.csv')
        self.assert_complete(done, lines)
        self.assertEqual(done.report['fates'], [{
            'file': 'fates.csv', 'written_frames': len(lines), 'lost_frames': 0}])
        self.assertEqual(done.report['captures'], [])
        self.assertRegex(done.text, rf"fates.csv +{len(lines):,} frames' fates")
        lost = {int(line['number']) for line in lines
                if line['direction'] == 'forward' and line['fate'] == 'dropped'}
        self.assertEqual(set(range(N_NUMBERS)) - set(arrived(done)), lost & set(range(N_NUMBERS)))
        self.assertRegex(lines[0]['flow'], r'^udp 10\.0\.0\.1:\d+>10\.0\.0\.2:7000$')

    def test_the_command_line_names_the_file(self):
        """It lies where the command was given, wherever captures go, and is of the links that the
        scenario names."""
        scenario = numbers(loss='10%', reverse={'loss': '0%'})
        scenario['links'].append({'endpoints': ['london', 'newyork'], 'name': 'other'})
        done = self.run_scenario({**scenario, 'fates': {'file': 'x.csv', 'links': ['wire']}},
                                 '--fates', 'fates.jsonl', '--capture', 'there')
        lines = of_json(self.directory / 'fates.jsonl')
        self.assertEqual({line['link'] for line in lines}, {'wire'})
        del done.report['links']['other']
        self.assert_complete(done, lines)
        self.assertFalse((self.directory / 'there' / 'x.csv').exists())

    def test_segments_are_frames(self):
        done = self.run_scenario({**pair(
            task('newyork', f'{INSIDE} sink', background=True, ready='tcp:7000'),
            task('london', f'{INSIDE} stream 3000000 newyork', timeout='60s'),
            rate='100mbit', loss='1%', delay='2ms'), 'fates': 'fates.csv'})
        lines = of_csv(self.directory / 'fates.csv')
        self.assert_complete(done, lines)
        self.assertGreater(done.report['links']['wire']['forward']['in_frames'], 2000)
        self.assertLessEqual(max(int(line['bytes']) for line in lines), 1514)
        self.assertIn('', {line['flow'] for line in lines})  # ARP

    def test_dropped_frames_are_captured(self):
        done = self.run_scenario(numbers(loss='20%', corrupt='10%', reverse={'loss': '0%',
                                         'corrupt': '0%'}, capture=[{'link': 'wire', 'dropped': True}]))
        dropped = done.report['links']['wire']['forward']['dropped_frames']
        captured = {reason: [packet.data[28:] for packet in
                             pcap.read(self.directory / f'wire.dropped.{reason}.pcap').packets]
                    for reason in ('loss', 'corrupt')}
        for reason, payloads in captured.items():
            self.assertEqual(len(payloads), dropped[reason])
        missing = {f'{n:06}'.encode() for n in set(range(N_NUMBERS)) - set(arrived(done))}
        self.assertEqual({payload for payloads in captured.values() for payload in payloads
                          if payload.isdigit()}, missing)
        # What was never dropped for a reason leaves no file, and the report knows of none.
        self.assertEqual({path.name for path in self.directory.glob('*.pcap')},
                         {'wire.london.pcap', 'wire.newyork.pcap', 'wire.dropped.loss.pcap',
                          'wire.dropped.corrupt.pcap'})
        self.assertEqual(len(done.report['captures']), 4)

    def test_a_file_that_cannot_be_written_is_refused(self):
        done = self.run_scenario({**numbers(), 'fates': '/nowhere/fates.csv'}, status=REFUSED)
        self.assertIn('file of fates /nowhere/fates.csv: open: No such file or directory', done.stderr)
        done = self.run_scenario(numbers(), '--fates', self.directory, status=REFUSED)
        self.assertIn(f'{self.directory}: open: Is a directory', done.stderr)
        done = self.run_scenario({**numbers(capture=[{'interface': 'london:eth0', 'file': 'x'}]),
                                  'fates': 'x'}, status=REFUSED)
        self.assertIn('x: already written for london:eth0', done.stderr)


class Replay(RunCase):
    def replay(self, fates, scenario, *arguments, status=0):
        done = self.taploom('replay-fates', fates, self.write(scenario), *arguments)
        self.assertEqual(done.status, status, f'\n{done.text}{done.stderr}')
        return done

    def test_the_same_datagrams_are_lost_again(self):
        for ending in ('csv', 'jsonl'):
            with self.subTest(ending):
                scenario = numbers(loss={'model': 'gilbert', 'rate': '20%', 'burst': 3},
                                   duplicate='10%', delay='5ms', jitter='2ms',
                                   reverse={'loss': '0%'})
                first = self.run_scenario(scenario, '--fates', f'first.{ending}')
                other = self.run_scenario(scenario, '--seed', '2')
                again = self.replay(f'first.{ending}', scenario, '--seed', '2',
                                    '--fates', f'again.{ending}')
                self.assertNotEqual(arrived(other), arrived(first))
                self.assertEqual(arrived(again), arrived(first))
                self.assert_balanced(again.report)
                self.assertLess(again.report['links']['wire']['forward']['unrecorded_frames'], 50)
                self.assertIn('fates as recorded', again.text)
                self.assert_same_courses(*[
                    self.courses(self.directory / f'{run}.{ending}') for run in ('first', 'again')])

    def courses(self, path):
        """Of each datagram and copy, in the order of their ends: number, copy, why it was dropped,
        how long it was under way."""
        lines = of_csv(path) if path.suffix == '.csv' else of_json(path)
        return [(int(line['number']), int(line['copy']),
                 line['reason'] if line['fate'] == 'dropped' else '',
                 int(line['propagation_ns']) + int(line['jitter_ns'])
                 if line['fate'] == 'delivered' else 0)
                for line in lines
                if line['direction'] == 'forward' and int(line['number']) < N_NUMBERS]

    def assert_same_courses(self, first, again):
        """The same fates and order of arrival; since london sends at other instants, a datagram may
        wait for one that it did not pass."""
        self.assertEqual([course[:3] for course in sorted(first)],
                         [course[:3] for course in sorted(again)])
        arrivals = [[course[:2] for course in courses if not course[2]]
                    for courses in (first, again)]
        self.assertEqual(*arrivals)
        for then, now in zip(sorted(first), sorted(again)):
            self.assertGreaterEqual(now[3], then[3])

    def test_what_is_not_recorded(self):
        """Links without a record are as in a run; frames behind the end meet no fate of their own."""
        scenario = numbers(loss='50%', reverse={'loss': '0%'})
        path = self.directory / 'short.csv'
        path.write_text('link,direction,number,copy,in_ns,out_ns,bytes,flow,ecn,fate,reason,'
                        'queue_ns,sending_ns,propagation_ns,jitter_ns\n'
                        'wire,forward,7,0,0,0,60,,,dropped,loss,,,,\n', encoding='ascii')
        done = self.replay(path, scenario)
        self.assertEqual(set(range(N_NUMBERS)) - set(arrived(done)), {7})
        forward = done.report['links']['wire']['forward']
        self.assertEqual(forward['unrecorded_frames'], forward['in_frames'] - 1)
        self.assertIn(f"but for {forward['in_frames'] - 1} frames beyond the recording",
                      ' '.join(done.text.split()))
        scenario['links'].append({'endpoints': ['london', 'newyork'], 'name': 'other'})
        done = self.replay(path, scenario)
        self.assertIn('short.csv: warning: nothing is recorded of link other', done.stderr)
        self.assertNotIn('unrecorded_frames', done.report['links']['other']['forward'])

    def test_a_stream_in_super_frames(self):
        """Another run's segments come otherwise, but each number that was lost is lost again."""
        scenario = pair(task('newyork', f'{INSIDE} sink', background=True, ready='tcp:7000'),
                        task('london', f'{INSIDE} stream 3000000 newyork', timeout='60s'),
                        rate='100mbit', loss='1%', delay='2ms', jitter='500us')
        self.run_scenario(scenario, '--fates', 'first.csv')
        done = self.replay('first.csv', scenario, '--seed', '2', '--fates', 'again.csv')
        self.assert_balanced(done.report)
        first, again = ({(line['direction'], int(line['number'])): line['reason']
                         for line in of_csv(self.directory / f'{run}.csv') if line['copy'] == '0'}
                        for run in ('first', 'again'))
        both = first.keys() & again.keys()
        self.assertGreater(len(both), 2000)
        self.assertEqual({frame: first[frame] for frame in both},
                         {frame: again[frame] for frame in both})
        self.assertFalse(any(again[frame] for frame in again.keys() - first.keys()))

    def test_the_recording_stays(self):
        scenario = {**numbers(loss='20%', reverse={'loss': '0%'}), 'fates': 'first.csv'}
        self.run_scenario(scenario)
        before = (self.directory / 'first.csv').read_bytes()
        done = self.replay('first.csv', scenario, '--fates', './first.csv', status=WRONG_USAGE)
        self.assertIn('--fates ./first.csv: is what is replayed: name another file', done.stderr)
        done = self.replay('first.csv', scenario)
        self.assertEqual(done.report['fates'], [])
        self.assertEqual((self.directory / 'first.csv').read_bytes(), before)

    def test_wrong_files(self):
        scenario = pair()
        path = self.directory / 'wrong.csv'
        done = self.replay(path, scenario, status=WRONG_USAGE)
        self.assertIn('wrong.csv: cannot be read: No such file or directory', done.stderr)
        header = ('link,direction,number,copy,in_ns,out_ns,bytes,flow,ecn,fate,reason,'
                  'queue_ns,sending_ns,propagation_ns,jitter_ns\n')
        path.write_text(f'{header}wire,forward,7,0,0,0,60,,,dropped,rust,,,,\n', encoding='ascii')
        done = self.replay(path, scenario, status=WRONG_USAGE)
        self.assertIn('wrong.csv:2: reason: "rust": write queue-full or ', done.stderr)
        path.write_text(f'{header}wier,forward,7,0,0,0,60,,,dropped,loss,,,,\n', encoding='ascii')
        done = self.replay(path, scenario, status=WRONG_USAGE)
        self.assertIn('wrong.csv:2: link: "wier" is no link of ', done.stderr)
        done = self.taploom('replay-fates', path)
        self.assertEqual(done.status, WRONG_USAGE)
        self.assertIn('takes FATES FILE', done.stderr)


if __name__ == '__main__':
    harness.main()
