# SPDX-License-Identifier: Apache-2.0
"""The outside network behind `with --outside`:

    app ---- link ---- machine -- pasta -- the machine's network, 10.9.0.2 ---- 10.9.0.1, 203.0.113.9

A network namespace stands for the machine, and another for all that is outside."""

import os
import shutil
import sys
from pathlib import Path

import harness
from harness import FINISHED_WELL, REFUSED, RunCase

SERVE = '''
import socket, sys, threading
def serve_tcp(server):
    while True:
        peer, address = server.accept()
        peer.sendall(f"tcp from {address[0]}".encode())
        peer.close()
def serve_udp(server):
    while True:
        address = server.recvfrom(100)[1]
        server.sendto(f"udp from {address[0]}".encode(), address)
streams = socket.create_server(("203.0.113.9", 80))
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("203.0.113.9", 80))
threading.Thread(target=serve_tcp, args=(streams,)).start()
threading.Thread(target=serve_udp, args=(datagrams,)).start()
open(sys.argv[1], "w").close()
'''
# Arguments: a folder, then the command.
OUTSIDE = ('unshare', '--net', '--mount', 'sh', '-ec', f'''
    folder=$1; shift
    here=$(readlink /proc/self/ns/net)
    unshare --net sleep 900 & far=$!
    trap 'kill $far $server' EXIT
    while [ "$(readlink /proc/$far/ns/net)" = "$here" ]; do :; done
    ip link set lo up
    ip link add out type veth peer name far netns $far
    ip address add 10.9.0.2/24 dev out
    ip link set out up
    ip route add default via 10.9.0.1
    inside="nsenter --net=/proc/$far/ns/net"
    $inside ip address add 10.9.0.1/24 dev far
    $inside ip address add 203.0.113.9/32 dev far
    $inside ip link set far up
    $inside {sys.executable} -c '{SERVE}' "$folder/ready" & server=$!
    while [ ! -e "$folder/ready" ]; do :; done
    printf 'search example.org\\nnameserver 127.0.0.53\\nnameserver 203.0.113.1\\n' >"$folder/resolv"
    mount --bind "$folder/resolv" /etc/resolv.conf
    "$@"''', 'sh')
ASK = '''for protocol in tcp udp; do
    exec 3<>/dev/$protocol/203.0.113.9/80; echo >&3 2>/dev/null; head -c 17 <&3; echo
done; cat /etc/resolv.conf'''
ANSWER = '''tcp from 10.9.0.2
udp from 10.9.0.2
search example.org
nameserver 198.51.100.1
nameserver 203.0.113.1
'''


def skip_unless_there_is_pasta(case):
    if shutil.which('pasta') is None:
        case.skipTest('pasta is not installed: apt install passt')
    if not Path('/etc/resolv.conf').exists():
        case.skipTest('this system has no /etc/resolv.conf')


class Outside(RunCase):
    def with_pasta(self, script):
        """An environment in which pasta is that script, or missing."""
        folder = self.directory / 'bin'
        folder.mkdir()
        if script:
            (folder / 'pasta').write_text(f'#!/bin/sh\n{script}\n', encoding='utf-8')
            (folder / 'pasta').chmod(0o755)
        return {**self.environment(), 'PATH': str(folder)}

    def test_without_pasta_it_says_what_to_install(self):
        done = self.taploom('with', '--outside', '/bin/true', env=self.with_pasta(None))
        self.assertEqual((done.status, done.text), (REFUSED, ''))
        self.assertIn('--outside: pasta: No such file or directory (install it', done.stderr)

    def test_what_pasta_complains_of_is_told(self):
        done = self.taploom('with', '--outside', '/bin/true',
                            env=self.with_pasta('echo No external route >&2; exit 1'))
        self.assertEqual((done.status, done.text), (REFUSED, ''))
        self.assertEqual(done.stderr, 'taploom with: the outside network: pasta: '
                         'No external route\n')

    def test_outside(self):
        skip_unless_there_is_pasta(self)
        done = self.taploom('with', '--delay', '1ms', '--outside', 'bash', '-c', ASK,
                            wrap=(*OUTSIDE, self.directory))
        self.assertEqual((done.status, done.text), (FINISHED_WELL, ANSWER), done.stderr)

    def test_sigkill_ends_pasta(self):
        running = self.start('with', '--outside', '/bin/sleep', '958', env={
            **self.with_pasta('echo up >&2; exec sleep 957'),
            'PATH': f'{self.directory / "bin"}:{os.environ["PATH"]}'})
        harness.wait_until(lambda: 'sleep\0957' in self.command_lines(), 'pasta')
        running.kill()
        self.assert_nothing_is_left()

    def command_lines(self):
        found = ''
        for pid in self.processes():
            try:
                found += Path(f'/proc/{pid}/cmdline').read_text(encoding='utf-8')
            except OSError:
                continue
        return found


if __name__ == '__main__':
    harness.main()
