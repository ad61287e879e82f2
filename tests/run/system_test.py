# SPDX-License-Identifier: Apache-2.0
"""Odd systems to run on. Each is made in a mount namespace of its own: nobody else sees it."""

import os
import shutil
import subprocess

import harness
from harness import FINISHED_WELL, REFUSED, RunCase, pair, task
from rootless_test import AS_NOBODY, MAY_MAKE_NAMESPACES, NOBODY

# A copy of /etc without /etc/hosts.
WITHOUT_HOSTS_FILE = ('unshare', '--mount', 'sh', '-ec', '''
    mount -t tmpfs tmpfs /mnt
    cp -a /etc/. /mnt
    rm -f /mnt/hosts
    mount --bind /mnt /etc
    exec "$@"''', 'sh')
# The same system once more below the directory $0, as its root; `%s` comes before that.
CHROOT = ('unshare', '--mount', 'sh', '-ec', '''
    for entry in /*; do
        if [ -L "$entry" ]; then cp -P "$entry" "$0"
        elif [ -d "$entry" ]; then mkdir "$0$entry"; mount --rbind "$entry" "$0$entry"
        fi
    done
    %s
    exec chroot "$0" "$@"''')
# As containers have it that may make namespaces, but are not privileged.
WITH_READ_ONLY_SETTINGS = ('unshare', '--mount', 'sh', '-ec', '''
    mount --bind /proc/sys /proc/sys
    mount -o remount,ro,bind /proc/sys
    exec "$@"''', 'sh')


class System(RunCase):
    def test_hosts_know_each_other_without_a_hosts_file_of_the_system(self):
        done = self.run_scenario(pair(task('london', 'ping -q -c 1 newyork'),
                                      task('london', 'cat /etc/hosts; cat /etc/passwd'),
                                      task('london', 'touch /etc/trace; ls /etc; true'),
                                      task('newyork', 'hostname; cat /etc/hostname')),
                                 wrap=WITHOUT_HOSTS_FILE)
        ping, files, listed, names = [entry['output'] for entry in done.report['tasks']]
        self.assertIn('1 received', ping)
        self.assertIn('10.0.0.2\tnewyork\n', files)
        self.assertIn('root:', files)  # all else is the system's
        self.assertNotIn('trace', listed.split())  # which nothing can change by way of it
        self.assertEqual(names, 'newyork\nnewyork\n')

    def test_standard_streams_may_be_closed(self):
        path = self.write({**pair(task('london', 'test $(ls /proc/self/fd | wc -l) = 4')),
                           'fidelity': {'late_share': '100%', 'others_share': '100%'}})
        for closed in ('<&-', '>&-', '<&- >&- 2>&-'):
            wrap = ('sh', '-c', f'exec "$@" {closed}', 'sh')
            for arguments in (('run', path), ('test', path), ('with', 'true')):
                with self.subTest(closed=closed, command=arguments[0]):
                    self.assertEqual(self.taploom(*arguments, wrap=wrap).status, FINISHED_WELL)

    def test_a_chroot_is_refused_with_what_to_use_instead(self):
        for number, bind in enumerate(('', 'mount --rbind "$0" "$0"')):
            with self.subTest(bind):
                root = self.directory / f'root{number}'
                root.mkdir()
                wrap = (*CHROOT[:-1], CHROOT[-1] % bind, root)
                done = self.run_scenario(pair(task('london', 'true')), wrap=wrap, status=REFUSED)
                self.assertRegex(done.stderr, r'host \w+: .*chroot.*systemd-nspawn.*bwrap')
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_settings_are_made_where_those_of_the_system_are_read_only(self):
        self.run_scenario({
            'nodes': {'london': {'address': 'fd00::1/64', 'forward': True},
                      'newyork': {'address': 'fd00::2/64'}},
            'links': [{'endpoints': ['london', 'newyork']}],
            'tasks': [task('london', 'ping -q -c 1 newyork'),
                      task('london', '[ $(cat /proc/sys/net/ipv4/ip_forward) = 1 ]')]},
            wrap=WITH_READ_ONLY_SETTINGS)

    def test_settings_that_cannot_be_made_are_refused_with_what_to_give_the_container(self):
        if subprocess.run(MAY_MAKE_NAMESPACES, check=False).returncode != 0:
            self.skipTest('no user namespaces here')
        self.program = self.directory / 'taploom'
        shutil.copy(RunCase.program, self.program)
        for path in (self.directory, self.program):
            os.chown(path, NOBODY, NOBODY)
        done = self.run_scenario(pair(task('london', 'true')), status=REFUSED,
                                 wrap=(*WITH_READ_ONLY_SETTINGS, *AS_NOBODY))
        self.assertRegex(done.stderr, r'host \w+: sysctl net.*Read-only.*--cap-add.*unmask')
        self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == '__main__':
    harness.main()
