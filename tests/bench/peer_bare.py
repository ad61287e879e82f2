# SPDX-License-Identifier: Apache-2.0
"""The bare forwarder: the limit of what passes two TAP devices here."""

from lab import SETTLE, Usage, read_outputs
from peer import Outcome, Peer


class Bare(Peer):
    name, title, options = 'bare', 'bare forwarder', ('--offload',)

    def can(self, link):
        return not link

    def carry(self, load, link):
        outputs = self.lab.outputs()
        process = self.lab.start(
            self.lab.tool('bare'), *self.options,
            f'{SETTLE}; ({load.left}) > {outputs[0]} && {SETTLE}',
            f'exec > {outputs[1]}; {load.right}')
        with Usage(lambda: [process.pid]) as usage:
            self.lab.finish(process)
        return Outcome(*read_outputs(outputs), usage.processor_s, usage.resident_bytes)


class BareHolding(Bare):
    """Holds every frame as long as the link would: what a delay costs anybody."""
    name, title = 'bare-holding', 'bare forwarder that holds frames as long'

    def can(self, link):
        return list(link) == ['delay']

    def carry(self, load, link):
        milliseconds = int(link['delay'].removesuffix('ms'))
        self.options = ('--offload', '--hold', str(1000 * milliseconds))
        return super().carry(load, link)


class BareOff(Bare):
    name, title, options = 'bare-off', 'bare forwarder, no offload', ()
