# SPDX-License-Identifier: Apache-2.0
"""The kernel's own path: a pair of veth devices, with tbf where there is a rate."""

from namespaces import Namespaces
from peer import Peer


class Veth(Peer):
    name, title = 'veth', 'veth (kernel), tbf'

    def can(self, link):
        """netem is a module that the kernels of CI machines lack: neither delay nor loss."""
        return set(link) <= {'rate'}

    def carry(self, load, link):
        with Namespaces(self.lab) as spaces:
            spaces.run('middle', 'ip', 'link', 'add', 'left', 'type', 'veth', 'peer', 'right')
            for name in ('left', 'right'):
                spaces.move(name, name)
                if 'rate' in link:
                    spaces.run(name, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', 'rate',
                               link['rate'], 'burst', '256kb', 'latency', '100ms')
            spaces.configure()
            return spaces.carry(load)
