# SPDX-License-Identifier: Apache-2.0
"""Lab: runs commands in two hosts, joined by the bare forwarder or by a Taploom link, and watches
the processes of a running Taploom."""

import json
import os
import subprocess
import time
from pathlib import Path

RIGHT_ADDRESS = '10.0.0.2'
SETTLE = 'sleep 0.5'  # until the other side listens, or has taken what is still under way


class LabError(Exception):
    """A program that failed, with what it said."""


class Lab:
    """The built programs and a directory for what they write."""

    def __init__(self, build, directory):
        self.build = Path(build).resolve()
        self.taploom = self.build / 'sim/taploom'
        self.directory = Path(directory)
        self.log = self.directory / 'taploom.log'
        self.n_pairs = 0

    def tool(self, name):
        return str(self.build / 'tests/bench' / name)

    def run(self, *command):
        """The standard output of a command that has to succeed."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LabError(f'{command[0]}: status {done.returncode}\n{done.stdout}{done.stderr}')
        return done.stdout

    def write_scenario(self, name, scenario):
        """JSON is YAML."""
        path = self.directory / f'{name}.yaml'
        path.write_text(json.dumps(scenario), encoding='utf-8')
        return str(path)

    def through_bare(self, left, right):
        """What the two commands print, as JSON, joined by the bare forwarder."""
        outputs = self.outputs()
        self.run(self.tool('bare'), f'{SETTLE}; {left} > {outputs[0]} && {SETTLE}',
                 f'exec {right} > {outputs[1]}')
        return read_outputs(outputs)

    def through_link(self, left, right, ready, **link):
        """The same, joined by a Taploom link with these settings; and the run's report."""
        outputs = self.outputs()
        report = self.directory / 'report.json'
        scenario = {
            'nodes': {'left': {}, 'right': {'address': f'{RIGHT_ADDRESS}/24'}},
            'links': [{'endpoints': ['left', 'right'], 'name': 'link', **link}],
            'tasks': [
                {'on': 'right', 'run': f'exec {right} > {outputs[1]}', 'background': True,
                 'ready': ready},
                {'on': 'left', 'run': f'{left} > {outputs[0]} && {SETTLE}'},
            ],
        }
        self.run(str(self.taploom), 'run', self.write_scenario('pair', scenario), '--report',
                 str(report))
        return (*read_outputs(outputs), json.loads(report.read_text(encoding='utf-8')))

    def outputs(self):
        """Where the left and the right command of the next pair print to."""
        self.n_pairs += 1
        return [self.directory / f'{side}-{self.n_pairs}.json' for side in ('left', 'right')]

    def start(self, *arguments):
        """Taploom in the background, for those who watch it; see finish()."""
        with self.log.open('w', encoding='utf-8') as log:
            return subprocess.Popen([self.taploom, *arguments], stdout=log, stderr=log)

    def finish(self, process):
        if process.wait() != 0:
            raise LabError(f'taploom: status {process.returncode}\n'
                           f'{self.log.read_text(encoding="utf-8")}')

    def processes_of(self, process):
        """Those of Taploom itself among a process and its descendants: not the tasks."""
        parents = {}
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                parents[int(entry.name)] = int(stat_fields(entry.name)[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
        found, todo = [], [process.pid]
        while todo:
            pid = todo.pop()
            todo += [child for child, parent in parents.items() if parent == pid]
            try:
                if os.readlink(f'/proc/{pid}/exe') == str(self.taploom):
                    found.append(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found


def read_outputs(outputs):
    return [json.loads(Path(output).read_text(encoding='utf-8') or 'null') for output in outputs]


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: state, parent, …"""
    return Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rsplit(')', 1)[1].split()


def resident_bytes(pids):
    """Resident memory; a page shared with others counts in part (Pss), lest a fork doubles it."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f'/proc/{pid}/smaps_rollup').read_text(encoding='utf-8')
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes = [line.split()[1] for line in rollup.splitlines() if line.startswith('Pss:')]
        total += 1024 * sum(int(size_kb) for size_kb in sizes)
    return total


def processor_seconds(pids):
    ticks = sum(int(field) for pid in pids for field in stat_fields(pid)[11:13])
    return ticks / os.sysconf('SC_CLK_TCK')


def sample_until_end(process, measure, every_s=0.1):
    """The largest value of `measure` while a process runs."""
    largest = 0
    while process.poll() is None:
        largest = max(largest, measure())
        time.sleep(every_s)
    return largest
