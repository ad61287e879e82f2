# SPDX-License-Identifier: Apache-2.0
"""The examples of doc/ci.md work as they stand there: those for this machine are run, those for
services are read."""

import os
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import harness
from harness import RunCase

TREE = Path(__file__).resolve().parents[2]
TEXT = (TREE / 'doc/ci.md').read_text(encoding='utf-8')
# A file: its name in a line of its own, then its text.
FILES = dict(re.findall(r'^`([\w./-]+)`\n\n```\w+\n(.*?)^```$', TEXT, re.M | re.S))
N_COMBINATIONS = 4
# The examples are tried, not the machine.
ALWAYS_VALID = 'fidelity: {late_share: 100%, device_drops: 1000000, others_share: 100%}\n'
PYTHONS = ('python3', '/usr/bin/python3')  # the first with the module counts


class CiDoc(RunCase):
    def setUp(self):
        super().setUp()
        for name, text in FILES.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            is_scenario = path.parent.name == 'network'
            path.write_text(text + (ALWAYS_VALID if is_scenario else ''), encoding='utf-8')
        (self.directory / 'bin').mkdir()
        (self.directory / 'bin/taploom').symlink_to(self.program)

    def run_tool(self, *command, **environment):
        if not shutil.which(command[0]):
            self.skipTest(f'{command[0]} is not installed')
        path = f'{self.directory / "bin"}:{os.environ["PATH"]}'
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True,
                              check=False, env={**self.environment(), 'PATH': path, **environment})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_all_files_are_known_here(self):
        self.assertEqual(set(FILES), {'tests/network/download.yaml', 'Makefile', 'meson.build',
                                      'tests/conftest.py', '.gitlab-ci.yml',
                                      '.github/workflows/network.yml'})

    def test_one_line(self):
        lines = re.findall(r'^    taploom (with|pair) (.*)$', TEXT, re.M)
        self.assertEqual(len(lines), 3)
        for command, line in lines:
            with self.subTest(line=line):
                done = self.taploom(command, '--print', *shlex.split(line))
                self.assertEqual((done.status, done.stderr), (0, ''))

    def test_expectations(self):
        scenario = FILES['tests/network/download.yaml']
        excerpt = re.search(r'^```yaml\n(tasks:.*?)^```$', TEXT, re.M | re.S).group(1)
        path = self.write(scenario[:scenario.index('tasks:')] + excerpt + ALWAYS_VALID)
        found = self.taploom('run', path).report['expectations']
        self.assertEqual(len(found), 5)
        for entry in found:  # but for those that a slow machine may miss
            self.assertTrue(entry['passed'] or entry['name'][-8:] in ('duration', ' rtt.p95'), entry)

    def test_make(self):
        self.assertIn(f'{N_COMBINATIONS} passed', self.run_tool('make', 'check-network'))

    def test_pytest(self):
        python = next((each for each in PYTHONS if subprocess.run(
            [each, '-c', 'import pytest'], check=False, capture_output=True).returncode == 0), None)
        if python is None:
            self.skipTest('python3-pytest is not installed')
        text = self.run_tool(python, '-m', 'pytest', '-p', 'no:cacheprovider', 'tests')
        self.assertIn(f'{N_COMBINATIONS} passed', text)

    def test_meson(self):
        self.run_tool('meson', 'setup', 'build')
        self.assertIn(f'{N_COMBINATIONS} subtests passed',
                      self.run_tool('meson', 'test', '-C', 'build'))

    def test_command_lines_of_services(self):
        for name in ('.gitlab-ci.yml', '.github/workflows/network.yml'):
            with self.subTest(name=name):
                for line in re.findall(r'taploom (test .*)$', FILES[name], re.M):
                    done = self.taploom(*line.split())
                    self.assertIn(done.status, (0, 4), done.text)
                    self.assertEqual(len(list(ElementTree.parse(
                        self.directory / 'network.xml').iter('testcase'))), N_COMBINATIONS)

    def test_the_action_has_the_inputs_that_are_given(self):
        action = (TREE / '.github/actions/test/action.yml').read_text(encoding='utf-8')
        inputs = re.findall(r'^  (\w+):$', action[:action.index('runs:')], re.M)
        given = re.search(r'uses: ./taploom/.github/actions/test\n +with:\n((?: {10}.*\n)*)',
                          FILES['.github/workflows/network.yml']).group(1)
        self.assertLessEqual(set(re.findall(r'^ +(\w+):', given, re.M)), set(inputs))


if __name__ == '__main__':
    harness.main()
