# SPDX-License-Identifier: Apache-2.0
"""taploom test: outcomes, retries, selection, what is written for machines, and that nothing is
left behind."""

import os
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import harness
from harness import FINISHED_WELL, NOT_VALID, REFUSED, TASK_FAILED, WRONG_USAGE, RunCase, pair, task

# The attributes that an element must have and may have, and the elements that it may hold, as the
# schemas of JUnit's XML that readers check by have them in common (junit-10.xsd of Jenkins's xUnit
# plugin, which GitLab and the report actions of GitHub read too).
NUMBERS = {'tests', 'failures', 'errors', 'skipped', 'time'}
JUNIT = {
    'testsuites': ({'name', 'tests', 'failures', 'errors', 'time'}, set(), {'testsuite'}),
    'testsuite': ({'name', 'tests', 'failures', 'errors', 'skipped', 'time'}, set(), {'testcase'}),
    'testcase': ({'name', 'classname', 'time'}, {'file'},
                 {'failure', 'error', 'skipped', 'system-out'}),
    'failure': ({'message', 'type'}, set(), set()),
    'error': ({'message', 'type'}, set(), set()),
    'skipped': ({'message'}, set(), set()),
    'system-out': (set(), set(), set()),
}
# A fidelity that every run misses and one that none does, whatever the machine is up to.
NEVER_VALID = {'late_share': '0%', 'late_floor': '1ns', 'late_of_delay': '0%'}
ALWAYS_VALID = {'late_share': '100%', 'device_drops': 1000000, 'others_share': '100%'}
# Root, but held to the permissions of files as anybody.
WITHOUT_OVERRIDE = ('setpriv', '--bounding-set', '-dac_override,-dac_read_search')


def scenario(*tasks, fidelity=None, **keys):
    return {**pair(*tasks, delay='1ms'), 'fidelity': fidelity or ALWAYS_VALID, **keys}


PASSES = scenario(task('london', 'echo fine'))
FAILS = scenario(task('london', 'echo first; echo "<last> & \x01"; exit 3'))
INVALID = scenario(task('london', 'ping -c 3 -i 0.01 newyork'), fidelity=NEVER_VALID)
MATRIX = {**scenario(task('london', 'test ${a}${b} != 2y')), 'matrix': {'a': [1, 2],
                                                                       'b': ['x', 'y']}}


class Suite(RunCase):
    def suite(self, *arguments, status=FINISHED_WELL):
        done = self.taploom('test', *arguments)
        self.assertEqual(done.status, status, f'\n{done.text}{done.stderr}')
        return done

    def lines(self, done):
        """The results: outcome and name, sorted."""
        found = re.findall(r'^(passed|failed|invalid|error) +(\S+) +[\d.]+ s$', done.text, re.M)
        return sorted(found)

    def test_all_pass(self):
        done = self.suite(self.write(PASSES, 'one'), self.write(PASSES, 'two'))
        self.assertEqual(self.lines(done), [('passed', 'one'), ('passed', 'two')])
        self.assertIn('2 passed in ', done.text)

    def test_a_failure_says_where_what_and_how_to_repeat_it(self):
        path = self.write(FAILS, 'fails')
        done = self.suite(self.write(PASSES, 'fine'), path, '--seed', '7', status=TASK_FAILED)
        self.assertEqual(self.lines(done), [('failed', 'fails'), ('passed', 'fine')])
        self.assertRegex(done.text, rf'{path}:1: london \$ echo first')
        self.assertIn('expected  exit status 0\n    got       exit status 3 after', done.text)
        self.assertIn('    | first\n    | <last> & \x01\n', done.text)
        again = re.search(r'seed 7; again: taploom (run .*)', done.text).group(1).split()
        self.assertEqual(self.taploom(*again).status, TASK_FAILED)
        for line in done.text.splitlines():
            self.assertTrue(len(line) <= 80 or str(self.directory) in line, line)

    def test_a_script_of_several_lines_is_told_on_one(self):
        script = 'echo out\nif true; then\n  false\nfi\n'
        path = self.write(scenario(task('london', script)), 'script')
        done = self.suite(path, status=TASK_FAILED)
        self.assertIn('1: london $ echo out if true; then false fi expected',
                      ' '.join(done.text.split()))
        done = self.taploom('run', path)
        self.assertIn('london $ echo out if true; then   false fi\n', done.text)
        self.assertIn('london ! exit status 1: echo out if true; then   false fi\n', done.text)

    def test_each_combination_is_a_test(self):
        path = self.write(MATRIX, 'm')
        done = self.suite(path, status=TASK_FAILED)
        self.assertEqual(self.lines(done), [('failed', 'm[a=2,b=y]'), ('passed', 'm[a=1,b=x]'),
                                            ('passed', 'm[a=1,b=y]'), ('passed', 'm[a=2,b=x]')])
        again = re.search(r'again: taploom (run .*)', done.text).group(1).split()
        self.assertIn('--matrix', again)
        self.assertEqual(self.taploom(*again).status, TASK_FAILED)

    def test_selection_by_a_part_of_the_name_and_by_pattern(self):
        path = self.write(MATRIX, 'm')
        self.assertEqual(len(self.lines(self.suite(path, '-k', 'a=1'))), 2)
        self.assertEqual(self.lines(self.suite(path, '-k', '*a=2,b=x*')), [('passed', 'm[a=2,b=x]')])
        self.assertEqual(self.suite(path, '--list', '-k', 'a=1').text.split(),
                         ['m[a=1,b=x]', 'm[a=1,b=y]'])
        self.assertEqual(self.suite(path, '-j2', '--list', '-ka=2,b=y').text.split(), ['m[a=2,b=y]'])
        self.assertIn('no test is called', self.suite(path, '-k', 'z', status=WRONG_USAGE).stderr)

    def test_what_is_not_valid_has_its_own_status_and_is_retried(self):
        done = self.suite(self.write(INVALID, 'i'), self.write(PASSES, 'p'), '--retries', '1',
                          status=NOT_VALID)
        self.assertEqual(done.text.count('invalid  i'), 2)
        self.assertIn('the machine was too slow', done.text)
        self.assertIn('frames left late by', done.text)
        self.assertIn('1 passed, 1 invalid in', done.text)
        done = self.suite(self.write(INVALID, 'i'), '--retries', '0', status=NOT_VALID)
        self.assertEqual(done.text.count('invalid  i'), 1)

    def test_a_failure_outweighs_what_is_not_valid(self):
        self.suite(self.write(INVALID), self.write(FAILS), '--retries', '0', status=TASK_FAILED)

    def test_a_failed_task_of_an_invalid_run_is_no_failure(self):
        wrong = scenario(task('london', 'ping -c 3 -i 0.01 newyork; exit 1'), fidelity=NEVER_VALID)
        self.suite(self.write(wrong), '--retries', '0', status=NOT_VALID)

    def test_what_fails_on_a_machine_that_others_have_is_invalid(self):
        fidelity = {key: ALWAYS_VALID[key] for key in ('late_share', 'device_drops')}
        fails = self.write(scenario(task('london', 'sleep 1; exit 3'), fidelity=fidelity), 'fails')
        passes = self.write(scenario(task('london', 'sleep 1'), fidelity=fidelity), 'passes')
        loops = [subprocess.Popen(['sh', '-c', 'echo; while :; do :; done'],
                                  stdout=subprocess.PIPE) for _ in range(2 * os.cpu_count())]
        try:
            for loop in loops:
                loop.stdout.read(1)  # it is under way
            done = self.suite(fails, passes, '-j', '1', '--retries', '0', status=NOT_VALID)
        finally:
            for loop in loops:
                loop.kill()
                loop.communicate()
        self.assertEqual(self.lines(done), [('invalid', 'fails'), ('passed', 'passes')])
        self.assertIn('something failed while others had the machine', done.text)
        self.assertIn('got       exit status 3', done.text)

    def test_a_wrong_scenario_is_told_before_anything_runs(self):
        trace = self.directory / 'trace'
        done = self.suite(self.write(scenario(task('london', f'touch {trace}'))),
                          self.write({'nodes': ['a']}, 'wrong'), self.directory / 'none.yaml',
                          self.write({**MATRIX, 'matrix': {'a': [1], 'b': ['x'], 'c': [2]}}),
                          status=WRONG_USAGE)
        self.assertIn('wrong.yaml:1:1: there is no links', done.stderr)
        self.assertIn('none.yaml: cannot be read', done.stderr)
        self.assertIn('matrix.c: is used nowhere', done.stderr)
        self.assertFalse(trace.exists())

    def test_wrong_options(self):
        path = self.write(PASSES)
        for options in (('-j', '0'), ('--repeat', '0'), ('--seed', 'x'), ('--keep', 'some'),
                        ('--bisect-seed', '5..4'), ('--bisect-seed', '1..2', '--tap'), ('--nix',),
                        ('--bisect-seed', '1..2', '--update'),
                        ('--retries', '-1'), ('--time-limit', '5'), ('--keep', 'always'),
                        ('--bisect-seed', '1..2', '--seed', '3'),
                        ('--bisect-seed', '1..2', '--repeat', '3')):
            with self.subTest(options=options):
                self.suite(path, *options, status=WRONG_USAGE)
        self.suite(status=WRONG_USAGE)

    def test_a_directory_stands_for_its_scenarios(self):
        self.write(PASSES, 'b')
        self.write(PASSES, 'a')
        self.assertEqual(self.lines(self.suite(self.directory)), [('passed', 'a'), ('passed', 'b')])

    def test_repeat_shuffle_and_the_same_order_again(self):
        path = self.write(PASSES, 'p')
        done = self.suite(path, '--repeat', '6', '--shuffle', '-j', '1')
        order = re.findall(r'p#\d', done.text)
        self.assertEqual(sorted(order), [f'p#{n}' for n in range(1, 7)])
        key = re.search(r'--order (\d+)', done.text).group(1)
        again = self.suite(path, '--repeat', '6', '--order', key, '-j', '1')
        self.assertEqual(re.findall(r'p#\d', again.text), order)

    def test_fail_fast_starts_nothing_more(self):
        done = self.suite(self.write(FAILS, 'f'), '--repeat', '5', '--fail-fast', '-j', '1',
                          status=TASK_FAILED)
        self.assertIn('1 failed, 4 not run in', done.text)

    def test_as_many_at_once_as_asked_for(self):
        place = self.directory / 'running'
        place.mkdir()
        path = self.write(scenario(task(
            'london', f'mark=$(mktemp -p {place}); sleep 0.3; ls {place} | wc -l >>{place}.counts; '
                      'rm $mark')))
        self.suite(path, '--repeat', '6', '-j', '3')
        counts = (self.directory / 'running.counts').read_text(encoding='utf-8').split()
        self.assertEqual(max(int(count) for count in counts), 3)

    def test_seeds_are_searched_for_the_lowest_that_fails(self):
        # Of eight frames one at least is lost with most seeds: the test fails with those.
        path = self.write({**scenario(), 'tasks': [task('london', 'ping -c 1 -W 1 newyork')],
                           'links': [{'endpoints': ['london', 'newyork'], 'loss': '30%'}]}, 'p')
        done = self.suite(path, '--bisect-seed', '1..30', '-j', '4', status=TASK_FAILED)
        found = int(re.search(r'failed +p@(\d+)', done.text).group(1))
        self.assertIn(f'p: fails with seed {found}, the lowest found: ', done.text)
        for seed in range(1, found + 1):
            status = self.taploom('run', path, '--seed', seed).status
            self.assertEqual(status, TASK_FAILED if seed == found else FINISHED_WELL, seed)
        self.assertIn(f'--seed {found}', done.text)
        self.assertIn(': found none that fails: 3 passed\n',
                      self.suite(self.write(PASSES), '--bisect-seed', '4..6').text)

    def assert_junit(self, element):
        required, allowed, children = JUNIT[element.tag]
        self.assertLessEqual(required, set(element.keys()), element.tag)
        self.assertLessEqual(set(element.keys()), required | allowed, element.tag)
        for name in NUMBERS & set(element.keys()):
            self.assertGreaterEqual(float(element.get(name)), 0)
        for child in element:
            self.assertIn(child.tag, children)
            self.assert_junit(child)
        if element.tag == 'testcase':
            results = [child.tag for child in element if child.tag != 'system-out']
            self.assertLessEqual(len(results), 1)
        if element.tag in ('testsuite', 'testsuites'):
            cases = list(element.iter('testcase'))
            self.assertEqual(int(element.get('tests')), len(cases))
            for name, tag in (('failures', 'failure'), ('errors', 'error')):
                self.assertEqual(int(element.get(name)), len(list(element.iter(tag))))
            total_s = sum(float(case.get('time')) for case in cases)
            self.assertAlmostEqual(float(element.get('time')), total_s,
                                   delta=0.001 * (len(cases) + 1))

    def test_junit_xml_keeps_the_common_schema(self):
        xml = self.directory / 'results.xml'
        self.suite(self.write(FAILS, 'fails'), self.write(MATRIX, 'm'), self.write(INVALID, 'i'),
                   '--junit', xml, '--retries', '0', status=TASK_FAILED)
        root = ElementTree.parse(xml).getroot()
        self.assertEqual(root.tag, 'testsuites')
        self.assert_junit(root)
        self.assertEqual([suite.get('tests') for suite in root], ['1', '4', '1'])
        failure = root.find('.//testcase[@name="fails"]/failure')
        self.assertRegex(failure.get('message'),
                         r'london \$ .* expected exit status 0, got exit status 3')
        self.assertIn('| <last> & ', failure.text)
        skipped = root.find('.//testcase[@name="i"]/skipped')
        self.assertIn('too slow', skipped.get('message'))

    def test_junit_that_cannot_be_written(self):
        trace = self.directory / 'trace'
        done = self.suite(self.write(scenario(task('london', f'touch {trace}'))), '--junit',
                          self.directory / 'no' / 'x.xml', status=REFUSED)
        self.assertRegex(done.stderr, r'--junit .*/no/x\.xml: No such file or directory')
        self.assertFalse(trace.exists())

    def test_junit_on_standard_output_is_alone_there(self):
        done = self.suite(self.write(PASSES), '--junit', '-')
        self.assert_junit(ElementTree.fromstring(done.text))
        self.assertIn('1 passed in', done.stderr)
        self.suite(self.write(PASSES), '--junit', '-', '--tap', status=WRONG_USAGE)

    def test_nowhere_to_write_is_refused_with_a_remedy(self):
        done = self.taploom('test', self.write(PASSES),
                            env={**self.environment(), 'TMPDIR': str(self.directory / 'none')})
        self.assertEqual(done.status, REFUSED)
        self.assertRegex(done.stderr, r'folder in .*/none: No such file .*set TMPDIR')

    def test_tap(self):
        done = self.suite(self.write(FAILS, 'fails'), self.write(PASSES, 'fine'),
                          self.write(INVALID, 'i'), '--tap', '--retries', '0', '-j', '1',
                          status=TASK_FAILED)
        lines = done.text.splitlines()
        self.assertEqual(lines[:2], ['TAP version 13', '1..3'])
        points = [line for line in lines if re.match('(not )?ok', line)]
        self.assertEqual(points, ['not ok 1 - fails', 'ok 2 - fine', 'ok 3 - i # SKIP invalid'])
        block = done.text[done.text.index('  ---'):done.text.index('  ...')]
        self.assertRegex(block, r'\n  message: \|\n    \S')
        self.assertIn('      | first\n      | <last> &  \n', block)

    def test_what_was_to_run_again_has_a_point_all_the_same(self):
        done = self.suite(self.write(INVALID, 'i'), self.write(FAILS, 'fails'), '--tap',
                          '--fail-fast', '-j', '1', status=TASK_FAILED)
        points = [line for line in done.text.splitlines() if re.match('(not )?ok', line)]
        self.assertEqual(points, ['not ok 1 - fails', 'ok 2 - i # SKIP invalid'])

    def test_tap_that_cannot_be_written(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = self.taploom('test', self.write(PASSES), '--tap', stdout=full)
        self.assertEqual(done.status, REFUSED)
        self.assertEqual(done.stderr,
                         'taploom test: --tap: standard output: not all could be written\n')

    def test_tap_as_prove_reads_it(self):
        if not shutil.which('prove'):
            self.skipTest('prove is not installed')
        tests = {self.write(PASSES, 'fine'): 0, self.write(FAILS, 'fails'): 1}
        for path, n_failed in tests.items():
            done = subprocess.run(['prove', '-e', f'{self.program} test --tap', path], check=False,
                                  capture_output=True, text=True, env=self.environment())
            self.assertNotIn('Parse errors', done.stdout)
            self.assertEqual(done.returncode, n_failed, done.stdout)

    def test_artifacts_of_failures_or_of_all(self):
        place = self.directory / 'kept'
        paths = self.write(FAILS, 'fails'), self.write(MATRIX, 'm')
        done = self.suite(*paths, '-k', 'a', '--artifacts', place, status=TASK_FAILED)
        self.assertEqual(sorted(os.listdir(place)), ['fails', 'm-a=2,b=y'])
        self.assertEqual(sorted(path.relative_to(place / 'fails').as_posix()
                                for path in (place / 'fails').rglob('*')),
                         ['captures', 'captures/london-eth0.pcap', 'captures/newyork-eth0.pcap',
                          'log.txt', 'report.json'])
        self.assertIn(f'kept in {place}/fails', done.text)
        self.suite(paths[1], '-k', 'a=1', '--artifacts', place, '--keep', 'always')
        self.assertEqual(sorted(os.listdir(place)),
                         ['fails', 'm-a=1,b=x', 'm-a=1,b=y', 'm-a=2,b=y'])

    def test_a_scenario_says_which_artifacts_are_kept(self):
        place = self.directory / 'kept'
        paths = [self.write({**test, 'artifacts': {'keep': keep, 'captures': 'no'}},
                            f'{name}-{keep}')
                 for name, test in (('fails', FAILS), ('passes', PASSES))
                 for keep in ('failure', 'always', 'never')]
        self.suite(*paths, '--artifacts', place, status=TASK_FAILED)
        self.assertEqual(sorted(os.listdir(place)), ['fails-always', 'fails-failure',
                                                     'passes-always'])
        self.assertEqual(sorted(os.listdir(place / 'fails-always')), ['log.txt', 'report.json'])

    def test_captures_that_are_asked_for_are_artifacts(self):
        place = self.directory / 'kept'
        path = self.write({**PASSES, 'capture': [{'interface': 'london:eth0', 'file': 'l.pcap'}],
                           'artifacts': {'keep': 'always', 'captures': 'no'}}, 'p')
        self.suite(path, '--artifacts', place)
        self.assertEqual(os.listdir(place / 'p' / 'captures'), ['l.pcap'])

    def test_the_command_line_goes_before_the_scenario(self):
        for says, option, kept in (('always', 'failure', []), ('never', 'always', ['p']),
                                   ('always', 'never', [])):
            with self.subTest(says=says, option=option):
                place = self.directory / f'{says}-{option}'
                path = self.write({**PASSES, 'artifacts': {'keep': says}}, 'p')
                self.suite(path, '--artifacts', place, '--keep', option)
                self.assertEqual(os.listdir(place) if place.exists() else [], kept)

    def expecting(self, entries, run='exit 3', more='', fidelity=ALWAYS_VALID):
        """A file in a hand's style, with one task `one` of which something is expected."""
        limits = ', '.join(f'{key}: {value}' for key, value in fidelity.items())
        return self.write(
            '# ± as it was\r\n'
            'nodes: [london, newyork]\n'
            'links: [{endpoints: [london, newyork], name: wire, delay: 1ms}]\n'
            f'fidelity: {{{limits}}}\n{more}'
            f'tasks: [{{on: london, run: "{run}", name: one}}]\n'
            f'expect:\n{entries}', 'e')

    def update(self, path, *options, status, changes=()):
        """Its output, after the file was changed in these places and in no other."""
        expected = path.read_bytes().decode()
        for old, new in changes:
            self.assertEqual(expected.count(old), 1)
            expected = expected.replace(old, new)
        done = self.suite(path, '--update', *options, status=status)
        self.assertEqual(path.read_bytes().decode(), expected)
        return done.text

    def test_an_update_makes_what_was_measured_expected(self):
        path = self.expecting('  - {name: ä, task: one, exit: 0, restarts: ..5}   # really 0?\n'
                              '  - {task: one, exit: "> 7" , soft: yes}\n')
        path.chmod(0o640)
        said = self.update(path, status=FINISHED_WELL,
                           changes=[('exit: 0', 'exit: 3'), ('"> 7"', '"> 2"')])
        self.assertIn(f'{path}:7: exit: 0 -> 3\n{path}:8: exit: > 7 -> > 2\n', said)
        self.assertEqual(path.stat().st_mode & 0o7777, 0o640)
        self.assertNotIn('->', self.update(path, status=FINISHED_WELL))

    def test_an_update_allows_for_all_combinations_and_repetitions(self):
        path = self.expecting('  - {task: one, exit: < 2}\n', run='exit ${code}',
                              more='matrix: {code: [1, 7, 4]}\n')
        said = self.update(path, '--repeat', '2', status=FINISHED_WELL,
                           changes=[('exit: < 2', 'exit: < 8')])
        self.assertEqual(said.count(' -> '), 1)
        self.assertIn('4 failed', said)
        self.suite(path)

    def test_an_update_leaves_variables_and_anchors_to_people(self):
        path = self.expecting('  - {task: one, exit: "${want}"}\n'
                              '  - &base {task: one, exit: 1, restarts: 0}\n'
                              '  - {<<: *base, soft: yes}\n'
                              '  - {task: one, exit: 2, output: /never/}\n',
                              more='variables: {want: 0}\n')
        said = self.update(path, status=TASK_FAILED, changes=[('exit: 2', 'exit: 3')])
        self.assertIn(f'{path}:8: exit: 0, got 3: change it by hand: its value comes from a', said)
        self.assertIn(f'{path}:9: exit: 1, got 3: change it by hand: it stands under an', said)
        self.assertIn(f'{path}:11: exit: 2 -> 3', said)
        self.assertIn(f'{path}:11: output: /never/, got no output: change it by hand', said)

    def test_an_update_takes_nothing_from_a_run_that_does_not_count(self):
        path = self.expecting('  - {link: wire, direction: forward, in: 0}\n', fidelity=NEVER_VALID,
                              run='ping -c 3 -i 0.01 newyork')
        said = self.update(path, '--retries', '0', status=NOT_VALID)
        self.assertIn('e: nothing is taken from this run: it was not valid', said)
        path = self.expecting('  - {link: wire, direction: forward, in: 0}\n',
                              run='ping -c 3 -i 0.01 newyork; exit 1')
        said = self.update(path, status=TASK_FAILED)
        self.assertIn('e: nothing is taken from this run: a task failed', said)

    def test_an_update_of_a_file_that_cannot_be_written(self):
        path = self.expecting('  - {task: one, exit: 0}\n')
        self.directory.chmod(0o555)
        self.addCleanup(self.directory.chmod, 0o777)
        done = self.taploom('test', path, '--update', wrap=WITHOUT_OVERRIDE)
        self.assertEqual(done.status, REFUSED, done.text)
        self.assertRegex(done.text, rf'{path}: a new file beside it: Permission denied')
        self.assertIn('exit: 0', path.read_text(encoding='utf-8'))

    def test_an_update_keeps_tap_to_itself(self):
        done = self.suite(self.expecting('  - {task: one, exit: 0}\n'), '--tap', '--update')
        self.assertTrue(all(re.match(r'TAP|1\.\.|not ok|  ', line)
                            for line in done.text.splitlines()), done.text)
        self.assertIn('exit: 0 -> 3', done.stderr)

    def test_captures_of_tests_at_once_do_not_meet(self):
        path = self.write({**scenario(task('london', 'ping -c 2 -i 0.1 newyork')),
                           'capture': ['wire']})
        self.suite(path, '--repeat', '4', '-j', '4')
        self.assertEqual(list(self.directory.glob('*.pcap')), [])

    def test_an_end_in_time_counts_though_it_is_heard_late(self):
        limit_s = 5
        begun, go = self.directory / 'begun', self.directory / 'go'
        run = f'touch {begun}; until test -e {go}; do sleep 0.02; done; exit 3'
        running = self.start('test', self.write(scenario(task('london', run)), 's'),
                             '--time-limit', f'{limit_s}s')
        harness.wait_until(begun.exists, 'the task has begun')
        running.signal(harness.signal.SIGSTOP)
        go.touch()
        # Left are the suite and the process that removes its folders.
        harness.wait_until(lambda: len(self.processes()) <= 2, 'the run has ended')
        harness.time.sleep(limit_s)
        running.signal(harness.signal.SIGCONT)
        done = running.finish()
        self.assertEqual(done.status, TASK_FAILED, done.text)
        self.assertNotIn('time limit', done.text)

    def test_a_time_limit(self):
        done = self.suite(self.write(scenario(task('london', 'sleep 100')), 's'),
                          '--time-limit', '500ms', status=REFUSED)
        self.assertIn('had not ended within its time limit', done.text)

    def test_ctrl_c_ends_what_runs_and_reports(self):
        running = self.start('test', self.write(scenario(task('london', 'touch up; sleep 100'))),
                             '--repeat', '3', '-j', '1')
        harness.wait_until((self.directory / 'up').exists, 'the first test')
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.status, 128 + signal.SIGINT)
        self.assertIn('interrupted, 3 not run in', done.text)
        self.assertNotIn('failed', done.text)

    def test_a_signal_bails_out_of_tap(self):
        running = self.start('test', self.write(scenario(task('london', 'touch up; sleep 100'))),
                             '--repeat', '3', '-j', '1', '--tap')
        harness.wait_until((self.directory / 'up').exists, 'the first test')
        running.signal(signal.SIGTERM)
        done = running.finish()
        self.assertEqual(done.status, 128 + signal.SIGTERM)
        self.assertEqual(done.text, 'TAP version 13\n1..3\nBail out! interrupted\n')

    def test_sigkill_leaves_nothing(self):
        place = self.directory / 'tmp'
        place.mkdir()
        running = self.start('test', self.write(scenario(task('london', 'touch up; sleep 100'))),
                             env={**self.environment(), 'TMPDIR': str(place)})
        harness.wait_until((self.directory / 'up').exists, 'the test')
        self.assertNotEqual(os.listdir(place), [])
        running.kill()
        self.assert_nothing_is_left()
        self.assertEqual(os.listdir(place), [])

    def test_a_run_that_is_killed_is_an_error(self):
        path = self.write(scenario(task('london', 'touch up; sleep 100')), 'killed')
        running = self.start('test', path)
        harness.wait_until((self.directory / 'up').exists, 'the test')
        listing = subprocess.run(['pgrep', '-f', 'trial', '-P', str(running.process.pid)],
                                 capture_output=True, text=True, check=True)
        os.kill(int(listing.stdout.split()[0]), signal.SIGKILL)
        done = running.finish()
        self.assertEqual(done.status, REFUSED)
        self.assertIn('taploom was ended: Killed', done.text)

    def test_progress_on_a_terminal_only(self):
        path = self.write(scenario(task('london', 'sleep 0.3')), 'slow')
        self.assertNotIn('0 of 1', self.suite(path).text)
        terminal = self.open_terminal()
        terminal.start(self.start, 'test', path)
        self.assertIn('0 of 1: slow', terminal.read())


if __name__ == '__main__':
    harness.main()
