# SPDX-License-Identifier: Apache-2.0
"""VDE: a switch with a TAP on each side, and wirefilter between the two."""

import shutil

from namespaces import Namespaces
from peer import Peer

QUEUE_S = 0.1  # as Taploom's


class Wirefilter(Peer):
    name, title, packages = 'wirefilter', 'VDE wirefilter', ('vde2',)

    def missing(self):
        return None if shutil.which('wirefilter') else 'wirefilter is not installed (--peers)'

    def carry(self, load, link):
        with Namespaces(self.lab) as spaces:
            sockets = [self.lab.directory / f'switch-{self.lab.n_pairs}-{side}'
                       for side in ('left', 'right')]
            for name, socket in zip(('left', 'right'), sockets):
                spaces.emulate(name, 'vde_switch', '-t', 'eth0', '-s', socket)
                spaces.await_device(name, 'eth0')
            spaces.emulate('middle', 'wirefilter', '-v', f'{sockets[0]}:{sockets[1]}',
                           *options_of(link))
            spaces.configure()
            return spaces.carry(load)


def options_of(link):
    options = []
    if 'delay' in link:
        options += ['-d', link['delay'].removesuffix('ms')]
    if 'loss' in link:
        options += ['-l', link['loss'].removesuffix('%')]
    if 'rate' in link:
        bytes_per_s = bits_a_second(link['rate']) // 8
        options += ['-b', str(bytes_per_s), '-c', str(int(bytes_per_s * QUEUE_S))]
    return options


def bits_a_second(rate):
    """Of the rates in peer.LINKS."""
    return int(rate[:-4]) * {'mbit': 10**6, 'gbit': 10**9}[rate[-4:]]
