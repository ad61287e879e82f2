#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""taploom schema: all scenarios and examples of the tree keep it, and what is wrong with a file in a
way that a schema can see, it sees. Prints TAP; the arguments are the program and the tree's root."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path

from tap import Points

try:
    import yaml
except ImportError:
    yaml = None



def read(text):
    """YAML as editors read it, by version 1.2, where on and yes are words."""
    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {
            letter: [(tag, pattern) for tag, pattern in resolvers
                     if not tag.endswith(':bool') or letter in 'tTfF']
            for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    return yaml.load(text, Loader)


RIGHT = """
nodes: {a: {address: 10.0.0.1/24}, b: , c: {kind: switch}}
links:
  - {endpoints: [a, c], loss: {model: gilbert, rate: 1%, burst: 4}, queue: 20 packets}
  - endpoints: [b, c]
    delay: 20ms
    rate: "${r}"
    reverse: {rate: 1Mbit, overhead: ethernet, loss: {model: "${m}", burst: 8}}
matrix: {r: [1mbit, 2mbit], m: [gilbert]}
tasks:
  - {on: a, run: x, background: Yes, timeout: 2s}
  - {group: parallel, steps: [{steps: [{on: b, run: y}, {wait: 1s}]}]}
timeline:
  - {at: 1s, link: a-c, down: 2s}
  - {at: 9s, link: a-c, set: {loss: 2%, loss.burst: 8, loss.model: gilbert, delay: 5ms}}
capture: [a-c, {interface: "a:eth0", snaplen: 64B}]
seed: 7
"""
# Changes of that which a schema must see: a path and what stands there then.
WRONG = [
    (['nodes'], None), (['links'], 7), (['noses'], {}), (['links', 0, 'los'], '1%'),
    (['links', 0, 'loss', 'model'], 'gibert'), (['links', 0, 'loss', 'bust'], 4),
    (['links', 0, 'loss', 'rate'], '1'), (['links', 0, 'queue'], '20 pakets'),
    (['links', 1, 'delay'], '20'), (['links', 1, 'delay'], 20), (['links', 1, 'rate'], '1mbyte'),
    (['links', 1, 'reverse', 'name'], 'x'), (['tasks', 0, 'background'], 'maybe'),
    (['tasks', 0, 'timeout'], [1]), (['timeline', 0, 'at'], '1'), (['seed'], 'x'), (['seed'], 1.5),
    (['seed'], -1),
    (['timeline', 1, 'set', 'los'], '1%'), (['timeline', 1, 'set', 'loss.burst'], '4 packets'),
    (['timeline', 1, 'set', 'loss.model'], 'gibert'), (['timeline', 1, 'set', 'delay'], '5'),
    (['links', 0, 'loss', 'every'], 4), (['links', 0, 'loss', 'rate'], '150%'),
    (['links', 1, 'reverse', 'faults'], []), (['tasks', 1, 'steps', 0, 'steps', 0, 'rnu'], 'x'),
    (['capture', 1, 'snaplen'], '64'), (['nodes', 'a', 'kind'], 'huub'), (['nodes', 'a', 'x'], 1),
]


class Checker:
    """As much of JSON Schema, draft 7, as the schema uses; another word in it is an error."""

    KINDS = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None),
             'number': (int, float), 'integer': int}

    def __init__(self, schema):
        self.root = schema

    def is_kind(self, value, kind):
        if kind in ('number', 'integer') and isinstance(value, bool):
            return False
        return isinstance(value, self.KINDS[kind])

    def wrong(self, value, schema, where='$'):
        """What is wrong with a value, or None."""
        for word, rule in schema.items():
            if word in ('description', 'title', '$schema', 'definitions'):
                continue
            found = getattr(self, {'$ref': 'ref'}.get(word, word))(value, rule, schema, where)
            if found:
                return found
        return None

    def ref(self, value, rule, _, where):
        return self.wrong(value, self.root['definitions'][rule.removeprefix('#/definitions/')],
                          where)

    def type(self, value, rule, _, where):
        kinds = rule if isinstance(rule, list) else [rule]
        return None if any(self.is_kind(value, kind) for kind in kinds) else f'{where}: type'

    def anyOf(self, value, rule, _, where):
        found = [self.wrong(value, choice, where) for choice in rule]
        return f'{where}: none of: {found}' if all(found) else None

    def minimum(self, value, rule, _, where):
        too_small = self.is_kind(value, 'number') and value < rule
        return f'{where}: {value} is less than {rule}' if too_small else None

    def enum(self, value, rule, _, where):
        same = any(type(value) is type(word) and value == word for word in rule)
        return None if same else f'{where}: {value!r} is none of {rule}'

    def pattern(self, value, rule, _, where):
        bad = isinstance(value, str) and not re.search(rule, value)
        return f'{where}: {value!r} is not like {rule}' if bad else None

    def required(self, value, rule, _, where):
        missing = [key for key in rule if isinstance(value, dict) and key not in value]
        return f'{where}: no {missing}' if missing else None

    def properties(self, value, rule, _, where):
        if not isinstance(value, dict):
            return None
        found = [self.wrong(value[key], rule[key], f'{where}.{key}') for key in value if key in rule]
        return next(filter(None, found), None)

    def additionalProperties(self, value, rule, schema, where):
        others = [] if not isinstance(value, dict) else [
            key for key in value if key not in schema.get('properties', {})]
        if rule is False:
            return f'{where}: unknown {others}' if others else None
        found = [self.wrong(value[key], rule, f'{where}.{key}') for key in others]
        return next(filter(None, found), None) if rule is not True else None

    def items(self, value, rule, _, where):
        if not isinstance(value, list):
            return None
        found = [self.wrong(each, rule, f'{where}[{n}]') for n, each in enumerate(value)]
        return next(filter(None, found), None)


def changed(document, path, value):
    document = copy.deepcopy(document)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def manual_examples(root):
    """The scenarios that the manual shows whole."""
    page = (root / 'doc/taploom-scenario.5').read_text()
    for text in re.findall(r'^\.Bd -literal.*?\n(.*?)^\.Ed', page, re.S | re.M):
        if re.search('^nodes:', text, re.M) and re.search('^links:', text, re.M):
            yield text.replace('\\&', '').replace('\\(dq', '"')


def main(program, root):
    schema = json.loads(subprocess.run([program, 'schema'], capture_output=True, check=True,
                                       text=True).stdout)
    if yaml is None:
        print('1..0 # SKIP python3-yaml is not installed')
        return 0
    checker = Checker(schema)
    points = Points()
    texts = {f'scenarios/{path.name}': path.read_text()
             for path in sorted((root / 'scenarios').rglob('*.yaml'))}
    for path in sorted((root / 'tests/fuzz/seeds').glob('*.yaml')):
        if subprocess.run([program, 'check', path], capture_output=True).returncode == 0:
            texts[f'seeds/{path.name}'] = path.read_text()
    forms = (root / 'sim/schema/forms.yaml').read_text().split('\n---\n')
    for number, text in enumerate([*forms, *manual_examples(root)]):
        texts[f'example {number}'] = text
    texts['a scenario that is right'] = RIGHT
    for name, text in texts.items():
        points.expect(name, checker.wrong(read(text), schema), None)
    right = read(RIGHT)
    for path, value in WRONG:
        points.add(f'sees {path} with {value!r}',
                   checker.wrong(changed(right, path, value), schema), 'it does not')
    return points.finish()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
