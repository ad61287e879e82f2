# SPDX-License-Identifier: Apache-2.0
"""One command behind one link, whose other end is this machine."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import harness
from harness import FINISHED_WELL, WRONG_USAGE, RunCase, wait_until

LARGE_BYTES = 5_000_000

# Run inside: the arguments are an address, a port and what else it needs.
CONNECT = '''
import socket, sys, time
start_s = time.monotonic()
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connected_ms = (time.monotonic() - start_s) * 1000
peer.sendall(b"hello")
peer.shutdown(socket.SHUT_WR)
print(f"{connected_ms:.1f}", b"".join(iter(lambda: peer.recv(65536), b"")).decode())
'''
ONE_BYTE = '''
import socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
peer.sendall(b"x")
peer.recv(1)
'''
DATAGRAM = '''
import socket, sys
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.connect((sys.argv[1], int(sys.argv[2])))
for text in sys.argv[3:]:
    peer.send(text.encode())
    print(peer.recv(65536).decode())
'''
PERSISTENT = '''
import socket, sys, time
states = []
while len(states) < 3:
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2]))).close()
        state = "connected"
    except ConnectionRefusedError:
        state = "refused"
    except ConnectionResetError:
        continue  # the service has gone a moment ago
    if states[-1:] != [state]:
        states.append(state)
        print(state, len(states), flush=True)
    time.sleep(0.02)
'''
LARGE = f'''
import hashlib, socket, sys, threading
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
data = bytes(range(251)) * ({LARGE_BYTES} // 251)
threading.Thread(target=lambda: (peer.sendall(data), peer.shutdown(socket.SHUT_WR))).start()
sum = hashlib.sha256()
for part in iter(lambda: peer.recv(65536), b""):
    sum.update(part)
print(sum.hexdigest() == hashlib.sha256(data).hexdigest())
'''


def python(script, *arguments):
    """A command that runs it."""
    return (sys.executable, '-c', script, *map(str, arguments))


class Services(RunCase):
    """Has services on this machine for as long as a test lasts."""

    def listen(self, answer, address='127.0.0.1', port=0):
        """A TCP service that calls answer(connection) for each; returns its port."""
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        server = socket.create_server((address, port), family=family)
        self.addCleanup(server.close)

        def serve():
            while True:
                try:
                    peer = server.accept()[0]
                except OSError:
                    return
                with peer:
                    answer(peer)

        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    def listen_udp(self):
        """A UDP service that answers in capital letters; returns its port."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind(('127.0.0.1', 0))

        def serve():
            while True:
                try:
                    data, peer = server.recvfrom(65536)
                except OSError:
                    return
                server.sendto(data.upper(), peer)

        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]


def shout(peer):
    """Answers in capital letters once all has come."""
    peer.sendall(b''.join(iter(lambda: peer.recv(65536), b'')).upper())


def echo(peer):
    for part in iter(lambda: peer.recv(65536), b''):
        peer.sendall(part)


def reset(peer):
    peer.recv(1)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


class With(Services):
    def run_with(self, *arguments, status=FINISHED_WELL, **options):
        done = self.taploom('with', *arguments, **options)
        self.assertEqual(done.status, status, f'{done.text}{done.stderr}')
        return done

    def test_status_is_the_commands(self):
        for line, status in (('true', 0), ('exit 7', 7), ('kill -9 $$', 137), ('kill $$', 143)):
            with self.subTest(line=line):
                self.run_with('--delay', '1ms', '--', 'sh', '-c', line, status=status)
        self.assertIn('taploom: no-such-program: No such file or directory\n',
                      self.run_with('no-such-program', status=127).stderr)
        self.assertIn('directory (for a line of the shell write sh -c before it)',
                      self.run_with('make check', status=127).stderr)

    def test_streams_are_the_commands(self):
        stdin, far = os.pipe()
        os.write(far, b'one\ntwo')
        os.close(far)
        done = self.run_with('--', 'sh', '-c', 'cat; echo err >&2', stdin=stdin)
        os.close(stdin)
        self.assertEqual((done.stdout, done.stderr), (b'one\ntwo', 'err\n'))

    def test_arguments_and_directory_are_kept(self):
        done = self.run_with('--', 'sh', '-c', 'pwd; printf "<%s>" "$@"', 'sh', 'a b', "'", '$x',
                             '', '--', '-v')
        self.assertEqual(done.text, f"{self.directory}\n<a b><'><$x><><--><-v>")

    def test_a_loopback_service_is_reached_over_the_link(self):
        port = self.listen(shout)
        for host in ('machine', '198.51.100.1'):
            done = self.run_with('--delay', '50ms', *python(CONNECT, host, port))
            connected_ms, text = done.text.split()
            self.assertEqual(text, 'HELLO')
            self.assertGreaterEqual(float(connected_ms), 100)

    def test_services_on_other_addresses_of_the_loopback(self):
        for address in ('127.0.0.2', '::1', '0.0.0.0', '::'):
            with self.subTest(address=address):
                try:
                    port = self.listen(shout, address)
                except OSError as error:
                    self.assertIn(':', address, error)  # no IPv6 here
                    continue
                self.assertIn('HELLO', self.run_with(*python(CONNECT, 'machine', port)).text)

    def test_a_port_is_open_while_a_service_listens(self):
        with socket.create_server(('127.0.0.1', 0)) as reserved:
            port = reserved.getsockname()[1]
        running = self.start('with', *python(PERSISTENT, 'machine', port))
        running.wait_for('refused 1')
        with socket.create_server(('127.0.0.1', port)):
            running.wait_for('connected 2')
        self.assertEqual(running.finish().text, 'refused 1\nconnected 2\nrefused 3\n')

    def test_much_both_ways_at_once(self):
        port = self.listen(echo)
        self.assertEqual(self.run_with(*python(LARGE, 'machine', port)).text, 'True\n')

    def test_a_reset_is_passed_on(self):
        port = self.listen(reset)
        done = self.run_with(*python(ONE_BYTE, 'machine', port), status=1)
        self.assertIn('ConnectionResetError', done.stderr)

    def test_datagrams(self):
        port = self.listen_udp()
        done = self.run_with('--delay', '5ms', *python(DATAGRAM, 'machine', port, 'a', 'b' * 5000))
        self.assertEqual(done.text, f'A\n{"B" * 5000}\n')

    def test_loss_of_everything(self):
        port = self.listen_udp()
        done = self.run_with('--reverse', 'loss=100%', 'timeout', '0.2',
                             *python(DATAGRAM, 'machine', port, 'a'), status=124)
        self.assertEqual(done.text, '')

    def test_the_link_is_as_asked(self):
        report = self.directory / 'report.json'
        self.run_with('--preset', 'lte', '--loss', '50%', '--loss.model', 'gilbert',
                      '--loss.burst', '3', '--reverse', 'rate=2mbit,loss.model=list,'
                      'loss.indices=5, 6, 9', '--seed', '77', '--mtu', '1400', '--report', report,
                      'cat', '/sys/class/net/eth0/mtu')
        found = harness.json.loads(report.read_text())
        link = found['links']['app-machine']
        up, down = (link[way]['configured'] for way in ('forward', 'reverse'))
        self.assertEqual(found['seed'], 77)
        self.assertEqual((up['rate_bps'], up['delay_ms'], up['loss']), (12000000, 35, 0.5))
        self.assertEqual((down['rate_bps'], down['delay_ms']), (2000000, 35))
        self.assertEqual(found['tasks'][0]['exit'], 0)

    def test_print_gives_the_scenario(self):
        done = self.run_with('--delay', '3ms', '--loss', '1%', '--loss.model', 'gilbert',
                             '--loss.burst', '4', '--reverse', 'queue.discipline=codel,rate=1mbit',
                             '--reverse', 'delay=7ms', '--print', '--', 'echo', "it's")
        path = self.write(done.text)
        self.assertIn('loss: {rate: 1%, model: gilbert, burst: 4}', done.text)
        self.assertIn('delay: 7ms', done.text)
        ran = self.taploom('run', path)
        self.assertEqual(ran.status, FINISHED_WELL, ran.stderr)
        self.assertEqual(ran.report['tasks'][0]['output'], "it's\n")

    def test_errors_name_the_option(self):
        for arguments, error in (
                (('--delay', '40'), '--delay: "40" has no unit: write 40ms or 40s'),
                (('--loss', '101%'), '--loss: '),
                (('--loss.model', 'gilbet'), '--loss.model: '),
                (('--queue.target', '5'), '--queue.target: '),
                (('--preset', 'ltee'), '--preset: "ltee" is no preset: did you mean "lte"?'),
                (('--reverse', 'rate=3'), '--reverse rate: "3" has no unit'),
                (('--reverse', 'los=3%'), '--reverse: "los" is no key'),
                (('--reverse', 'rate=3mbit,rate=4mbit'), '--reverse: rate= is given twice'),
                (('--loss', '1%', '--loss.burst', '4'), '--loss.burst: does not go with model: '
                 'independent, but with gilbert, '),
                (('--reverse', '3%'), '--reverse: "3%" does not begin with KEY='),
                (('--seed', 'x'), '--seed: "x" is not a number'),
                (('--mtu', '3'), '--mtu: "3" is out of range'),
                (('--dely', '3ms'), 'Unknown option --dely: did you mean --delay?'),
                (('--queue', '10ms'), '--queue: ')):
            with self.subTest(arguments=arguments):
                done = self.run_with(*arguments, 'true', status=WRONG_USAGE)
                self.assertTrue(done.stderr.startswith(f'taploom with: {error}'), done.stderr)
                self.assertEqual(done.text, '')
        self.run_with('--delay', '3ms', status=WRONG_USAGE)

    def test_verbose_prints_the_report(self):
        done = self.run_with('--verbose', '--delay', '1ms', 'true')
        self.assertRegex(done.stderr, r'(?s)link app-machine.*valid')
        self.assertEqual(done.text, '')

    def test_signals_are_passed_on_once(self):
        for number, name in ((signal.SIGTERM, 'TERM'), (signal.SIGINT, 'INT')):
            running = self.start('with', 'sh', '-c', f'trap "echo caught" {name}; echo up; '
                                 'while read -r line; do :; done; sleep 0.2; exit 9',
                                 stdin=subprocess.PIPE)
            running.wait_for('up')
            running.signal(number)
            running.wait_for('caught')
            running.process.stdin.close()
            done = running.finish()
            self.assertEqual((done.status, done.text), (9, 'up\ncaught\n'))

    def test_sigkill_leaves_nothing(self):
        running = self.start('with', 'sh', '-c', 'echo up; setsid sleep 971 & sleep 970')
        running.wait_for('up')
        running.kill()
        self.assert_nothing_is_left()

    def test_a_terminal_is_the_commands(self):
        terminal = self.open_terminal()
        running = terminal.start(self.start, 'with', 'sh', '-c',
                                 'trap "echo caught; exit 5" INT; echo up; '
                                 'while :; do sleep 0.02; done')
        terminal.read('up')
        terminal.type('\x03', 'caught')
        self.assertEqual(running.finish().status, 5)

    def test_stopping_and_going_on(self):
        terminal = self.open_terminal()
        running = terminal.start(self.start, 'with', 'sh', '-c', 'echo up; read x; echo "got $x"')
        terminal.read('up')
        terminal.type('\x1a', r'\^Z')
        state = Path(f'/proc/{running.process.pid}/stat')
        wait_until(lambda: state.read_text().rsplit(')', 1)[1].split()[0] == 'T',
                   'the stop of taploom')
        os.killpg(running.process.pid, signal.SIGCONT)  # as fg does
        terminal.type('me\n', 'got me')
        self.assertEqual(running.finish().status, FINISHED_WELL)


if __name__ == '__main__':
    harness.main()
