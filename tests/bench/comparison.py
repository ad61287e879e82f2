# SPDX-License-Identifier: Apache-2.0
"""Comparison: every peer on every link under every load, in turns, as one table."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from lab import MEASURING_ERRORS
from peer import (LINK_TITLES, LINKS, delay_load, kilopackets, packet_load, tcp_gbit, tcp_load,
                  tcp_mbit)
from peer_bare import Bare, BareOff
from peer_ns3 import Ns3
from peer_taploom import Taploom, TaploomOff
from peer_veth import Veth
from peer_wirefilter import Wirefilter
from row import Row, ratio_row

PEERS = {peer.name: peer
         for peer in (Bare, BareOff, Taploom, TaploomOff, Veth, Ns3, Wirefilter)}
OUTSIDE_PEERS = (Ns3, Wirefilter)  # installed when asked for
COLUMNS = {
    'tcp': 'TCP, 1 flow, Mbit/s',
    'tcp4': 'TCP, 4 flows, Mbit/s',
    'packets': '64-byte packets, k/s',
    'delay': 'delay error p50 / p99 / p99.9, µs',
    'processor': 'CPU s/Gbit',
    'memory': 'memory, MB',
}
DECIMALS = {'processor': 3, 'memory': 1}
QUANTILES = ('p50', 'p99', 'p999')
HEAD = ['link', 'peer']


@dataclass
class Measurements:
    """Of one peer on one link: lists with one value a run."""
    tcp: list = field(default_factory=list)
    tcp4: list = field(default_factory=list)
    packets: list = field(default_factory=list)
    delay: list = field(default_factory=list)  # quantiles above the link's delay, µs
    processor: list = field(default_factory=list)
    memory: list = field(default_factory=list)
    invalid_runs: int = 0  # as Taploom itself judges


class Comparison:
    def __init__(self, lab, runs, seconds, only):
        """`only` names peers, links and columns; where it names none of a kind, it is all."""
        self.lab, self.runs, self.seconds = lab, runs, seconds
        chosen = {kind: [name for name in table if name in only] or list(table)
                  for kind, table in (('peer', PEERS), ('link', LINKS), ('column', COLUMNS))}
        self.columns, self.links = chosen['column'], chosen['link']
        self.peers = [PEERS[name](lab) for name in chosen['peer']]
        self.results = defaultdict(dict)  # link, peer: Measurements
        self.failures = []

    def lines(self):
        """The table, a line as soon as it is known."""
        for peer in list(self.peers):
            reason = peer.missing()
            if reason is not None:
                self.peers.remove(peer)
                print(f'{peer.title} left out: {reason}', file=sys.stderr)
        heads = HEAD + [COLUMNS[name] for name in self.columns]
        yield line_of(heads)
        yield line_of(['---'] * len(heads))
        for name in sorted(self.links, key=lambda name: name != 'none'):
            able = [peer for peer in self.peers if peer.can(LINKS[name])]
            for run in range(self.runs):
                for column, load in self.loads().items():
                    print(f'{LINK_TITLES[name]}, run {run + 1}: {column}', file=sys.stderr)
                    for peer in able:
                        self.measure(peer, name, column, load)
            for peer in able:
                yield line_of([LINK_TITLES[name], peer.title, *self.cells(name, peer.name)])

    def measure(self, peer, link, column, load):
        """A peer that fails has one value less."""
        into = self.results[link].setdefault(peer.name, Measurements())
        try:
            take(into, column, peer.carry(load, LINKS[link]), LINKS[link])
        except MEASURING_ERRORS as error:
            self.failures.append(f'{LINK_TITLES[link]}, {peer.title}, {column}: failed: {error}')

    def loads(self):
        wanted = set(self.columns)
        loads = {}
        if wanted & {'tcp', 'processor', 'memory'}:
            loads['tcp'] = tcp_load(self.seconds)
        if 'tcp4' in wanted:
            loads['tcp4'] = tcp_load(self.seconds, 4)
        if 'packets' in wanted:
            loads['packets'] = packet_load(self.lab, self.seconds)
        if 'delay' in wanted:
            loads['delay'] = delay_load(self.lab, self.seconds)
        return loads

    def baseline_us(self):
        """The median one-way delay of the bare forwarder: two devices and two wake-ups."""
        bare = self.results['none'].get(Bare.name)
        return median(one['p50'] for one in bare.delay) if bare and bare.delay else 0.0

    def delay_error_us(self, link, peer, quantile):
        values = [one[quantile] for one in self.results[link][peer].delay]
        return median(values) - self.baseline_us()

    def cells(self, link, peer):
        measured = self.results[link][peer]
        for column in self.columns:
            values = getattr(measured, column)
            if not values:
                yield '–'
            elif column == 'delay':
                yield ' / '.join(f'{self.delay_error_us(link, peer, quantile):.0f}'
                                 for quantile in QUANTILES)
            else:
                yield f'{median(values):.{DECIMALS.get(column, 0)}f}'

    def rows(self):
        """What has to be reached against other emulators at 10 ms."""
        measured = self.results['10ms']
        for peer in OUTSIDE_PEERS:
            if not {peer.name, Taploom.name} <= measured.keys():
                continue
            ours, theirs = measured[Taploom.name], measured[peer.name]
            for column, unit, least in (('tcp', 'Mbit/s', 10), ('packets', 'thousand a second', 5)):
                if getattr(ours, column) and getattr(theirs, column):
                    yield ratio_row(f'10 ms: {column} of {peer.title}', unit,
                                    getattr(ours, column), getattr(theirs, column), least)
            if ours.delay and theirs.delay:
                our_us, their_us = (abs(self.delay_error_us('10ms', name, 'p50'))
                                    for name in (Taploom.name, peer.name))
                yield Row(f'10 ms: delay error of {peer.title}',
                          f'{our_us:.1f} of {their_us:.1f} µs', '≤ 0.1', our_us <= their_us / 10)

    def as_json(self):
        return {'baseline_us': self.baseline_us(),
                'links': {link: {peer: vars(one) for peer, one in peers.items()}
                          for link, peers in self.results.items()}}


def take(into, column, outcome, link):
    """What one load says, into the lists of one peer on one link."""
    into.invalid_runs += outcome.report.get('valid') is False
    if column in ('tcp', 'tcp4'):
        getattr(into, column).append(tcp_mbit(outcome))
    if column == 'tcp' and outcome.processor_s is not None:
        into.processor.append(outcome.processor_s / tcp_gbit(outcome))
        into.memory.append(outcome.resident_bytes / 1e6)
    if column == 'packets':
        into.packets.append(kilopackets(outcome))
    if column == 'delay':
        delay_us = 1000 * float(link.get('delay', '0ms').removesuffix('ms'))
        into.delay.append({quantile: outcome.right[quantile] - delay_us
                           for quantile in QUANTILES})


def line_of(cells):
    return f'| {" | ".join(cells)} |'
