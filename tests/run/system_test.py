# SPDX-License-Identifier: Apache-2.0
"""Odd systems to run on. Each is made in a mount namespace of its own: nobody else sees it."""

import harness
from harness import REFUSED, RunCase, pair, task

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

    def test_a_chroot_is_refused_with_what_to_use_instead(self):
        for number, bind in enumerate(('', 'mount --rbind "$0" "$0"')):
            with self.subTest(bind):
                root = self.directory / f'root{number}'
                root.mkdir()
                wrap = (*CHROOT[:-1], CHROOT[-1] % bind, root)
                done = self.run_scenario(pair(task('london', 'true')), wrap=wrap, status=REFUSED)
                self.assertRegex(done.stderr, r'host \w+: .*chroot.*systemd-nspawn.*bwrap')
                self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == '__main__':
    harness.main()
