# SPDX-License-Identifier: Apache-2.0
"""How the data thread waits, and what --realtime asks of the system: granted or refused, each on
its own, and told."""

import json
import os
import signal
import sys
import unittest
from pathlib import Path

import harness
from harness import FINISHED_WELL, WRONG_USAGE, RunCase, pair, task
from refusal_test import AS_NOBODY

GRANTS = ('sched-fifo', 'locked-memory', 'pinned-core', 'cpu-dma-latency')
SHOW = (f'{sys.executable} -c "import os; print(os.sched_getscheduler(0), '
        '*os.sched_getaffinity(0))"')


def thread_of(process, name):
    """The number of the thread of that name."""
    for entry in Path(f'/proc/{process.pid}/task').iterdir():
        if (entry / 'comm').read_text(encoding='utf-8').strip() == name:
            return int(entry.name)
    return None


def status_of(path, key):
    """The first word behind `key` in a status file of /proc."""
    lines = (path / 'status').read_text(encoding='utf-8').splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f'{key}:'))


class Realtime(RunCase):
    def setUp(self):
        super().setUp()
        self.cores = os.sched_getaffinity(0)

    def on_one_core(self):
        return ('taskset', '--cpu-list', str(min(self.cores)))

    def is_sanitized(self):
        """A sanitizer has mlockall() do nothing and succeed."""
        program = Path(self.program).read_bytes()
        return b'__asan_init' in program or b'__tsan_init' in program

    def test_spin_and_eco_exclude_each_other(self):
        path = self.write(pair(task('london', 'true')))
        done = self.taploom('run', path, '--spin', '--eco')
        self.assertEqual((done.status, done.stdout), (WRONG_USAGE, b''))
        self.assertRegex(done.stderr, '--spin .*--eco ')

    def test_spin_is_refused_on_one_core(self):
        path = self.write(pair(task('london', 'true')))
        for options in (['--spin'], ['--spin', '--realtime']):
            done = self.taploom('run', path, *options, wrap=self.on_one_core())
            self.assertEqual((done.status, done.stdout), (WRONG_USAGE, b''))
            self.assertRegex(done.stderr, '--spin .*one only')

    def test_each_way_of_waiting_keeps_the_delay(self):
        options = [[], ['--eco']] + ([['--spin']] if len(self.cores) > 1 else [])
        for option in options:
            with self.subTest(option):
                done = self.run_scenario(
                    pair(task('london', 'ping -q -c 5 -i 0.01 newyork'), delay='5ms'), *option)
                delay_ms = done.report['links']['wire']['forward']['measured']['delay_ms']
                self.assertGreaterEqual(delay_ms['max'], 5)
                self.assertNotIn('realtime', done.report)
                self.assert_balanced(done.report)

    def test_a_data_thread_that_spins_never_sleeps(self):
        if len(self.cores) < 2:
            raise unittest.SkipTest('one core: nothing spins')
        running = self.start_scenario(pair(
            task('london', 'ping -q -c 1 newyork && echo first && ping -q -c 20 -i 0.01 newyork '
                           '&& echo second && sleep 60'), delay='2ms'), '--spin')
        sleeps = []
        for text in ('first', 'second'):
            running.wait_for(f'| {text}')
            thread = thread_of(running.process, 'data')
            sleeps.append(int(status_of(Path(f'/proc/{running.process.pid}/task/{thread}'),
                                        'voluntary_ctxt_switches')))
        self.assertLess(sleeps[1] - sleeps[0], 5)  # else one for each of 80 frames at least

    def test_all_that_is_granted_is_had_by_the_data_thread_alone(self):
        running = self.start_scenario(pair(task('london', f'{SHOW}; echo shown; sleep 60')),
                                      '--realtime')
        running.wait_for('| shown')
        process = running.process
        thread = thread_of(process, 'data')
        policies = {int(entry.name): os.sched_getscheduler(int(entry.name))
                    for entry in Path(f'/proc/{process.pid}/task').iterdir()}
        masks = [os.sched_getaffinity(tid) for tid in (process.pid, thread)]
        fds = [os.readlink(fd) for fd in Path(f'/proc/{process.pid}/fd').iterdir() if fd.is_symlink()]
        running.signal(signal.SIGINT)
        done = running.finish()

        granted = {name: done.report['realtime'][name]['granted'] for name in GRANTS}
        self.assertEqual(set(done.report['realtime']), set(GRANTS))
        fifo = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK if granted['sched-fifo'] else os.SCHED_OTHER
        self.assertEqual(policies.pop(thread), fifo)
        self.assertEqual(set(policies.values()), {os.SCHED_OTHER})
        self.assertEqual('/dev/cpu_dma_latency' in fds, granted['cpu-dma-latency'])
        self.assertEqual(granted['pinned-core'], len(self.cores) > 1)
        policy, *cores = map(int, done.report['tasks'][0]['output'].splitlines()[0].split())
        self.assertEqual(policy, os.SCHED_OTHER)
        if granted['pinned-core']:
            core = done.report['realtime']['pinned-core']['core']
            self.assertEqual(masks, [self.cores - {core}, {core}])
            self.assertEqual(set(cores), self.cores - {core})
            self.assertIn(f'pinned-core: granted, core {core}', done.text)

    def test_tests_at_once_share_the_cores(self):
        kept = self.directory / 'kept'
        path = self.write({**pair(task('london', 'ping -c 1 newyork')),
                           'fidelity': {'late_share': '100%', 'others_share': '100%'}}, 'p')
        for jobs in ('1', '2'):
            done = self.taploom('test', path, '--realtime', '-j', jobs, '--artifacts', kept,
                                '--keep', 'always')
            self.assertEqual(done.status, FINISHED_WELL, done.text + done.stderr)
            report = json.loads((kept / 'p/report.json').read_text(encoding='utf-8'))
            self.assertEqual('pinned-core' in report['realtime'], jobs == '1')
            self.assertIn('sched-fifo', report['realtime'])

    def test_what_is_refused_is_told_with_its_remedy_and_stops_nothing(self):
        done = self.run_scenario(
            pair(task('london', 'ping -c 1 newyork')), '--realtime',
            wrap=('prlimit', '--rtprio=0:0', '--memlock=65536:65536', *self.on_one_core(),
                  *AS_NOBODY, '0666'), status=FINISHED_WELL)
        remedies = {'sched-fifo': 'ulimit -r', 'locked-memory': 'ulimit -l',
                    'pinned-core': 'taskset', 'cpu-dma-latency': '/dev/cpu_dma_latency'}
        names = [name for name in GRANTS if name != 'locked-memory' or not self.is_sanitized()]
        self.assertEqual(len(done.stderr.splitlines()), len(names), done.stderr)
        for name, line in zip(names, done.stderr.splitlines()):
            self.assertTrue(line.startswith(f'taploom: --realtime: {name} refused: '), line)
            self.assertIn(remedies[name], line)
            self.assertFalse(done.report['realtime'][name]['granted'])
            self.assertIn(done.report['realtime'][name]['refusal'], line)
            self.assertIn(f'{name}: refused: ', done.text)


if __name__ == '__main__':
    harness.main()
