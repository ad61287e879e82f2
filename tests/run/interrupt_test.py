# SPDX-License-Identifier: Apache-2.0
"""However a run ends, it leaves nothing: no process, no namespace, no entry in the list."""

import os
import signal
import time
from pathlib import Path

import harness
from harness import FINISHED_WELL, TASK_FAILED, RunCase, pair, task, wait_until

STUBBORN = 'trap "" INT TERM HUP; echo up; while :; do sleep 983; done'
N_HOSTS = 30
START_UP_MOMENTS_MS = (2, 10, 20, 40, 60, 90, 130, 180, 250, 400)


def links_of(directory):
    """What the symbolic links of a directory name; nothing of a process that has just ended."""
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        try:
            yield os.path.join(directory, name), os.readlink(os.path.join(directory, name))
        except OSError:
            continue


class Namespaces:
    """The network namespaces that a process holds open: those of a lab's hosts are among them.
    Held here as well, so that none of their numbers goes to a new namespace meanwhile."""

    def __init__(self, pid):
        own = os.readlink('/proc/self/ns/net')
        self.fds = {}
        for path, target in links_of(f'/proc/{pid}/fd'):
            if target.startswith('net:[') and target != own and target not in self.fds:
                try:
                    self.fds[target] = os.open(path, os.O_RDONLY)
                except FileNotFoundError:
                    continue

    def are_in_use(self):
        """By any other process, open in any, or mounted anywhere we see."""
        if any(name in Path('/proc/self/mountinfo').read_text('utf-8') for name in self.fds):
            return True
        pids = [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) != os.getpid()]
        return any(target in self.fds
                   for pid in pids for part in ('fd', 'ns')
                   for _, target in links_of(f'/proc/{pid}/{part}'))

    def close(self):
        for fd in self.fds.values():
            os.close(fd)


class Interrupt(RunCase):
    def assert_lab_is_gone(self, namespaces, name=None):
        wait_until(lambda: not namespaces.are_in_use(), 'the end of all namespaces')
        namespaces.close()
        self.assertNotIn(name or self.lab_name(), self.taploom('list').text)

    def start_ready(self, *tasks, **keys):
        """A lab whose last task has printed "up", and its namespaces."""
        running = self.start_scenario({**pair(*tasks), **keys})
        running.wait_for('| up')
        namespaces = Namespaces(running.process.pid)
        self.assertEqual(len(namespaces.fds), 2)
        self.assertIn(self.lab_name(), self.taploom('list').text)
        return running, namespaces

    def test_one_signal_ends_the_tasks_and_still_reports(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                running = self.start_scenario(pair(task('london', 'echo up; sleep 982'),
                                                   task('london', 'echo never')))
                running.wait_for('| up')
                namespaces = Namespaces(running.process.pid)
                running.signal(number)
                done = running.finish()
                self.assertEqual(done.status, TASK_FAILED)
                self.assertEqual(self.outcomes(done), ['cut off', 'not started'])
                self.assertTrue(done.report['interrupted'])
                self.assertIn('interrupted', done.text)
                self.assert_balanced(done.report)
                self.assert_lab_is_gone(namespaces)

    def test_tasks_get_sigint_first(self):
        running, _ = self.start_ready(
            task('london', 'trap "echo heard it; exit" INT; echo up; while :; do sleep 0.1; done'))
        running.signal(signal.SIGINT)
        self.assertIn('heard it', running.finish().report['tasks'][0]['output'].splitlines())

    def test_a_run_without_tasks_ends_well_by_a_signal(self):
        running = self.start_scenario(pair())
        wait_until(lambda: self.lab_name() in self.taploom('list').text, 'the lab in the list')
        namespaces = Namespaces(running.process.pid)
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.status, FINISHED_WELL)
        self.assertTrue(done.report['interrupted'])
        self.assert_lab_is_gone(namespaces)

    def test_stubborn_tasks_are_killed_in_the_end(self):
        running, namespaces = self.start_ready(task('london', STUBBORN))
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.report['tasks'][0]['exit'], 128 + signal.SIGKILL)
        self.assert_lab_is_gone(namespaces)

    def test_a_second_signal_ends_at_once(self):
        running, namespaces = self.start_ready(task('newyork', STUBBORN, background=True),
                                               task('london', STUBBORN))
        running.signal(signal.SIGINT)
        running.wait_for('once more ends at once')
        running.signal(signal.SIGINT)
        done = running.finish()
        self.assertEqual(done.status, TASK_FAILED)
        self.assertIn('ended at once', done.text)
        self.assertIsNone(done.report)
        self.assert_lab_is_gone(namespaces)

    def test_sigkill_in_a_run_leaves_nothing(self):
        running, namespaces = self.start_ready(
            task('newyork', f'setsid sh -c \'{STUBBORN}\' & sleep 981', background=True),
            task('london', STUBBORN))
        running.signal(signal.SIGKILL)
        self.assertEqual(running.process.wait(), -signal.SIGKILL)
        self.assert_nothing_is_left()
        self.assert_lab_is_gone(namespaces)

    def test_sigkill_at_any_moment_of_the_start_leaves_nothing(self):
        names = [f'h{number}' for number in range(1, N_HOSTS + 1)]
        scenario = self.write({
            'nodes': {**{name: {} for name in names}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': [name, 'middle']} for name in names],
            'tasks': [task('h1', 'sleep 980')]})
        for moment_ms in START_UP_MOMENTS_MS:
            with self.subTest(moment_ms=moment_ms):
                running = self.start('run', scenario)
                time.sleep(moment_ms / 1000)
                namespaces = Namespaces(running.process.pid)
                running.kill()
                self.assert_nothing_is_left()
                self.assert_lab_is_gone(namespaces)

    def test_control_c_on_a_terminal_is_one_signal(self):
        terminal = self.open_terminal()
        running = terminal.start(self.start_scenario, pair(task('london', 'echo up; sleep 979')))
        terminal.read(r' up\r')
        output = terminal.type('\x03')
        done = running.finish()
        self.assertEqual(done.status, TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['cut off'])
        self.assertIn('once more ends at once', output)
        self.assertNotIn('without a report', output)
        self.assertIn('\x1b[1mlateness', output)


if __name__ == '__main__':
    harness.main()
