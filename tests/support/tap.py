# SPDX-License-Identifier: Apache-2.0
"""What a test in Python has found, point by point, printed as TAP at its end."""


class Points:
    def __init__(self):
        self.points = []

    def add(self, name, good, remark=''):
        """A point, with what is told of one that is not good: a line or several."""
        self.points.append((name.replace('#', ''), bool(good), remark))  # it begins a directive

    def expect(self, name, found, wanted):
        self.add(name, found == wanted, f'{found!r} and not {wanted!r}')

    def skip(self, name, why):
        self.points.append((f'{name} # SKIP {why}', True, ''))

    def finish(self):
        """Prints them and returns the exit status."""
        print(f'1..{len(self.points)}')
        for number, (name, good, remark) in enumerate(self.points, 1):
            print(f"{'ok' if good else 'not ok'} {number} - {name}")
            for line in [] if good else remark.splitlines():
                print(f'# {line}')
        return 0 if all(good for _, good, _ in self.points) else 1
