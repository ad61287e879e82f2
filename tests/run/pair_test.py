# SPDX-License-Identifier: Apache-2.0
"""A server and a client with one link between them."""

import signal

import harness
from harness import FINISHED_WELL, INSIDE, TASK_FAILED, WRONG_USAGE, RunCase

LISTEN = f'{INSIDE} listen tcp 900'
# Ends when told to by SIGTERM, and says so.
SERVE = f'trap "echo ended; exit" TERM; {LISTEN} & wait'


class Pair(RunCase):
    def run_pair(self, *arguments, status=FINISHED_WELL, **options):
        done = self.taploom('pair', *arguments, **options)
        self.assertEqual(done.status, status, f'{done.text}{done.stderr}')
        return done

    def test_the_client_starts_when_the_server_listens(self):
        done = self.run_pair('--delay', '5ms', '--', SERVE, '--',
                             'hostname; bash -c ": </dev/tcp/server/7000"; exit 6', status=6)
        self.assertEqual(done.text.split('\n')[0], 'client')
        self.assertIn('server | ended\n', done.stderr)
        self.assertNotIn('Connection refused', done.stderr)

    def test_several_words_are_a_program_and_its_arguments(self):
        done = self.run_pair('--ready', 'output:[a b]', '--', 'sh', '-c', 'echo "[$0]"; sleep 961',
                             'a b', '--', 'printf', '<%s>', '$x', "y z'")
        self.assertEqual(done.text, "<$x><y z'>")
        self.assertIn('server | [a b]\n', done.stderr)

    def test_ready_none_waits_for_nothing(self):
        done = self.run_pair('--ready', 'none', '--', 'sleep 960', '--', 'ping -q -c 1 server')
        self.assertIn('1 received', done.text)

    def test_a_server_that_fails(self):
        done = self.run_pair('--', 'echo no >&2; exit 3', '--', 'echo client', status=TASK_FAILED)
        self.assertEqual(done.text, '')
        self.assertIn('server | no\nserver ! exit status 3', done.stderr)

    def test_ctrl_c_before_the_client(self):
        running = self.start('pair', '--', 'echo waiting; sleep 959', '--', 'true')
        running.wait_for('waiting')
        running.signal(signal.SIGINT)
        self.assertEqual(running.finish().status, 130)

    def test_wrong_usage(self):
        for arguments in ((), ('--',), ('--', 'a'), ('--', 'a', '--'), ('a',), ('--', '--', 'b')):
            with self.subTest(arguments=arguments):
                self.assertIn('taploom pair: takes',
                              self.run_pair(*arguments, status=WRONG_USAGE).stderr)
        done = self.run_pair('--ready', 'tcp:0', '--', 'a', '--', 'b', status=WRONG_USAGE)
        self.assertTrue(done.stderr.startswith('taploom pair: --ready: "tcp:0" is unknown'))

    def test_print_gives_the_scenario(self):
        done = self.run_pair('--preset', 'cable', '--print', '--', SERVE, '--',
                             'echo', 'it runs')
        ran = self.taploom('run', self.write(done.text))
        self.assertEqual(ran.status, FINISHED_WELL, ran.stderr)
        self.assertEqual(self.outcomes(ran), ['ended', 'succeeded'])
        self.assertEqual(ran.report['tasks'][1]['output'], 'it runs\n')


if __name__ == '__main__':
    harness.main()
