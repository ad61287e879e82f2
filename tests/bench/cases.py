# SPDX-License-Identifier: Apache-2.0
"""Cases: each measures one thing Taploom promises, and yields rows of the table."""

import json
import time
from pathlib import Path
from statistics import median

from lab import RIGHT_ADDRESS, SETTLE, processor_seconds, resident_bytes, sample_until_end
from peer import (FULL_PAYLOAD_BYTES, Load, delay_load, kilopackets,
                  packet_load, tcp_load, tcp_mbit)
from peer_bare import Bare, BareHolding
from peer_taploom import Taploom, TaploomOff
from row import Row, binomial_interval, ratio_row

ROOT = Path(__file__).resolve().parents[2]
FULL_LINK = {'loss': '1%', 'rate': '10gbit', 'delay': '1ms'}
TCP_SHARE = 1448 / 1514  # of a full frame, with timestamps
STARTS, N_SCENARIOS = 5, 100
EARLIEST_US = 30  # an emulator kept awake by other flows spares the wake-up in the baseline


def in_turns(runs, load, read, **measured):
    """Lists of `runs` values: name=(peer, link)."""
    values = {name: [] for name in measured}
    for _ in range(runs):
        for name, (peer, link) in measured.items():
            values[name].append(read(peer.carry(load, link)))
    return values


def tcp(lab, runs, seconds):
    """throughput of one TCP flow against the bare forwarder with the same offloads"""
    load, off = tcp_load(seconds), TaploomOff(lab)
    reason = off.missing()
    for what, keys, least in (('no impairment', {}, 0.9), ('1 ms', {'delay': '1ms'}, 0.9),
                              ('10 ms', {'delay': '10ms'}, 0.8)):
        measured = {'bare': (Bare(lab), {}), 'link': (Taploom(lab), keys)}
        if keys:
            measured['holding'] = (BareHolding(lab), keys)
        if reason is None and what != '10 ms':
            measured['off'] = (off, keys)
        values = in_turns(runs, load, tcp_mbit, **measured)
        for name, of, at_least in (('bare', 'the bare forwarder', least),
                                   ('holding', 'one that holds frames as long', least),
                                   ('off', 'that with offload: off', 8)):
            if name in values:
                yield ratio_row(f'TCP, {what}: of {of}', 'Mbit/s', values['link'], values[name],
                                at_least)
    if reason is not None:
        yield Row('TCP: of that with offload: off', reason, '≥ 8', None)


def packets(lab, runs, seconds):
    """64-byte packets a second against the bare forwarder"""
    for what, keys, least in (('no impairment', {}, 0.9), ('1 ms', {'delay': '1ms'}, 0.9),
                              ('loss, rate, delay', FULL_LINK, 0.8)):
        values = in_turns(runs, packet_load(lab, seconds), kilopackets, bare=(Bare(lab), {}),
                          link=(Taploom(lab), keys))
        yield ratio_row(f'64-byte packets, {what}: of the bare forwarder', 'thousand a second',
                        values['link'], values['bare'], least)


def beside_flow(lab, seconds):
    """The outcome of delay's load on a link of 10 ms, while TCP fills 1 Gbit/s on another."""
    outputs, load = lab.outputs(), delay_load(lab, seconds)
    flow = tcp_load(seconds + 2)
    path = lab.write_scenario('beside', {
        'nodes': {'left': {}, 'right': {'address': f'{RIGHT_ADDRESS}/24'}, 'client': {},
                  'server': {'address': '10.0.1.2/24'}},
        'links': [{'endpoints': ['left', 'right'], 'delay': '10ms'},
                  {'endpoints': ['client', 'server'], 'rate': '1gbit'}],
        'tasks': [
            {'on': 'server', 'run': flow.right, 'background': True, 'ready': flow.ready},
            {'on': 'right', 'run': f'exec > {outputs[1]}; {load.right}', 'background': True,
             'ready': load.ready},
            {'on': 'client', 'run': flow.left.replace(RIGHT_ADDRESS, '10.0.1.2'),
             'background': True},
            {'on': 'left', 'run': f'sleep 1; ({load.left}) > {outputs[0]} && {SETTLE}'},
        ],
    })
    return Taploom(lab).carry_scenario(path, outputs)


def delay(lab, runs, seconds):
    """one-way delay of a 10 ms link, less that of a link without delay"""
    values = {'zero': [], 'link': [], 'beside': []}
    for _ in range(runs):
        for name, link in (('zero', {}), ('link', {'delay': '10ms'})):
            values[name].append(Taploom(lab).carry(delay_load(lab, seconds), link).right)
        values['beside'].append(beside_flow(lab, seconds).right)
    for what, name, quantile, most_us in (
            ('delay error, median', 'link', 'p50', 3), ('delay error, p99', 'link', 'p99', 100),
            ('delay error beside 1 Gbit/s, median', 'beside', 'p50', 30)):
        zero_us = median(one[quantile] for one in values['zero'])
        error_us = median(one[quantile] for one in values[name]) - zero_us - 10000
        yield Row(what, f'{error_us:+.1f} µs', f'−{EARLIEST_US} to {most_us} µs',
                  -EARLIEST_US <= error_us <= most_us, values)


def rate(lab, runs, seconds):
    """configured rates: UDP offered 1.2 times as much for twice --seconds, and TCP cubic"""
    blast = lab.tool('blast')
    for mbit in (1, 10, 100, 1000):
        outcome = Taploom(lab).carry(
            Load(f'{blast} send {RIGHT_ADDRESS} {FULL_PAYLOAD_BYTES} {2 * seconds} '
                 f'{mbit * 1200000}', f'exec {blast} receive', 'udp:7000'),
            {'rate': f'{mbit}mbit'})
        error = outcome.right['rate_bps'] / (mbit * 1e6) - 1
        yield Row(f'rate of {mbit} Mbit/s', f'{100 * error:+.3f} %', '± 1 %', abs(error) <= 0.01,
                  {'received': outcome.right, 'valid': outcome.report['valid']})
    for mbit in (100, 1000, 2500, 5000):
        values = in_turns(runs, tcp_load(seconds), tcp_mbit,
                          link=(Taploom(lab), {'rate': f'{mbit}mbit'}))
        yield ratio_row(f'TCP at {mbit} Mbit/s: of what the headers leave', 'Mbit/s',
                        values['link'], [mbit * TCP_SHARE], 0.95)


def loss(lab, _runs, _seconds):
    """losses among the segments of super-frames"""
    blast, n_segments, payload_bytes = lab.tool('blast'), 100000, 1000
    for percent in (0.1, 1, 5):
        outcome = Taploom(lab).carry(
            Load(f'{blast} send --segments 40 {RIGHT_ADDRESS} {payload_bytes} 60 400000000 '
                 f'{n_segments}', f'exec {blast} receive', 'udp:7000'), {'loss': f'{percent}%'})
        lost = outcome.left['sent'] - outcome.right['received']
        low, high = binomial_interval(n_segments, percent / 100, 0.99)
        yield Row(f'lost of {n_segments} segments at {percent} %', str(lost), f'{low} to {high}',
                  outcome.left['sent'] == n_segments and low <= lost <= high,
                  {'lost': lost, 'valid': outcome.report['valid']})


def overload(lab, _runs, seconds):
    """the verdict when more packets are offered than the machine carries"""
    outcome = Taploom(lab).carry(packet_load(lab, seconds), {'delay': '1ms'})
    report = outcome.report
    unaccounted = sum(abs(one['unaccounted_frames']) for link in report['links'].values()
                      for one in link.values())
    offered = outcome.left['sent'] / max(outcome.right['received'], 1)
    said = 'valid' if report['valid'] else 'invalid'
    yield Row(f'overload, {offered:.1f} times what arrives',
              f'{said}, {unaccounted} frames unaccounted for', 'invalid, 0',
              not report['valid'] and len(report['invalid_reasons']) > 0 and unaccounted == 0,
              {'offered': offered, 'reasons': report['invalid_reasons']})


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


def start(lab, runs, _seconds):
    """what a run of two hosts and a command behind a link take besides what is done in them"""
    pair = lab.write_scenario('pair', {'nodes': ['left', 'right'],
                                       'links': [{'endpoints': ['left', 'right']}],
                                       'tasks': [{'on': 'left', 'run': 'true'}]})
    run_ms, with_ms = [], []
    for _ in range(STARTS * runs):
        start_s = time.time()
        lab.run(lab.taploom, 'run', pair)
        run_ms.append((time.time() - start_s) * 1000)
        start_s = time.time()
        told = lab.run(lab.taploom, 'with', '--delay', '40ms', '--', 'date', '+%s.%N')
        with_ms.append((float(told) - start_s) * 1000)
    for what, taken_ms, most_ms in (('two hosts, from start to report', run_ms, 250),
                                    ('`with`, from start to the command', with_ms, 300)):
        yield Row(what, f'{median(taken_ms):.0f} ms ({min(taken_ms):.0f} to {max(taken_ms):.0f})',
                  f'< {most_ms} ms', median(taken_ms) < most_ms, {'taken_ms': taken_ms})


def suite(lab, _runs, _seconds):
    """a suite of 100 small scenarios"""
    folder = lab.directory / 'suite'
    folder.mkdir()
    for number in range(1, N_SCENARIOS + 1):
        (folder / f'scenario-{number}.yaml').write_text(json.dumps({
            'nodes': ['left', 'right'],
            'links': [{'endpoints': ['left', 'right'], 'delay': f'{number}ms', 'loss': '1%'}],
            'tasks': [{'on': 'left', 'probe': {'ping': 'right', 'count': 5, 'interval': '10ms'}}],
        }), encoding='utf-8')
    start_s = time.time()
    said = lab.run(lab.taploom, 'test', folder, '-j', '2')
    taken_s = time.time() - start_s
    yield Row(f'{N_SCENARIOS} scenarios, -j 2', f'{taken_s:.1f} s: {said.splitlines()[-1]}',
              '< 60 s', taken_s < 60, {'taken_s': taken_s})


def memory(lab, _runs, _seconds):
    """resident memory of scenarios/first-link.yaml"""
    process = lab.start(lab.taploom, 'run', ROOT / 'scenarios/first-link.yaml', '--capture',
                        lab.directory)
    largest = sample_until_end(process, lambda: resident_bytes(lab.processes_of(process)))
    lab.finish(process)
    yield Row('memory of first-link, both processes', f'{largest / 1e6:.1f} MB', '< 30 MB',
              largest < 30e6, {'resident_bytes': largest})


def idle(lab, _runs, seconds):
    """processor time of a run without traffic"""
    settle_s, spare_s = 3, 2
    process = lab.start(lab.taploom, 'run', lab.write_scenario('idle', {
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
    """frame-hops a second in virtual time, through loss, rate and delay"""
    results = [json.loads(lab.run(lab.tool('hops'))) for _ in range(runs)]
    few = median(result['links']['10'] for result in results)
    yield Row('frame-hops in virtual time, 10 links', f'{few / 1e6:.1f} million a second', '≥ 5',
              few >= 5e6, {'links': [result['links'] for result in results]})
    ratio = median(result['ratio'] for result in results)
    yield Row('frame-hops with 10,000 links, of those with 10', f'{ratio:.2f}', '> 0.85',
              ratio > 0.85, {'ratio': [result['ratio'] for result in results]})


def stages(lab, runs, _seconds):
    """what stages and queues cost a frame, above a link without"""
    results = [json.loads(lab.run(lab.tool('stages'))) for _ in range(runs)]
    for kind, base, most_ns in (('stages', 'an empty link', 60),
                                 ('queues', 'nothing waiting', 150)):
        frame_ns = median(result[kind]['frame_ns'] for result in results)
        for name in results[0][kind]['above_ns']:
            values = [result[kind]['above_ns'][name] for result in results]
            yield Row(f'{name}: above {base}', f'{median(values):.0f} ns ({frame_ns:.0f} without)',
                      f'< {most_ns} ns', median(values) < most_ns, {'above_ns': values})


def quic(lab, runs, _seconds):
    """scenarios of the QUIC network simulator: whether their runs are valid, and how fast"""
    path = str(lab.directory / 'report.json')
    for scenario in sorted((ROOT / 'scenarios/quic').glob('*.yaml')):
        reports = []
        for _ in range(runs):
            lab.run(lab.taploom, 'run', str(scenario), '--realtime', '--report', path)
            reports.append(json.loads(Path(path).read_text(encoding='utf-8')))
        n_valid = sum(report['valid'] for report in reports)
        mbit = [report['links']['path']['reverse']['measured']['rate_bps'] / 1e6
                for report in reports]
        yield Row(f'{scenario.stem}, {runs} runs', f'{n_valid} valid; in the busiest second '
                  f'{median(mbit):.1f} Mbit/s to the client', 'all valid', n_valid == runs,
                  {'valid': n_valid, 'mbit': mbit})


CASES = {case.__name__: case
         for case in (tcp, packets, delay, rate, loss, overload, hosts, start, suite, memory,
                      idle, hops, stages, quic)}
