# SPDX-License-Identifier: Apache-2.0
"""Tasks are steps as in a CI file, inside hosts, and their output is kept."""

import os

import harness
from harness import INSIDE, TASK_FAILED, RunCase, pair, task

KEPT_BYTES = 1 << 20


class Tasks(RunCase):
    def run_tasks(self, *tasks, status=harness.FINISHED_WELL, **link):
        return self.run_scenario(pair(*tasks, **link), status=status)

    def outputs(self, done):
        return [entry['output'] for entry in done.report['tasks']]

    def test_steps_follow_one_another(self):
        order = self.directory / 'order'
        done = self.run_tasks(task('london', f'sleep 0.3; echo 1 >>{order}'),
                              task('newyork', f'sleep 0.1; echo 2 >>{order}'),
                              task('london', f'echo 3 >>{order}'))
        self.assertEqual(order.read_text(encoding='utf-8').split(), ['1', '2', '3'])
        self.assertEqual(self.outcomes(done), ['succeeded'] * 3)
        self.assertGreaterEqual(done.report['tasks'][0]['elapsed_s'], 0.3)

    def test_next_step_waits_for_readiness(self):
        trace = self.directory / 'ready'
        for ready, command in (('tcp:7000', f'exec {INSIDE} listen tcp 100'),
                               ('udp:7000', f'exec {INSIDE} listen udp 100'),
                               ('output:now ready', 'echo "it is now ready"; exec sleep 100')):
            trace.unlink(missing_ok=True)
            done = self.run_tasks(
                task('newyork', f'sleep 0.3; touch {trace}; {command}', background=True,
                     ready=ready),
                task('london', f'test -e {trace}'))
            self.assertEqual(self.outcomes(done), ['ended', 'succeeded'], ready)

    def test_a_port_in_another_host_is_not_readiness(self):
        done = self.run_tasks(
            task('newyork', f'{INSIDE} listen tcp 100', background=True, ready='tcp:7000'),
            task('london', 'sleep 100', background=True, ready='tcp:7000', timeout='500ms'),
            status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['ended', 'timed out'])

    def test_without_ready_the_next_step_starts_at_once(self):
        trace = self.directory / 'second'
        self.run_tasks(
            task('newyork', f'until test -e {trace}; do sleep 0.05; done', background=True),
            task('london', f'touch {trace}'))

    def test_a_task_that_is_not_ready_in_time_ends_the_run(self):
        done = self.run_tasks(
            task('newyork', 'sleep 100', background=True, ready='tcp:7000', timeout='300ms'),
            task('london', 'echo never'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['timed out', 'not started'])
        self.assertIn('not ready within 300ms', done.text)

    def test_a_task_that_ends_before_it_is_ready_has_failed(self):
        done = self.run_tasks(task('newyork', 'true', background=True, ready='tcp:7000'),
                              task('london', 'echo never'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['failed', 'not started'])

    def test_what_came_in_time_counts_though_it_is_heard_late(self):
        # All programs do what they should while taploom is stopped, until all limits are over.
        limit_s = 5
        go, gone = self.directory / 'go', self.directory / 'gone'
        run = f'echo begun; until test -e {go}; do sleep 0.02; done; echo up; echo up >>{gone}'
        running = [
            self.start_scenario(pair(task('london', run, timeout=f'{limit_s}s'))),
            self.start_scenario({**pair(task('london', run)), 'duration': f'{limit_s}s'}),
            self.start_scenario(pair(task('london', f'{run}; exec sleep 100', background=True,
                                          ready='output:up', timeout=f'{limit_s}s'),
                                     task('newyork', 'true')))]
        for one in running:
            one.wait_for('| begun')
            one.signal(harness.signal.SIGSTOP)
        go.touch()
        harness.wait_until(lambda: gone.exists() and len(gone.read_bytes()) == 9, 'all are done')
        harness.time.sleep(limit_s)
        for one in running:
            one.signal(harness.signal.SIGCONT)
        self.assertEqual([self.outcomes(one.finish()) for one in running],
                         [['succeeded'], ['succeeded'], ['ended', 'succeeded']])

    def test_a_task_beyond_its_timeout_is_killed_with_all_its_children(self):
        done = self.run_tasks(
            task('london', 'sleep 987 & sleep 986 | cat', timeout='300ms', **{'continue': True}),
            task('london', 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " <$f; echo; done'),
            status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['timed out', 'succeeded'])
        self.assertIn('tr', self.outputs(done)[1])
        self.assertNotIn('sleep 98', self.outputs(done)[1])

    def test_a_failing_step_ends_the_run(self):
        done = self.run_tasks(task('london', 'exit 3'), task('london', 'echo never'),
                              task('newyork', 'echo never', background=True), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['failed', 'not started', 'not started'])
        self.assertEqual([entry['exit'] for entry in done.report['tasks']], [3, None, None])
        self.assertNotIn('| never', done.text)

    def test_a_background_task_that_fails_ends_the_run(self):
        done = self.run_tasks(task('london', 'sleep 0.2; exit 4', background=True),
                              task('newyork', 'sleep 100'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done)[0], 'failed')
        self.assertNotEqual(self.outcomes(done)[1], 'succeeded')

    def test_continue_goes_on_after_a_failure(self):
        done = self.run_tasks(task('london', 'exit 3', **{'continue': True}),
                              task('london', 'echo next'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['failed', 'succeeded'])
        self.assertEqual(self.outputs(done)[1], 'next\n')

    def test_a_signal_shows_as_in_a_shell(self):
        done = self.run_tasks(task('london', 'kill -KILL $$'), status=TASK_FAILED)
        self.assertEqual(done.report['tasks'][0]['exit'], 128 + 9)
        self.assertIn('killed by Killed', done.text)

    def test_an_unknown_program_is_a_failed_task(self):
        done = self.run_tasks(task('london', 'no-such-program'), status=TASK_FAILED)
        self.assertEqual(done.report['tasks'][0]['exit'], 127)

    def test_background_tasks_get_sigterm_first(self):
        done = self.run_tasks(
            task('newyork', 'trap "echo asked; exit 0" TERM; echo up; while :; do sleep 0.1; done',
                 background=True, ready='output:up'),
            task('london', 'true'))
        self.assertEqual(self.outputs(done)[0].split()[-1], 'asked')
        self.assertEqual(self.outcomes(done), ['ended', 'succeeded'])

    def test_background_tasks_that_ignore_sigterm_are_killed(self):
        done = self.run_tasks(task('newyork', 'trap "" TERM; echo up; sleep 985',
                                   background=True, ready='output:up'), task('london', 'true'))
        self.assertEqual(self.outcomes(done), ['ended', 'succeeded'])
        self.assertEqual(done.report['tasks'][0]['exit'], 128 + 9)
        self.assertGreaterEqual(done.report['tasks'][0]['elapsed_s'], 2)

    def test_both_streams_are_shown_and_kept_with_the_host_before_each_line(self):
        done = self.run_tasks(task('london', 'echo to out; echo to err >&2; printf unended'))
        for line in ('to out', 'to err', 'unended'):
            self.assertRegex(done.text, rf'(?m)^london *\| {line}$')
        self.assertEqual(self.outputs(done), ['to out\nto err\nunended\n'])

    def test_lines_are_aligned_behind_the_longest_name(self):
        long = 'a-host-whose-name-is-longer-than-most'
        done = self.run_scenario({'nodes': ['rome', long], 'links': [{'endpoints': ['rome', long]}],
                                  'tasks': [task('rome', 'echo near'), task(long, 'echo far')]})
        self.assertRegex(done.text, rf'(?m)^{"rome":{len(long)}} \| near$')
        self.assertRegex(done.text, rf'(?m)^{long} \| far$')

    def test_standard_input_is_empty(self):
        self.assertEqual(self.outputs(self.run_tasks(task('london', 'cat; echo end'))), ['end\n'])

    def test_a_child_left_behind_does_not_hold_up_the_run(self):
        done = self.run_tasks(task('london', 'setsid sleep 984 & echo "started it"'),
                              task('newyork', 'echo next'))
        self.assertEqual(self.outputs(done), ['started it\n', 'next\n'])
        # That it is gone now is what every test checks at its end.

    def test_duration_longer_than_the_tasks_goes_on(self):
        report = self.run_scenario(pair(task('london', 'true')), '--duration', '1500ms').report
        self.assertGreaterEqual(report['elapsed_s'], 1.5)

    def test_duration_shorter_than_the_tasks_cuts_them_off(self):
        done = self.run_scenario({**pair(task('london', 'echo up; sleep 100'),
                                         task('london', 'echo never')), 'duration': '500ms'},
                                 status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['cut off', 'not started'])
        self.assertGreaterEqual(done.report['elapsed_s'], 0.5)

    def test_without_tasks_the_duration_is_the_run(self):
        done = self.run_scenario({**pair(), 'duration': '700ms'})
        self.assertGreaterEqual(done.report['elapsed_s'], 0.7)
        self.assertEqual(done.report['tasks'], [])

    def test_environment_names_host_and_lab(self):
        done = self.run_tasks(
            task('newyork', 'echo $TAPLOOM_HOST $TAPLOOM_LAB $GREETING $UNTOUCHED; hostname; pwd'),
            host={'env': {'GREETING': 'hello there'}})
        self.assertEqual(self.outputs(done)[0].splitlines(),
                         [f'newyork {self.lab_name()} hello there', 'newyork',
                          os.path.realpath(self.directory)])

    def test_hosts_know_each_other_by_name(self):
        done = self.run_tasks(
            task('london', 'getent ahostsv4 newyork | head -1; cat /etc/hostname'),
            task('newyork', 'for name in london localhost; do getent ahostsv4 $name; done'))
        london, newyork = self.outputs(done)
        self.assertEqual(london.split(), ['10.0.0.2', 'STREAM', 'newyork', 'london'])
        self.assertEqual(newyork.split()[:3], ['10.0.0.1', 'STREAM', 'london'])
        self.assertIn('127.0.0.1', newyork)

    def test_hosts_are_apart_from_the_system(self):
        outside = os.uname().nodename
        self.run_tasks(task('london', 'hostname new; mount -t tmpfs none /mnt; touch /mnt/seen'))
        self.assertEqual(os.uname().nodename, outside)
        self.assertFalse(os.path.exists('/mnt/seen'))

    def test_of_much_output_the_report_has_the_beginning_and_the_end(self):
        for lines in ('seq 1400000',
                      'head -c 10000000 /dev/zero | tr "\\0" x'):
            done = self.run_tasks(task('london', lines), task('london', 'echo next'))
            first, second = done.report['tasks']
            self.assertTrue(first['output_cut'], lines)
            self.assertTrue(KEPT_BYTES / 2 < len(first['output']) <= KEPT_BYTES, lines)
            self.assertEqual((second['output'], second['output_cut']), ('next\n', False))
            self.assertGreater(len(done.stdout), 10**7)
            if lines.startswith('seq'):
                self.assertRegex(first['output'],
                                 r'^1\n2\n[^\[]*\n\[\d+ bytes are left out here\]\n[^\[]*\n1400000\n$')

    def test_binary_output_becomes_valid_text(self):
        done = self.run_tasks(task('london', r"printf '\377\376ok\n\303\251\n'"),
                              task('london', 'head -c 200000 /dev/urandom'))
        self.assertEqual(self.outputs(done)[0], '\ufffd\ufffdok\n\u00e9\n')
        self.assertGreater(len(self.outputs(done)[1]), 1000)


if __name__ == '__main__':
    harness.main()
