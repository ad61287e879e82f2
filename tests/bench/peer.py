# SPDX-License-Identifier: Apache-2.0
"""Peer: something that joins two hosts, and the loads it is measured with."""

from dataclasses import dataclass, field

from lab import BUFFERS, RIGHT_ADDRESS

FULL_PAYLOAD_BYTES = 1472
SHORTEST_PAYLOAD_BYTES = 18  # a frame of 64 bytes with its FCS
STAMPS_A_SECOND = 1000

# What a link does, by the keys of a scenario.
LINKS = {
    'none': {},
    '10ms': {'delay': '10ms'},
    '10ms+100mbit': {'delay': '10ms', 'rate': '100mbit'},
    '1gbit': {'rate': '1gbit'},
    '10gbit': {'rate': '10gbit'},
    'loss': {'loss': '1%'},
}
LINK_TITLES = {'none': 'no impairment', '10ms': '10 ms', '10ms+100mbit': '10 ms, 100 Mbit/s',
               '1gbit': '1 Gbit/s', '10gbit': '10 Gbit/s', 'loss': '1 % loss'}


@dataclass
class Load:
    """Commands of the left and the right host, both of which print JSON."""
    left: str
    right: str
    ready: str  # when the right one is, as `ready:` of a scenario


@dataclass
class Outcome:
    """What the two commands of a load printed, and what carrying it took of the emulator's
    processes, if it has any."""
    left: dict
    right: dict
    processor_s: float | None = None
    resident_bytes: int | None = None
    report: dict = field(default_factory=dict)  # of Taploom


def tcp_load(seconds, n_flows=1):
    """The first second, in which windows open, is left out of the throughput."""
    return Load(f'{BUFFERS}iperf3 -c {RIGHT_ADDRESS} -C cubic -t {seconds} -O 1 -P {n_flows} -J',
                f'{BUFFERS}exec iperf3 -s -1 -J', 'tcp:5201')


def packet_load(lab, seconds):
    blast = lab.tool('blast')
    return Load(f'{blast} send {RIGHT_ADDRESS} {SHORTEST_PAYLOAD_BYTES} {seconds}',
                f'exec {blast} receive', 'udp:7000')


def delay_load(lab, seconds):
    oneway = lab.tool('oneway')
    return Load(f'{oneway} send {RIGHT_ADDRESS} {STAMPS_A_SECOND} {seconds}',
                f'exec {oneway} receive', 'udp:7000')


def tcp_mbit(outcome):
    return outcome.left['end']['sum_received']['bits_per_second'] / 1e6


def tcp_gbit(outcome):
    """All that was sent, the first second too."""
    return sum(one['sum']['bytes'] for one in outcome.left['intervals']) * 8 / 1e9


def kilopackets(outcome):
    return outcome.right['packets_per_s'] / 1e3


class Peer:
    """`carry` runs a load through a link; `can` says whether this peer has such a link."""

    name = title = ''

    def __init__(self, lab):
        self.lab = lab

    def missing(self):
        """Why this cannot be measured here; None when it can."""
        return None

    def can(self, _link):
        return True

    def carry(self, load, link):
        raise NotImplementedError
