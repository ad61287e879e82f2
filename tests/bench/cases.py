# SPDX-License-Identifier: Apache-2.0
"""Cases: each measures one thing Taploom promises, and yields rows of the table."""

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from lab import RIGHT_ADDRESS, processor_seconds, resident_bytes, sample_until_end

ROOT = Path(__file__).resolve().parents[2]
FULL_PAYLOAD_BYTES = 1472
SHORTEST_PAYLOAD_BYTES = 18  # a frame of 64 bytes with its FCS


@dataclass
class Row:
    """One line of the table. `values` are the single measurements behind it."""
    what: str
    measured: str
    target: str
    met: bool
    values: dict = field(default_factory=dict)


def against_bare(lab, runs, what, unit, left, right, ready, read):
    """Bare forwarder and a link of 1 ms in turn; the ratio of their medians."""
    bare, link = [], []
    for _ in range(runs):
        bare.append(read(*lab.through_bare(left, right)))
        link.append(read(*lab.through_link(left, right, ready, delay='1ms')[:2]))
    ratio = median(link) / median(bare)
    yield Row(what, f'{ratio:.2f} ({median(link):.0f} of {median(bare):.0f} {unit})', '≥ 0.8',
              ratio >= 0.8, {'bare': bare, 'link': link, 'ratio': ratio})


def tcp(lab, runs, seconds):
    """throughput of one TCP flow against the bare forwarder"""
    yield from against_bare(
        lab, runs, 'TCP, one flow, of the bare forwarder', 'Mbit/s',
        f'iperf3 -c {RIGHT_ADDRESS} -t {seconds} -J', 'iperf3 -s -1 -J', 'tcp:5201',
        lambda left, right: left['end']['sum_received']['bits_per_second'] / 1e6)


def packets(lab, runs, seconds):
    """64-byte packets a second against the bare forwarder"""
    blast = lab.tool('blast')
    yield from against_bare(
        lab, runs, '64-byte packets, of the bare forwarder', 'thousand a second',
        f'{blast} send {RIGHT_ADDRESS} {SHORTEST_PAYLOAD_BYTES} {seconds}', f'{blast} receive',
        'udp:7000', lambda left, right: right['packets_per_s'] / 1e3)


def delay(lab, runs, seconds):
    """one-way delay of a 10 ms link, less that of a link without delay"""
    oneway = lab.tool('oneway')

    def measure(**link):
        return lab.through_link(f'{oneway} send {RIGHT_ADDRESS} 500 {seconds}', f'{oneway} receive',
                                'udp:7000', **link)[1]

    base, link = [], []
    for _ in range(runs):
        base.append(measure())
        link.append(measure(delay='10ms'))
    error_us = median(one['p50'] for one in link) - median(zero['p50'] for zero in base) - 10000
    yield Row('one-way delay error, median', f'{error_us:+.1f} µs', '± 10 µs', abs(error_us) <= 10,
              {'base_us': base, 'link_us': link})


def rate(lab, _runs, seconds):
    """configured rates, offered 1.2 times as much for twice --seconds"""
    blast = lab.tool('blast')
    for mbit in (1, 10, 100, 1000):
        _, received, report = lab.through_link(
            f'{blast} send {RIGHT_ADDRESS} {FULL_PAYLOAD_BYTES} {2 * seconds} {mbit * 1200000}',
            f'{blast} receive', 'udp:7000', rate=f'{mbit}mbit')
        error = received['rate_bps'] / (mbit * 1e6) - 1
        yield Row(f'rate of {mbit} Mbit/s', f'{100 * error:+.3f} %', '± 1 %', abs(error) <= 0.01,
                  {'received': received, 'valid': report['valid']})


def binomial_interval(n, probability, confidence):
    """The counts that cut off at most half of what confidence leaves on either side."""
    tail = (1 - confidence) / 2
    below, low, high = 0.0, None, None
    for k in range(n + 1):
        log = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
               + k * math.log(probability) + (n - k) * math.log1p(-probability))
        below += math.exp(log)
        if low is None and below > tail:
            low = k
        if high is None and below >= 1 - tail:
            high = k
            break
    return low, high


def loss(lab, _runs, _seconds):
    """losses among 10,000 packets at 1 %"""
    blast, n_packets = lab.tool('blast'), 10000
    sent, received, report = lab.through_link(
        f'{blast} send {RIGHT_ADDRESS} 500 60 50000000 {n_packets}', f'{blast} receive', 'udp:7000',
        loss='1%')
    lost = sent['sent'] - received['received']
    low, high = binomial_interval(n_packets, 0.01, 0.99)
    yield Row('lost of 10,000 packets at 1 %', str(lost), f'{low} to {high}', low <= lost <= high,
              {'lost': lost, 'valid': report['valid']})


def hosts(lab, _runs, _seconds):
    """start and stop of 100 hosts on one switch"""
    names = [f'h{number}' for number in range(1, 101)]
    stamp = lab.directory / 'started'
    scenario = lab.write_scenario('hosts', {
        'nodes': {**{name: {} for name in names}, 'hub': {'kind': 'switch'}},
        'links': [{'endpoints': [name, 'hub']} for name in names],
        'tasks': [{'on': names[-1], 'run': f'ping -c 1 -w 5 {names[0]} && date +%s.%N > {stamp}'}],
    })
    start_s = time.time()
    lab.run(str(lab.taploom), 'run', scenario)
    end_s, task_s = time.time(), float(stamp.read_text(encoding='utf-8'))
    yield Row('100 hosts on a switch: start', f'{task_s - start_s:.2f} s', '< 5 s',
              task_s - start_s < 5, {'start_s': task_s - start_s})
    yield Row('100 hosts on a switch: stop', f'{end_s - task_s:.2f} s', '< 3 s', end_s - task_s < 3,
              {'stop_s': end_s - task_s})


def memory(lab, _runs, _seconds):
    """resident memory of scenarios/first-link.yaml"""
    process = lab.start('run', str(ROOT / 'scenarios/first-link.yaml'), '--capture',
                        str(lab.directory))
    largest = sample_until_end(process, lambda: resident_bytes(lab.processes_of(process)))
    lab.finish(process)
    yield Row('memory of first-link, both processes', f'{largest / 1e6:.1f} MB', '< 30 MB', largest < 30e6,
              {'resident_bytes': largest})


def idle(lab, _runs, seconds):
    """processor time of a run without traffic"""
    settle_s, spare_s = 3, 2
    process = lab.start('run', lab.write_scenario('idle', {
        'nodes': ['left', 'right'],
        'links': [{'endpoints': ['left', 'right'], 'delay': '20ms', 'rate': '10mbit'}],
    }), '--duration', f'{settle_s + 2 * seconds + spare_s}s')
    time.sleep(settle_s)
    pids = lab.processes_of(process)
    start_s, used_s = time.monotonic(), processor_seconds(pids)
    time.sleep(2 * seconds)
    share = (processor_seconds(pids) - used_s) / (time.monotonic() - start_s)
    lab.finish(process)
    yield Row('processor time without traffic', f'{100 * share:.2f} % of a core', '< 2 %',
              share < 0.02 and len(pids) > 0, {'share': share})


def hops(lab, runs, _seconds):
    """frame-hops a second in virtual time: two stages and a switch are one hop"""
    rates = [json.loads(lab.run(lab.tool('hops')))['frame_hops_per_s'] for _ in range(runs)]
    yield Row('frame-hops in virtual time', f'{median(rates) / 1e6:.1f} million a second', '≥ 2',
              median(rates) >= 2e6, {'frame_hops_per_s': rates})


CASES = {case.__name__: case
         for case in (tcp, packets, delay, rate, loss, hosts, memory, idle, hops)}
