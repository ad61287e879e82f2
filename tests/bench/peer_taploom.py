# SPDX-License-Identifier: Apache-2.0
"""Taploom, with the offloads it finds by itself and without any."""

import json

from lab import LabError, RIGHT_ADDRESS, SETTLE, Usage, read_outputs
from peer import Outcome, Peer


class Taploom(Peer):
    name, title, node = 'taploom', 'Taploom', {}

    def carry(self, load, link):
        outputs = self.lab.outputs()
        path = self.lab.write_scenario('pair', {
            'defaults': {'node': self.node},
            'nodes': {'left': {}, 'right': {'address': f'{RIGHT_ADDRESS}/24'}},
            'links': [{'endpoints': ['left', 'right'], 'name': 'link', **link}],
            'tasks': [
                {'on': 'right', 'run': f'exec > {outputs[1]}; {load.right}', 'background': True,
                 'ready': load.ready},
                {'on': 'left', 'run': f'{SETTLE}; ({load.left}) > {outputs[0]} && {SETTLE}'},
            ],
        })
        return self.carry_scenario(path, outputs)

    def carry_scenario(self, path, outputs):
        report = self.lab.directory / 'report.json'
        process = self.lab.start(self.lab.taploom, 'run', path, '--report', report)
        with Usage(lambda: self.lab.processes_of(process)) as usage:
            self.lab.finish(process)
        return Outcome(*read_outputs(outputs), usage.processor_s, usage.resident_bytes,
                       json.loads(report.read_text(encoding='utf-8')))


class TaploomOff(Taploom):
    name, title, node = 'taploom-off', 'Taploom, offload: off', {'offload': 'off'}

    def missing(self):
        path = self.lab.write_scenario('off', {'defaults': {'node': self.node},
                                               'nodes': ['left', 'right'],
                                               'links': [{'endpoints': ['left', 'right']}]})
        try:
            self.lab.run(str(self.lab.taploom), 'check', path)
        except LabError:
            return 'this build knows no `offload: off`'
        return None
