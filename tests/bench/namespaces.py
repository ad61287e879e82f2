# SPDX-License-Identifier: Apache-2.0
"""Namespaces: hosts for the peers that bring none. Each lasts as long as the process that holds
it, which ends with the pipe to it: nothing is left behind however the benchmark ends."""

import os
import signal
import subprocess
import time

from lab import LabError, RIGHT_ADDRESS, SETTLE, Usage, read_outputs
from peer import Outcome

LEFT_ADDRESS = '10.0.0.1'
PATIENCE_S = 20


class Namespaces:
    """`left` and `right`, and `middle` for the emulator."""

    def __init__(self, lab):
        self.lab = lab
        self.log = lab.directory / 'emulator.log'
        self.holders, self.emulators = {}, []

    def __enter__(self):
        for name in ('left', 'middle', 'right'):
            self.holders[name] = subprocess.Popen(
                ['unshare', '--net', 'sh', '-c', 'echo; exec cat'], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE)
            self.holders[name].stdout.readline()  # the namespace is there
        return self

    def __exit__(self, *_):
        for process in self.emulators:
            process.terminate()
            process.wait()
        for holder in self.holders.values():
            holder.communicate()

    def inside(self, name, *command):
        return ['nsenter', f'--net=/proc/{self.holders[name].pid}/ns/net', *map(str, command)]

    def run(self, name, *command):
        return self.lab.run(*self.inside(name, *command))

    def emulate(self, name, *command, announces=False):
        """Starts a process of the emulator; one that announces prints a line when it is ready. Its
        standard input stays open: some end with it."""
        with self.log.open('a', encoding='utf-8') as log:
            process = subprocess.Popen(self.inside(name, *command), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE if announces else log, stderr=log)
        self.emulators.append(process)
        if announces and not process.stdout.readline():
            raise LabError(f'{command[0]} has ended\n{self.log.read_text(encoding="utf-8")}')

    def await_device(self, name, device):
        """Until an emulator has made its TAP."""
        end_s = time.monotonic() + PATIENCE_S
        while f' {device}:' not in self.run(name, 'ip', '-o', 'link'):
            if time.monotonic() > end_s or any(one.poll() is not None for one in self.emulators):
                raise LabError(f'{device} has not come up\n'
                               f'{self.log.read_text(encoding="utf-8")}')
            time.sleep(0.05)

    def move(self, device, name):
        """From the middle to a host, where it is eth0."""
        self.run('middle', 'ip', 'link', 'set', device, 'name', 'eth0', 'netns',
                 self.holders[name].pid)

    def configure(self):
        """Neither host may send before both are up: ns-3 aborts when it cannot write."""
        for name in ('left', 'right'):
            self.run(name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
        for name, address in (('left', LEFT_ADDRESS), ('right', RIGHT_ADDRESS)):
            self.run(name, 'ip', 'address', 'add', f'{address}/24', 'dev', 'eth0')
            self.run(name, 'ip', 'link', 'set', 'eth0', 'up')

    def carry(self, load):
        outputs = self.lab.outputs()
        with Usage(lambda: [process.pid for process in self.emulators]) as usage:
            right = subprocess.Popen(
                self.inside('right', 'sh', '-c', f'exec > {outputs[1]}; {load.right}'),
                start_new_session=True)
            try:
                self.run('left', 'sh', '-c', f'{SETTLE}; ({load.left}) > {outputs[0]} && {SETTLE}')
            finally:
                if right.poll() is None:
                    os.killpg(right.pid, signal.SIGTERM)
                right.wait()
        return Outcome(*read_outputs(outputs), usage.processor_s, usage.resident_bytes)
