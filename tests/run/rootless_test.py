# SPDX-License-Identifier: Apache-2.0
"""An unprivileged user who may open /dev/net/tun can do what root can."""

import os
import shutil
import subprocess

import harness
import outside_test
from harness import FINISHED_WELL, pair, task
from with_test import Services, echo

NOBODY = 65534
# A /dev/net/tun that all may open, in a mount namespace, so that nobody else sees it.
AS_NOBODY = ('unshare', '--mount', 'sh', '-ec', f'''
    mount -t tmpfs -o mode=0755 tmpfs /dev/net
    mknod /dev/net/tun c 10 200
    chmod 0666 /dev/net/tun
    exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"''', 'sh')
WITHOUT_ADMIN = ('setpriv', '--bounding-set', '-sys_admin,-net_admin')
MAY_MAKE_NAMESPACES = (*AS_NOBODY, 'unshare', '--user', '--net', 'true')


class Rootless(Services):
    def setUp(self):
        super().setUp()
        asked = subprocess.run(MAY_MAKE_NAMESPACES, stderr=subprocess.PIPE, text=True, check=False)
        if asked.returncode != 0:
            self.skipTest(f'no user namespaces here: {asked.stderr.strip()}')
        # Where that user can reach it, as well as what it writes.
        self.program = shutil.copy(harness.RunCase.program, self.directory)
        os.chown(self.directory, NOBODY, NOBODY)
        self.place = self.directory / 'captures'

    def run_as_nobody(self, scenario, *arguments, **options):
        return self.run_scenario(scenario, *arguments, wrap=AS_NOBODY, **options)

    def test_a_link_with_all_that_belongs_to_it(self):
        done = self.run_as_nobody(
            pair(task('newyork', 'while :; do sleep 1; done', background=True),
                 task('london', 'ping -q -c 50 -i 0.01 newyork'),
                 task('newyork', 'hostname; id -u; cat /etc/hostname'),
                 rate='10mbit', delay='5ms', loss='1%'), '--capture', self.place)
        self.assertEqual(self.outcomes(done), ['ended', 'succeeded', 'succeeded'])
        self.assertEqual(done.report['tasks'][2]['output'], 'newyork\n0\nnewyork\n')
        self.assertEqual((self.place / 'london-eth0.pcap').stat().st_uid, NOBODY)
        self.assert_balanced(done.report)

    def test_probes(self):
        self.run_as_nobody({
            **pair({'on': 'london', 'name': 'p', 'probe': {'ping': 'newyork', 'count': 3,
                                                           'interval': '5ms'}},
                   {'on': 'london', 'name': 'u', 'probe': {'udp': 'newyork', 'time': '50ms'}},
                   {'on': 'london', 'name': 't', 'probe': {'tcp': 'newyork', 'size': '10kB'}}),
            'expect': [{'probe': 'p', 'received': '3'}, {'probe': 'u', 'loss': '0%'},
                       {'probe': 't', 'size': '10kB'}]})

    def test_switch_tun_ipv6_and_forwarding(self):
        self.run_as_nobody({
            'nodes': {'a': {'address': 'fd00::1/64'}, 'b': {'address': 'fd00::2/64'},
                      'middle': {'kind': 'switch'},
                      'c': {'device': 'tun'}, 'd': {'device': 'tun', 'forward': True},
                      'e': {'device': 'tun'}},
            'links': [{'endpoints': ['a', 'middle']}, {'endpoints': ['b', 'middle']},
                      {'endpoints': ['c', 'd']}, {'endpoints': ['d', 'e']}],
            'tasks': [task('a', 'ping -6 -q -c 3 -i 0.01 fd00::2'),
                      task('c', 'ping -q -c 3 -i 0.01 e')]})

    def test_user_and_root_can_both_look_inside(self):
        running = self.start_scenario(pair(task('london', 'echo up; sleep 974')), wrap=AS_NOBODY)
        running.wait_for('| up')
        for wrap in (AS_NOBODY, ()):
            with self.subTest(as_root=not wrap):
                self.assertIn(self.lab_name(), self.taploom('list', wrap=wrap).text)
                done = self.taploom('exec', f'{self.lab_name()}/newyork', '--', 'hostname',
                                    wrap=wrap)
                self.assertEqual((done.status, done.text), (0, 'newyork\n'), done.stderr)

    def test_a_suite_of_tests(self):
        path = self.write({**pair(task('london', 'ping -c 2 -i 0.01 newyork'), delay='1ms'),
                           'fidelity': {'late_share': '100%', 'device_drops': 1000000}})
        done = self.taploom('test', path, '--repeat', '4', '-j', '2', wrap=AS_NOBODY)
        self.assertEqual(done.status, 0, done.text + done.stderr)
        self.assertIn('4 passed', done.text)

    def test_sigkill_of_a_suite_leaves_nothing(self):
        trace = self.directory / 'up'
        running = self.start('test', self.write(pair(task('london', f'touch {trace}; sleep 971'))),
                             wrap=AS_NOBODY)
        harness.wait_until(trace.exists, 'the test')
        running.kill()
        self.assert_nothing_is_left()

    def test_sigkill_leaves_nothing(self):
        running = self.start_scenario(pair(task('london', 'echo up; setsid sleep 973 & sleep 972')),
                                      wrap=AS_NOBODY)
        running.wait_for('| up')
        running.kill()
        self.assert_nothing_is_left()
        self.assertNotIn(self.lab_name(), self.taploom('list').text)

    def test_one_command_and_services_of_the_machine(self):
        for protocol, port in (('tcp', self.listen(echo)), ('udp', self.listen_udp())):
            done = self.taploom('with', '--delay', '20ms', 'bash', '-c',
                                'exec 3<>/dev/$0/machine/$1; echo up >&3; head -c 3 <&3; exit 3',
                                protocol, port, wrap=AS_NOBODY)
            self.assertEqual((done.status, done.text.lower()), (3, 'up\n'), done.stderr)

    def test_a_server_and_a_client(self):
        done = self.taploom('pair', '--delay', '1ms', '--ready', 'none', '--', 'true', '--',
                            'ping -q -c 1 -w 60 server', wrap=AS_NOBODY)
        self.assertEqual(done.status, FINISHED_WELL, done.stderr)

    def test_outside(self):
        outside_test.skip_unless_there_is_pasta(self)
        done = self.taploom('with', '--outside', 'bash', '-c', outside_test.ASK,
                            wrap=(*outside_test.OUTSIDE, self.directory, *AS_NOBODY))
        self.assertEqual((done.status, done.text), (FINISHED_WELL, outside_test.ANSWER),
                         done.stderr)

    # As in a container that has not got the capabilities.
    def test_outside_as_root_that_has_to_make_a_user_namespace(self):
        outside_test.skip_unless_there_is_pasta(self)
        done = self.taploom('with', '--outside', 'bash', '-c', outside_test.ASK,
                            wrap=(*outside_test.OUTSIDE, self.directory, *WITHOUT_ADMIN))
        self.assertEqual((done.status, done.text), (FINISHED_WELL, outside_test.ANSWER),
                         done.stderr)


if __name__ == '__main__':
    harness.main()
