# SPDX-License-Identifier: Apache-2.0
"""A host that is there without us, a network namespace that each test makes itself:

    +------------+                +----------------------------------+
    | london     |                | namespace of a sleeping process  |
    |   eth0     +----- wire -----+ loom0    lo    eth0 (tap) 192.0.2.1/24, default route
    +------------+                +----------------------------------+

It can be used as any other, and is afterwards what it was before, however the run ends."""

import os
import shutil
import signal
import subprocess

import harness
from harness import FINISHED_WELL, REFUSED, RunCase, task, wait_until
from rootless_test import AS_NOBODY, MAY_MAKE_NAMESPACES, NOBODY

SETTINGS = 'grep -rs . /proc/sys/net/ipv4 /proc/sys/net/ipv6 | grep -v /neigh/ | sort'


class Attach(RunCase):
    def setUp(self):
        super().setUp()
        if not shutil.which('ip'):
            self.skipTest('not installed: ip')
        self.place = subprocess.Popen(['unshare', '--net', 'sleep', '1000'],
                                      env=self.environment())
        self.addCleanup(self.place.wait)
        self.addCleanup(self.place.kill)
        own = os.readlink('/proc/self/ns/net')
        wait_until(lambda: os.readlink(self.path('net')) != own, 'the namespace')
        self.inside('ip link set lo up; ip tuntap add eth0 mode tap; ip link set eth0 up;'
                    'ip address add 192.0.2.1/24 dev eth0; ip route add default via 192.0.2.9')

    def path(self, kind):
        return f'/proc/{self.place.pid}/ns/{kind}'

    def inside(self, script):
        return subprocess.run(['nsenter', f'--net={self.path("net")}', 'sh', '-ec', script],
                              stdout=subprocess.PIPE, text=True, check=True).stdout

    def state(self):
        """All that a run could change there and leave behind."""
        return self.inside(f'ip -o address; ip route; ip -6 route; ip rule; {SETTINGS}')

    def scenario(self, *tasks, attached=None, **london):
        return {'nodes': {'london': london,
                          'db': {'attach': self.path('net'), **(attached or {})}},
                'links': [{'endpoints': ['london', 'db'], 'name': 'wire', 'delay': '2ms'}],
                'tasks': list(tasks)}

    def refuse(self, *wanted, **attached):
        done = self.run_scenario(self.scenario(attached=attached), status=REFUSED)
        for text in wanted:
            self.assertIn(text, done.stderr)

    def test_is_a_host_and_is_left_as_it_was(self):
        before = self.state()
        self.assertIn('default via 192.0.2.9', before)
        done = self.run_scenario(self.scenario(
            task('london', 'ping -q -c 3 -i 0.01 db'),
            task('db', 'ping -q -c 3 -i 0.01 10.0.0.1; echo $TAPLOOM_HOST; ip -o -4 address'),
            task('db', f'readlink /proc/self/ns/net {self.path("net")} | uniq | wc -l')))
        output = done.report['tasks'][1]['output']
        self.assertIn('\ndb\n', output)
        self.assertIn('loom0    inet 10.0.0.2/24', output)
        self.assertIn('eth0    inet 192.0.2.1/24', output)
        self.assertEqual(done.report['tasks'][2]['output'], '1\n')
        self.assertIn('db:loom0', done.report['devices'])
        self.assert_balanced(done.report)
        self.assertEqual(self.state(), before)

    def test_is_left_as_it_was_after_sigkill(self):
        before = self.state()
        running = self.start_scenario(self.scenario(task('db', 'echo up; sleep 971'),
                                                    attached={'address': 'fd00::2/64'}))
        running.wait_for('| up')
        self.assertIn('loom0', self.state())
        self.assertIn('fd00::/64', self.state())
        running.signal(signal.SIGKILL)
        running.process.wait()
        wait_until(lambda: 'loom0' not in self.inside('ip -o link'), 'the end of loom0')
        self.assertEqual(self.state(), before)

    def test_has_routes_to_what_is_behind_a_router(self):
        before = self.state()
        self.run_scenario({
            'nodes': {'london': {}, 'router': {'forward': True},
                      'db': {'attach': self.path('net')}},
            'links': [{'endpoints': ['london', 'router']}, {'endpoints': ['router', 'db']}],
            'tasks': [task('london', 'ping -q -c 3 -i 0.01 db')]})
        self.assertEqual(self.state(), before)

    def test_exec_joins_its_network_and_nothing_else(self):
        running = self.start_scenario(self.scenario(task('db', 'echo up; sleep 971')))
        running.wait_for('| up')
        done = self.taploom('exec', f'{self.lab_name()}/db', '--', 'sh', '-c',
                            f'readlink /proc/self/ns/net {self.path("net")} | uniq | wc -l;'
                            f'readlink /proc/self/ns/mnt {self.path("mnt")} | uniq | wc -l;'
                            f'readlink /proc/self/ns/uts {self.path("uts")} | uniq | wc -l;'
                            'ping -q -c 1 10.0.0.1 >/dev/null; echo $?; exit 7')
        self.assertEqual((done.status, done.text), (7, '1\n1\n1\n0\n'))
        running.signal(signal.SIGTERM)
        running.finish()

    def test_by_a_name_of_ip_netns(self):
        name = f'taploom-{self.mark[-12:]}'
        subprocess.run(['ip', 'netns', 'add', name], check=True)
        self.addCleanup(subprocess.run, ['ip', 'netns', 'delete', name], check=True)
        self.run_scenario(self.scenario(task('london', 'ping -q -c 3 -i 0.01 db'),
                                        attached={'attach': name}))

    # In place of Docker and Podman stand scripts that say what they would.
    def run_container(self, status=FINISHED_WELL, **answers):
        folder = self.directory / 'programs'
        folder.mkdir()
        for program, answer in answers.items():
            script = folder / program
            script.write_text('#!/bin/sh\n'
                              '[ "$1 $#" = "inspect 7" ] && [ "$7" = orders-db ] || exit 2\n'
                              f'{answer}\n', encoding='utf-8')
            script.chmod(0o755)
        for tool in ('sh', 'ping'):
            (folder / tool).symlink_to(shutil.which(tool))
        scenario = self.scenario(task('london', 'ping -q -c 3 -i 0.01 db'))
        scenario['nodes']['db'] = {'container': 'orders-db'}
        return self.run_scenario(scenario, status=status,
                                 env={**self.environment(), 'PATH': str(folder)})

    def test_by_a_container_of_docker(self):
        self.run_container(docker=f'echo {self.place.pid}')

    def test_by_a_container_of_podman(self):
        self.run_container(podman=f'echo {self.place.pid}')

    def test_by_a_container_that_docker_does_not_know(self):
        self.run_container(docker='exit 1', podman=f'echo {self.place.pid}')

    def test_a_container_that_is_not_running(self):
        done = self.run_container(docker='echo 0', status=REFUSED)
        self.assertIn('host db: container orders-db: it is not running: docker start orders-db\n',
                      done.stderr)

    def test_a_container_that_is_not_running_says_nothing_of_the_other_program(self):
        done = self.run_container(docker='echo No such container >&2; exit 1', podman='echo 0',
                                  status=REFUSED)
        self.assertIn('container orders-db: it is not running: podman start orders-db\n',
                      done.stderr)

    def test_a_container_that_is_not_there(self):
        done = self.run_container(docker='echo Is the daemon running? >&2; exit 1',
                                  podman='echo "Error: no such container" >&2; exit 125',
                                  status=REFUSED)
        self.assertIn('docker: Is the daemon running?; podman: Error: no such container',
                      done.stderr)

    def test_neither_docker_nor_podman(self):
        done = self.run_container(other='exit 1', status=REFUSED)
        self.assertIn('there is neither docker nor podman here', done.stderr)

    def test_a_name_that_is_taken(self):
        self.inside('ip tuntap add loom0 mode tap')
        self.refuse('host db: interface loom0: File exists', 'loom7')
        scenario = self.scenario(task('london', 'ping -q -c 3 -i 0.01 db'))
        scenario['links'][0]['endpoints'][1] = 'db:loom7'
        self.run_scenario(scenario)

    def test_a_subnet_that_it_is_on_already(self):
        self.refuse('192.0.2.130/25 of loom0 overlaps 192.0.2.1/24 of eth0 there', 'address:',
                    address='192.0.2.130/25')

    def test_a_route_that_it_has_already(self):
        before = self.state()
        self.refuse('0.0.0.0/0 via 10.0.0.1: it has another route to there, which stays',
                    routes=[{'to': 'default', 'via': '10.0.0.1'}])
        self.assertEqual(self.state(), before)
        done = self.run_scenario(self.scenario(
            task('db', 'ip route get 198.51.100.1'),
            attached={'routes': [{'to': '0.0.0.0/1', 'via': '10.0.0.1'},
                                 {'to': '128.0.0.0/1', 'via': '10.0.0.1'}]}))
        self.assertIn('via 10.0.0.1 dev loom0', done.report['tasks'][0]['output'])
        self.assertEqual(self.state(), before)

    def test_forwarding_is_looked_at_and_left(self):
        self.inside('echo 0 >/proc/sys/net/ipv4/ip_forward')
        self.refuse('host db: forward: yes, but it does not', 'sysctl -w net.ipv4.ip_forward=1',
                    forward=True)
        self.inside('echo 1 >/proc/sys/net/ipv4/ip_forward')
        before = self.state()
        for forward in (True, False):
            self.run_scenario(self.scenario(task('db', 'true'), attached={'forward': forward}))
        self.assertEqual(self.state(), before)

    def test_what_is_no_namespace(self):
        self.refuse('host db: open /proc/0/ns/net: No such file', 'ip netns list',
                    attach='/proc/0/ns/net')
        self.refuse('/etc/passwd is no network namespace', attach='/etc/passwd')
        self.refuse(f'{self.path("mnt")} is no network namespace', attach=self.path('mnt'))

    def be_nobody(self):
        if subprocess.run(MAY_MAKE_NAMESPACES, check=False).returncode != 0:
            self.skipTest('no user namespaces here')
        self.program = shutil.copy(RunCase.program, self.directory)
        os.chown(self.directory, NOBODY, NOBODY)

    # As podman unshare does: nobody, but with all capabilities in the user namespace to which the
    # network namespace belongs, here descriptor 9.
    def test_without_root_in_its_own_user_namespace(self):
        self.be_nobody()
        wrap = (*AS_NOBODY, 'unshare', '--user', '--map-root-user', '--net', 'sh', '-ec',
                'exec 9</proc/self/ns/net unshare --net "$@"', 'sh')
        done = self.run_scenario(self.scenario(
            task('london', 'ping -q -c 3 -i 0.01 db'), task('db', 'ip -o -4 address'),
            attached={'attach': '/proc/self/fd/9'}), wrap=wrap)
        self.assertIn('loom0    inet 10.0.0.2/24', done.report['tasks'][1]['output'])

    def test_without_privilege_there(self):
        self.be_nobody()
        bound = self.directory / 'net'
        bound.touch()
        subprocess.run(['mount', '--bind', self.path('net'), bound], check=True)
        self.addCleanup(subprocess.run, ['umount', bound], check=True)
        for path, call in ((self.path('net'), 'open'), (str(bound), 'setns')):
            done = self.run_scenario(self.scenario(attached={'attach': path}), wrap=AS_NOBODY,
                                     status=REFUSED)
            self.assertRegex(done.stderr, f'host db: {call}.*CAP_NET_ADMIN.*sudo')


if __name__ == '__main__':
    harness.main()
