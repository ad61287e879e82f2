# SPDX-License-Identifier: Apache-2.0
"""Lab: the built programs, a directory for what they write, and a look at running processes."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

RIGHT_ADDRESS = '10.0.0.2'
SETTLE = 'sleep 0.5'  # until the other side listens, or has taken what is still under way
# What 10 ms each way at the rate of an unlimited link needs; in every host, lest peers differ.
BUFFERS = ''.join(f'echo 4096 131072 268435456 > /proc/sys/net/ipv4/tcp_{side}mem; '
                  for side in 'rw')


class LabError(Exception):
    """A program that failed, with what it said."""


# What a measurement can end with besides figures: a program failed, or printed something else.
MEASURING_ERRORS = (LabError, OSError, KeyError, ValueError, TypeError)


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

    def outputs(self):
        """Where the left and the right command of the next pair print to."""
        self.n_pairs += 1
        return [self.directory / f'{side}-{self.n_pairs}.json' for side in ('left', 'right')]

    def start(self, *command):
        """A program in the background, for those who watch it; see finish()."""
        with self.log.open('w', encoding='utf-8') as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def finish(self, process):
        if process.wait() != 0:
            raise LabError(f'{process.args[0]}: status {process.returncode}\n'
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


class Usage:
    """Processor time and memory of an emulator's processes while traffic passes. The first look
    comes after its start and before the traffic, the last one in the rest after it."""

    START_S, EVERY_S = 0.3, 0.2

    def __init__(self, processes):
        """`processes` is asked after START_S, until it knows some. Without any, both are None."""
        self.processes = processes
        self.processor_s = self.resident_bytes = None
        self.has_ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.has_ended.set()
        self.thread.join()

    def watch(self):
        pids = []
        while not pids:
            if self.has_ended.wait(self.START_S):
                return
            pids = self.processes()
        try:
            first_s = processor_seconds(pids)
            while True:
                self.processor_s = processor_seconds(pids) - first_s
                self.resident_bytes = peak_bytes(pids)
                if self.has_ended.wait(self.EVERY_S):
                    return
        except (FileNotFoundError, ProcessLookupError):
            return


def read_outputs(outputs):
    return [json.loads(Path(output).read_text(encoding='utf-8') or 'null') for output in outputs]


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: state, parent, …"""
    return Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rsplit(')', 1)[1].split()


def peak_bytes(pids):
    """The most memory that was ever resident. Unlike resident_bytes() it costs those processes
    nothing: no walk through their pages while they are measured."""
    total = 0
    for pid in pids:
        status = Path(f'/proc/{pid}/status').read_text(encoding='utf-8')
        total += sum(1024 * int(line.split()[1]) for line in status.splitlines()
                     if line.startswith('VmHWM:'))
    return total


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
