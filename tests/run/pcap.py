# SPDX-License-Identifier: Apache-2.0
"""Pcap: reads capture files byte by byte, so that nothing is forgiven: draft-ietf-opsawg-pcap."""

import struct
from dataclasses import dataclass

MAGIC_NS = 0xA1B23C4D
LINKTYPE_ETHERNET, LINKTYPE_RAW = 1, 101
ETHERNET_BYTES = 14


@dataclass(frozen=True)
class Packet:
    at_ns: int
    length_bytes: int  # before it was cut
    data: bytes

    @property
    def source_mac(self):
        return self.data[6:12]

    @property
    def is_ipv4(self):
        return self.data[12:14] == b'\x08\x00'


@dataclass(frozen=True)
class Capture:
    link_type: int
    snaplen_bytes: int
    packets: list


def parse(data):
    """Of a whole file; raises ValueError for a wrong header or a packet cut short."""
    if len(data) < 24:
        raise ValueError(f'{len(data)} bytes are no pcap file')
    magic, major, minor, zone, _, snaplen, link_type = struct.unpack_from('<IHHiIII', data)
    if (magic, major, minor, zone) != (MAGIC_NS, 2, 4, 0):
        raise ValueError(f'header {magic:#x} {major}.{minor} zone {zone}')
    packets, at = [], 24
    while at < len(data):
        seconds, ns, captured, length = struct.unpack_from('<IIII', data, at)
        at += 16
        if ns >= 10**9 or captured > min(length, snaplen) or at + captured > len(data):
            raise ValueError(f'packet {len(packets)}: {ns} ns, {captured} of {length} bytes')
        packets.append(Packet(seconds * 10**9 + ns, length, data[at:at + captured]))
        at += captured
    return Capture(link_type, snaplen, packets)


def read(path):
    return parse(path.read_bytes())
