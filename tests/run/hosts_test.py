# SPDX-License-Identifier: Apache-2.0
"""Other taploom processes look into a running lab and run commands in its hosts."""

import os
import signal

import harness
from harness import FINISHED_WELL, WRONG_USAGE, RunCase, echoes, pair, task


class Hosts(RunCase):
    def start_lab(self, scenario=None, name=None):
        running = self.start('run', self.write(
            scenario or pair(task('london', 'echo up; sleep 978')), name))
        running.wait_for('| up')
        return running

    def exec(self, host, *command, status=FINISHED_WELL, **options):
        done = self.taploom('exec', f'{self.lab_name()}/{host}', '--', *command, **options)
        self.assertEqual(done.status, status, done.text + done.stderr)
        return done.text

    def test_exec_runs_in_the_host(self):
        self.start_lab()
        self.assertEqual(self.exec('newyork', 'hostname'), 'newyork\n')
        self.assertIn('10.0.0.2', self.exec('newyork', 'cat', '/proc/net/fib_trie'))
        self.assertIn('1 received', self.exec('newyork', 'ping', '-c', '1', 'london'))

    def test_exec_gives_the_exit_status_of_the_command(self):
        self.start_lab()
        self.exec('london', 'sh', '-c', 'exit 7', status=7)
        self.exec('london', 'sh', '-c', 'kill -KILL $$', status=128 + signal.SIGKILL)
        self.exec('london', 'no-such-program', status=127)
        self.exec('london', '/', status=126)

    def test_exec_has_the_environment_of_host_and_caller(self):
        self.start_lab(pair(task('london', 'echo up; sleep 978'),
                            host={'env': {'GREETING': 'hello there'}}))
        output = self.exec('newyork', 'sh', '-c',
                           'echo $TAPLOOM_HOST $TAPLOOM_LAB $GREETING $OWN; pwd',
                           env={**self.environment(), 'OWN': 'mine'})
        self.assertEqual(output, f'newyork {self.lab_name()} hello there mine\n'
                                 f'{os.path.realpath(self.directory)}\n')

    def test_exec_passes_arguments_as_they_are(self):
        self.start_lab()
        self.assertEqual(self.exec('london', 'printf', '%s|', 'a b', '', '--help', '$HOME', 'ü'),
                         'a b||--help|$HOME|ü|')

    def test_exec_ends_with_its_lab(self):
        lab = self.start_lab()
        inside = self.start('exec', f'{self.lab_name()}/newyork', 'sh', '-c', 'echo in; sleep 977')
        inside.wait_for('in')
        lab.signal(signal.SIGINT)
        lab.finish()
        self.assertNotEqual(inside.finish().status, FINISHED_WELL)

    def test_list_names_each_lab_with_its_hosts(self):
        lab = self.start_lab()
        line = next(line for line in self.taploom('list').text.splitlines()
                    if line.split()[0] == self.lab_name())
        self.assertEqual(line.split()[1:3], [str(lab.process.pid), '2'])
        self.assertRegex(line.split()[3], r'^\d+s$')

    def test_two_labs_of_a_name_are_told_apart(self):
        for host in ('first', 'second'):
            self.start_lab({'nodes': [host, 'other'], 'links': [{'endpoints': [host, 'other']}],
                            'tasks': [task(host, 'echo up; sleep 976')],
                            'name': self.lab_name()}, host)
        listed = self.taploom('list').text
        self.assertRegex(listed, rf'(?m)^{self.lab_name()} ')
        self.assertRegex(listed, rf'(?m)^{self.lab_name()}-2 ')
        for lab, host in ((self.lab_name(), 'first'), (f'{self.lab_name()}-2', 'second')):
            done = self.taploom('exec', f'{lab}/{host}', 'hostname')
            self.assertEqual((done.status, done.text), (FINISHED_WELL, f'{host}\n'), done.stderr)

    def test_show_tells_the_counters_of_now(self):
        self.start_lab(pair(task('london', echoes(3, 'newyork') + '; echo up; sleep 978'),
                            host={'device': 'tun'}, delay='1ms'))
        text = self.taploom('show', self.lab_name()).text
        self.assertRegex(text, r'LINK +DIRECTION +IN +OUT +HELD +RATE +DROPPED +SET TO')
        for way in ('london.*newyork', 'newyork.*london'):
            self.assertRegex(text, rf'(?m)^ *(wire)? .*{way} +3 +3 +0 ')

    def test_unknown_names_come_with_the_nearest(self):
        self.start_lab()
        lab = self.lab_name()
        for arguments, told in (
                (('exec', f'{lab}/lodnon', 'true'), 'did you mean london?'),
                (('shell', f'{lab}/tokyo'), 'its hosts: london, newyork'),
                (('exec', f'{lab}x/london', 'true'), f'did you mean {lab}?'),
                (('show', f'x{lab}'), f'did you mean {lab}?')):
            with self.subTest(arguments):
                done = self.taploom(*arguments)
                self.assertEqual(done.status, WRONG_USAGE)
                self.assertIn(told, done.stderr)

    def test_exec_without_a_command_is_wrong(self):
        self.assertEqual(self.taploom('exec', 'london').status, WRONG_USAGE)
        self.assertEqual(self.taploom('exec', 'london', '--').status, WRONG_USAGE)

    def test_shell_is_interactive_with_job_control(self):
        self.start_lab()
        terminal = self.open_terminal()
        shell = terminal.start(self.start, 'shell', f'{self.lab_name()}/newyork',
                               env={**self.environment(), 'SHELL': '/bin/sh', 'TERM': 'dumb'})
        terminal.read('[$#] ')
        terminal.type('echo [$(hostname)]\n', r'\[newyork\]')
        terminal.type('test -t 0 && echo a-$((1+1))-terminal\n', 'a-2-terminal')
        # Said by the job itself: only then it is in the foreground for certain.
        terminal.type("sh -c 'echo wait-$((1+1)); exec sleep 975'\n", 'wait-2\r')
        terminal.type('\x03', '[$#] ')  # ends the sleep, not the shell
        terminal.type('echo still-$((1+1))\n', 'still-2')
        terminal.type('exit 7\n')
        self.assertEqual(shell.finish().status, 7)


if __name__ == '__main__':
    harness.main()
