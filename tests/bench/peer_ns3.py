# SPDX-License-Identifier: Apache-2.0
"""ns-3: its real-time simulator between two TAP bridges, as Debian builds it."""

import re
import shutil
from pathlib import Path

from namespaces import Namespaces
from peer import Peer
from peer_wirefilter import bits_a_second

SOURCE = Path(__file__).with_name('tap_bridge.cc')
MODULES = ('core', 'network', 'tap-bridge')


class Ns3(Peer):
    """A TapBridge opens its TAP through a helper program, and looks for it only where it was built:
    that path is made a link while this lasts."""

    name, title, packages = 'ns3', 'ns-3 TapBridge', ('ns3', 'libns3-dev', 'g++')

    def missing(self):
        return None if library() else 'libns3-dev is not installed (--peers)'

    def program(self):
        path = self.lab.directory / 'tap_bridge'
        if not path.exists():
            self.lab.run('g++', '-O2', '-o', str(path), str(SOURCE),
                         *(f'-lns3-{module}' for module in MODULES))
        return path

    def carry(self, load, link):
        program = self.program()
        with HelperLink(), Namespaces(self.lab) as spaces:
            spaces.emulate('middle', program, link.get('delay', '0ms'),
                           bits_a_second(link['rate']) if 'rate' in link else 0,
                           float(link.get('loss', '0%').removesuffix('%')) / 100,
                           self.lab.n_pairs + 1, announces=True)
            for name in ('left', 'right'):
                spaces.move(name, name)
            spaces.configure()
            return spaces.carry(load)


def library():
    return next(Path('/usr/lib').glob('*/libns3-tap-bridge.so'), None)


class HelperLink:
    """The helper program, linked to from where Debian's library expects it."""

    def __init__(self):
        text = library().read_bytes()
        self.path = Path(re.search(rb'/[ -~]+-tap-creator', text).group().decode())
        self.made = []

    def __enter__(self):
        target = Path('/usr/libexec/ns3') / self.path.name
        if self.path.exists() or not target.exists():
            return
        missing = [parent for parent in self.path.parents if not parent.exists()]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.symlink_to(target)
        self.made = missing[-1:] or [self.path]

    def __exit__(self, *_):
        for path in self.made:
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path)
