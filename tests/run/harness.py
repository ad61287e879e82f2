# SPDX-License-Identifier: Apache-2.0
"""Harness: runs the built taploom as a user does, on real namespaces and devices, and prints TAP. A
file of tests ends with main(); its only argument is the program. Every test also checks that no
process of its labs is left when it is over."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_S = 60  # of one taploom, and of waiting for anything
INSIDE = f'{sys.executable} {Path(__file__).resolve().parent / "inside.py"}'

FINISHED_WELL, TASK_FAILED, WRONG_USAGE, REFUSED, NOT_VALID = range(5)  # exit statuses


def task(host, run, **keys):
    return {'on': host, 'run': run, **keys}


def echoes(count, *arguments):
    """A command: exactly so many echo requests, each answered before the next. A ping of many goes
    away two round trips after its last request, answered or not."""
    return f'for i in $(seq {count}); do ping -c 1 -w 60 -i 60 {" ".join(arguments)} || exit; done'


def pair(*tasks, host=None, capture=None, **link):
    """A scenario: london and newyork, both with the keys `host`, and the link `wire`."""
    return {'nodes': {'london': host or {}, 'newyork': host or {}},
            'links': [{'endpoints': ['london', 'newyork'], 'name': 'wire', **link}],
            'tasks': list(tasks),
            **({'capture': capture} if capture else {})}


def wait_until(holds, what):
    """Returns what `holds` returns, once that is true."""
    deadline_s = time.monotonic() + TIME_LIMIT_S
    while not (value := holds()):
        if time.monotonic() > deadline_s:
            raise AssertionError(f'still not after {TIME_LIMIT_S} s: {what}')
        time.sleep(0.02)
    return value


@dataclass
class Done:
    """A taploom that has ended."""
    status: int
    stdout: bytes
    stderr: str
    report: dict  # None without

    @property
    def text(self):
        return self.stdout.decode(errors='replace')


class Running:
    """A taploom that was started, its output in files; kill() is safe at any time."""

    def __init__(self, command, directory, report, **options):
        self.paths = [directory / f'{uuid.uuid4()}.{end}' for end in ('out', 'err')]
        self.report = report
        with self.paths[0].open('wb') as out, self.paths[1].open('wb') as err:
            self.process = subprocess.Popen(
                command, **{'stdin': subprocess.DEVNULL, 'stdout': out, 'stderr': err, **options})

    def output(self):
        return b''.join(path.read_bytes() for path in self.paths).decode(errors='replace')

    def wait_for(self, text):
        """Until `text` was printed."""
        wait_until(lambda: text in self.output() or self.process.poll() is not None, text)
        if text not in self.output():
            raise AssertionError(f'ended without "{text}":\n{self.output()}')

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self):
        self.process.wait(TIME_LIMIT_S)
        text = self.report.read_text(encoding='utf-8') if self.report.exists() else ''
        return Done(self.process.returncode, self.paths[0].read_bytes(),
                    self.paths[1].read_text(encoding='utf-8'), json.loads(text) if text else None)


class Terminal:
    """A terminal to run a taploom on, as a person has one."""

    def __init__(self):
        self.leader, self.end = pty.openpty()
        self.options = {'stdin': self.end, 'stdout': self.end, 'stderr': self.end,
                        'wrap': ('setsid', '--ctty')}

    def start(self, start, *arguments, **options):
        """start(arguments…) with this as its controlling terminal."""
        running = start(*arguments, **self.options, **options)
        os.close(self.end)
        return running

    def read(self, pattern=None):
        """What it shows until `pattern` is found, or until all who had the terminal are gone."""
        deadline_s, seen = time.monotonic() + TIME_LIMIT_S, ''
        while pattern is None or not re.search(pattern, seen):
            if not select.select([self.leader], [], [], max(0, deadline_s - time.monotonic()))[0]:
                raise AssertionError(f'{pattern} is not in: {seen}')
            try:
                seen += os.read(self.leader, 4096).decode(errors='replace')
            except OSError:
                return seen  # EIO
        return seen

    def type(self, keys, pattern=None):
        """Types, and reads."""
        os.write(self.leader, keys.encode())
        return self.read(pattern)

    def close(self):
        os.close(self.leader)


class RunCase(unittest.TestCase):
    """One test, with a directory and a mark in the environment of all its processes."""
    program = None

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix='taploom-run-'))
        self.directory.chmod(0o777)  # tests may run the program as another user
        self.addCleanup(shutil.rmtree, self.directory)
        self.mark = f'TAPLOOM_TEST={uuid.uuid4()}'
        self.addCleanup(self.assert_nothing_is_left)
        self.n_scenarios = 0

    def write(self, scenario, name=None):
        """A scenario file: text, or what becomes JSON, which is YAML. The lab is called as the
        file, so that tests at the same time do not meet."""
        self.n_scenarios += 1
        path = self.directory / f'{name or self.lab_name(self.n_scenarios)}.yaml'
        path.write_text(scenario if isinstance(scenario, str) else json.dumps(scenario),
                        encoding='utf-8')
        return path

    def lab_name(self, number=1):
        return f'lab{number}-{self.mark[-12:]}'

    def environment(self):
        name, value = self.mark.split('=')
        return {**os.environ, name: value}

    def start(self, *arguments, wrap=(), **options):
        """taploom with any arguments; `wrap` is a command that executes the one behind it."""
        report = self.directory / f'report-{uuid.uuid4()}.json'
        arguments = [str(argument) for argument in arguments]
        if arguments[:1] in (['run'], ['replay-fates']) and '--report' not in arguments:
            arguments += ['--report', str(report)]
        running = Running([*wrap, self.program, *arguments], self.directory, report,
                          **{'env': self.environment(), 'cwd': self.directory, **options})
        self.addCleanup(running.kill)
        return running

    def taploom(self, *arguments, **options):
        """The same, waiting for its end."""
        return self.start(*arguments, **options).finish()

    def run_scenario(self, scenario, *arguments, status=FINISHED_WELL, **options):
        done = self.taploom('run', self.write(scenario), *arguments, **options)
        self.assertEqual(done.status, status, f'\n{done.text}{done.stderr}')
        return done

    def start_scenario(self, scenario, *arguments, **options):
        return self.start('run', self.write(scenario), *arguments, **options)

    def open_terminal(self):
        terminal = Terminal()
        self.addCleanup(terminal.close)
        return terminal

    def processes(self):
        """The numbers of all processes with the mark of this test."""
        found = []
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                if self.mark.encode() in (entry / 'environ').read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it has just ended, or shows itself to nobody
        return found

    def assert_nothing_is_left(self):
        try:
            wait_until(lambda: not self.processes(), 'the end of all processes')
        except AssertionError:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
            raise

    def kept_up(self, done):
        """Whether a run may be held against bounds that a slow machine breaks: its frames were on
        time and its programs did not wait for those of others."""
        machine = done.report.get('machine', {'busy': 0, 'others': 0})
        if done.report['valid'] and (machine['busy'] < 0.9 or machine['others'] < 0.25):
            return True
        print(f'# {self.id()}: on a slow machine; {machine}, {done.report["invalid_reasons"]}')
        return False

    def outcomes(self, done):
        return [entry['outcome'] for entry in done.report['tasks']]

    def assert_balanced(self, report):
        """Every frame has a fate, for each direction, node and host."""
        directions = [link[way] for link in report['links'].values()
                      for way in ('forward', 'reverse')]
        self.assertTrue(directions)
        for entry in directions:
            self.assertEqual(entry['in_frames'] + entry['copied_frames'],
                             entry['out_frames'] + dropped(entry) + entry['held_frames'], entry)
            self.assertEqual(entry['unaccounted_frames'], 0, entry)
        for name, node in report['nodes'].items():
            self.assertEqual(node['in_frames'] + node['copied_frames'],
                             node['out_frames'] + dropped(node), name)
            self.assertEqual(node['unaccounted_frames'], 0, name)
            self.assertEqual(node['in_frames'], total(directions, 'to', name, 'out_frames'), name)
            self.assertEqual(node['out_frames'], total(directions, 'from', name, 'in_frames'), name)
        hosts = {name.split(':')[0] for name in report['devices']}
        for host in hosts:
            devices = [device for name, device in report['devices'].items()
                       if name.split(':')[0] == host]
            self.assertEqual([device['unaccounted_frames'] for device in devices],
                             [0] * len(devices), host)
            self.assertEqual(
                sum(device['read_frames'] for device in devices)
                + total(directions, 'to', host, 'out_frames'),
                total(directions, 'from', host, 'in_frames')
                + sum(device['written_frames'] + dropped(device) + device['held_frames']
                      for device in devices), host)


def dropped(entry):
    """Frames dropped for any reason by a direction, node or device."""
    return sum(entry['dropped_frames'].values())


def total(directions, end, node, key):
    return sum(entry[key] for entry in directions if entry[end] == node)


class TapResult(unittest.TestResult):
    """One point a test: an error while cleaning up adds to it and is none of its own."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.troubles, self.skipped_because = [], None

    def startTest(self, test):
        super().startTest(test)
        self.troubles, self.skipped_because = [], None

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.troubles.append(self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.troubles.append(self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            wrong = self.failures if issubclass(err[0], test.failureException) else self.errors
            self.troubles.append(f'{subtest.params}\n{wrong[-1][1]}')

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skipped_because = reason
        if os.environ.get('CI') == 'true':
            self.troubles.append(f'not tested: {reason}')

    def stopTest(self, test):
        super().stopTest(test)
        name = test.id().rsplit('.', 1)[1].removeprefix('test_').replace('_', '-')
        point = f'{self.testsRun} - /run/{self.folder}/{name}'
        if self.troubles:
            print('not ok', point)
            print('\n'.join([name, *self.troubles]), file=sys.stderr)
        else:
            print('ok', point, f'# SKIP {self.skipped_because}' if self.skipped_because else '')
        sys.stdout.flush()


def missing():
    """What these tests cannot do without, or None."""
    if os.geteuid() != 0:
        return 'network namespaces and devices: run this as root'
    try:
        os.close(os.open('/dev/net/tun', os.O_RDWR))
    except OSError as error:
        return f'/dev/net/tun: {error.strerror}'
    tools = [tool for tool in ('ping', 'unshare', 'setpriv', 'setsid', 'prlimit')
             if not shutil.which(tool)]
    return f'not installed: {", ".join(tools)}' if tools else None


def main():
    reason = missing()
    if reason:
        strict = os.environ.get('CI') == 'true'
        print(f'1..1\nnot ok 1 - {reason}' if strict else f'1..0 # SKIP {reason}')
        sys.exit(1 if strict else 0)
    RunCase.program = str(Path(sys.argv[1]).resolve())
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    result = TapResult(Path(sys.argv[0]).stem.removesuffix('_test'))
    print(f'1..{tests.countTestCases()}', flush=True)
    tests.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
