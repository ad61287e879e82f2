# SPDX-License-Identifier: Apache-2.0
"""What cannot be done is said before anything starts: with the place, the reason and the remedy."""

import harness
from harness import FINISHED_WELL, NOT_VALID, REFUSED, WRONG_USAGE, RunCase, pair, task

NOBODY = 65534
# A /dev/net/tun of its own, with the mode $0, for an unprivileged user: in a mount namespace, so
# that nobody else sees it.
AS_NOBODY = ('unshare', '--mount', 'sh', '-ec', f'''
    mount -t tmpfs -o mode=0755 tmpfs /dev/net
    mknod /dev/net/tun c 10 200
    chmod "$0" /dev/net/tun
    exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"''')


class Refusal(RunCase):
    def assert_wrong(self, text, *told):
        """A scenario that is refused with these beginnings of lines, in this order."""
        trace = self.directory / 'started'
        path = self.write(text.replace('TRACE', str(trace)))
        for command in ('run', 'check'):
            done = self.taploom(command, path)
            self.assertEqual(done.status, WRONG_USAGE, done.stderr)
            self.assertEqual(done.stdout, b'')
            lines = done.stderr.splitlines()
            self.assertEqual(len(lines), len(told), done.stderr)
            for line, beginning in zip(lines, told):
                self.assertTrue(line.startswith(f'{path}{beginning}'), line)
            self.assertFalse(trace.exists())

    def test_every_error_of_a_file_is_told_with_its_place(self):
        self.assert_wrong('''\
nodes: [london, newyork]
links:
  - endpoints: [london, newyrok]
    dealy: 20ms
    rate: 10
tasks:
  - {on: london, run: touch TRACE}
  - {on: tokyo, run: ping london}
''', ':3:25: links[0].endpoints[1]: ', ':4:5: links[0]', ':5:11: links[0].rate: ',
                          ':8:10: tasks[1].on: ')

    def test_nearest_name_is_offered(self):
        path = self.write('nodes: [london, newyork]\nlinks: [{endpoints: [london, newyrok], '
                          'dealy: 1ms}]\n')
        self.assertRegex(self.taploom('check', path).stderr,
                         r'(?s)newyrok.*newyork.*dealy.*delay')

    def test_broken_yaml_is_told_with_its_place(self):
        self.assert_wrong('nodes: [london\nlinks: }\n', ':2:')

    def test_files_that_are_none(self):
        (self.directory / 'empty.yaml').touch()
        (self.directory / 'binary.yaml').write_bytes(bytes(range(256)) * 100)
        for name in ('empty.yaml', 'binary.yaml', 'missing.yaml', '.', 'missing/at.yaml'):
            done = self.taploom('run', self.directory / name)
            self.assertEqual(done.status, WRONG_USAGE, name)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertTrue(done.stderr.startswith(f'{self.directory / name}'), done.stderr)

    def test_wrong_command_lines(self):
        path = self.write(pair(task('london', 'true')))
        for arguments, told in (
                ((), 'Usage: taploom'),
                (('rnu',), 'did you mean run?'),
                (('frobnicate',), 'no command "frobnicate"'),
                (('help',), 'no command "help": did you mean --help?'),
                (('--verison',), 'no command "--verison": did you mean --version?'),
                (('run',), 'takes FILE'),
                (('run', path, path), 'takes FILE'),
                (('run', path, '--sed', '7'), '--sed'),
                (('run', path, '--seed', 'x'), '--seed: '),
                (('run', path, '--seed', '-1'), '--seed: '),
                (('run', path, '--duration', '5'), '--duration: '),
                (('run', path, '--duration', '-5s'), '--duration: ')):
            with self.subTest(arguments):
                done = self.taploom(*arguments)
                self.assertEqual(done.status, WRONG_USAGE, done.stderr)
                self.assertIn(told, done.stderr)
                self.assertEqual(done.stdout, b'')

    def test_help_is_no_mistake(self):
        for arguments in (('--help',), ('--version',), ('run', '--help'), ('exec', '--help')):
            done = self.taploom(*arguments)
            self.assertEqual((done.status, done.stderr), (FINISHED_WELL, ''))
            self.assertIn('taploom', done.text)

    def test_a_tun_driver_that_may_not_be_opened(self):
        done = self.run_scenario(pair(task('london', 'true')), status=REFUSED,
                                 wrap=(*AS_NOBODY, '0600'))
        self.assertRegex(done.stderr, 'open /dev/net/tun: Permission denied .*chmod 0666')
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_too_few_open_files_at_any_limit(self):
        scenario = self.write(pair(task('london', 'true'), capture=['wire']))
        limit, refused = 8, []
        while True:
            done = self.taploom('run', scenario, wrap=('prlimit', f'--nofile={limit}:{limit}'))
            if done.status == FINISHED_WELL:
                break
            refused.append(limit)
            self.assertEqual(done.status, REFUSED, f'limit {limit}: {done.stderr}')
            self.assertRegex(done.stderr, r'ulimit -n', f'limit {limit}')
            limit += 1
        self.assertGreater(len(refused), 10)

    def test_too_few_open_files_for_many_hosts(self):
        names = [f'h{number}' for number in range(40)]
        done = self.run_scenario({
            'nodes': {**{name: {} for name in names}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': [name, 'middle']} for name in names]},
            '--duration', '1s', wrap=('prlimit', '--nofile=64:64'), status=REFUSED)
        self.assertRegex(done.stderr, r'host h\d+.*Too many open files.*ulimit -n')

    def test_a_soft_limit_of_open_files_is_raised(self):
        names = [f'h{number}' for number in range(40)]
        done = self.run_scenario({
            'nodes': {**{name: {} for name in names}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': [name, 'middle']} for name in names],
            'tasks': [task('h0', 'ulimit -Sn')]}, wrap=('prlimit', '--nofile=64:1024'))
        self.assertEqual(done.report['tasks'][0]['output'], '64\n')

    def test_an_invalid_run_has_its_own_status_when_asked(self):
        scenario = {**pair(task('london', 'ping -q -c 20 -i 0.01 newyork'), delay='1ms'),
                    'fidelity': {'late_share': '0%', 'late_floor': '1ns', 'late_of_delay': '0%'}}
        done = self.run_scenario(scenario)
        self.assertFalse(done.report['valid'])
        self.assertTrue(any('too slow' in reason for reason in done.report['invalid_reasons']))
        self.assertIn('NOT VALID', done.text)
        done = self.run_scenario(scenario, '--strict', status=NOT_VALID)
        self.assertFalse(done.report['valid'])
        scenario['fidelity']['strict'] = True
        self.run_scenario(scenario, status=NOT_VALID)

    def test_a_strict_run_that_is_valid_ends_well(self):
        scenario = {**pair(task('london', 'ping -q -c 5 -i 0.01 newyork')),
                    'fidelity': {'late_share': '100%'}}
        self.assertTrue(self.run_scenario(scenario, '--strict').report['valid'])

    def test_a_sysctl_the_kernel_does_not_know_is_refused_with_its_host(self):
        done = self.run_scenario(pair(host={'sysctl': {'net.ipv4.no_such_key': '1'}}),
                                 '--duration', '1s', status=REFUSED)
        self.assertRegex(done.stderr, r'host london: .*net.ipv4.no_such_key')


if __name__ == '__main__':
    harness.main()
