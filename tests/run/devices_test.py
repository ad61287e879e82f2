# SPDX-License-Identifier: Apache-2.0
"""TAP and TUN devices carry what the kernel gives them, hide no queue, and account for all."""

import harness
import pcap
from harness import INSIDE, RunCase, dropped, echoes, pair, task

ECHO_BYTES = 20 + 8 + 56  # an IP packet of ping
MAC_BYTES = 6
NOWHERE = 'ff' * MAC_BYTES + '020000000001'  # to all, from nobody
PAIR = '0a000001' + '0a000002'  # the addresses of london and newyork


class Devices(RunCase):
    def test_tun_hosts_exchange_ip_packets_and_nothing_else(self):
        done = self.run_scenario(pair(task('london', echoes(5, 'newyork')),
                                      host={'device': 'tun'}, delay='1ms', capture=['wire']))
        wire = done.report['links']['wire']
        for way in ('forward', 'reverse'):
            self.assertEqual((wire[way]['in_frames'], wire[way]['in_bytes']), (5, 5 * ECHO_BYTES))
        self.assertEqual(done.report['devices']['london:eth0']['written_bytes'], 5 * ECHO_BYTES)
        capture = pcap.read(self.directory / 'wire.newyork.pcap')
        self.assertEqual(capture.link_type, pcap.LINKTYPE_RAW)
        self.assertEqual({(len(packet.data), packet.data[0]) for packet in capture.packets},
                         {(ECHO_BYTES, 0x45)})
        self.assert_balanced(done.report)

    def test_tap_frames_count_their_ethernet_header(self):
        done = self.run_scenario(pair(task('london', echoes(5, 'newyork'))))
        forward = done.report['links']['wire']['forward']
        self.assertEqual(forward['in_bytes'] - 5 * (14 + ECHO_BYTES),
                         (forward['in_frames'] - 5) * (14 + 28))  # ARP

    def test_jumbo_frames_pass_whole(self):
        for device in ('tap', 'tun'):
            with self.subTest(device=device):
                done = self.run_scenario(pair(
                    task('london', echoes(3, '-M do', '-s 9000', 'newyork')),
                    host={'mtu': 9216, 'device': device}, rate='100mbit', delay='1ms'))
                self.assertGreaterEqual(
                    done.report['links']['wire']['forward']['in_bytes'], 3 * 9028)
                self.assert_balanced(done.report)

    def test_mtu_is_that_of_the_file(self):
        done = self.run_scenario(pair(
            task('london', 'cat /sys/class/net/eth0/mtu; ping -c 1 -M do -s 1000 newyork; true'),
            host={'mtu': 900}))
        self.assertEqual(done.report['tasks'][0]['output'].split()[0], '900')
        self.assertIn('too long', done.report['tasks'][0]['output'])

    def test_ipv6_works_between_hosts_that_have_addresses(self):
        for device in ('tap', 'tun'):
            with self.subTest(device=device):
                scenario = pair(task('london', 'ping -6 -c 3 -i 0.01 fd00::2'),
                                task('newyork', 'ping -6 -c 1 london'), delay='1ms')
                scenario['nodes'] = {'london': {'address': 'fd00::1/64', 'device': device},
                                     'newyork': {'address': 'fd00::2/64', 'device': device}}
                self.assert_balanced(self.run_scenario(scenario).report)

    def test_no_frame_is_sent_unasked(self):
        for device in ('tap', 'tun'):
            with self.subTest(device=device):
                report = self.run_scenario({**pair(host={'device': device}),
                                            'duration': '2s'}).report
                self.assertEqual([entry['read_frames'] + dropped(entry)
                                  for entry in report['devices'].values()], [0, 0])

    def test_malformed_frames_are_forwarded_or_dropped_with_a_reason(self):
        lies = {
            'header only': NOWHERE + '0800',
            'IP length beyond the frame': NOWHERE + '0800' + '4500ffff0000000040010000' + PAIR,
            'IP length zero': NOWHERE + '0800' + '450000000000000040010000' + PAIR * 9,
            'IP header length zero': NOWHERE + '0800' + '40' + '00' * 45,
            'IPv6 length beyond the frame': NOWHERE + '86dd' + '60000000ffff3a40' + '00' * 32,
            'ARP cut short': NOWHERE + '0806' + '0001',
            'VLAN tag cut short': NOWHERE + '8100' + '00',
            'from a group': 'ff' * MAC_BYTES * 2 + '0800' + '00' * 46,
            'from and to zero': '00' * 12 + '0800' + '00' * 46,
            'length beyond the frame': NOWHERE + '05dc' + '00' * 46,
            'to a link-local group': '0180c2000000' + '020000000001' + '0027' + '00' * 46,
            'as long as the MTU': NOWHERE + '0800' + 'ff' * 1500,
        }
        done = self.run_scenario({
            'nodes': {'london': {}, 'newyork': {}, 'paris': {}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': ['london', 'middle'], 'rate': '10mbit', 'delay': '1ms',
                       'jitter': '100us', 'loss': '0%'},
                      {'endpoints': ['newyork', 'middle']}, {'endpoints': ['paris', 'middle']}],
            'tasks': [task('london', f'{INSIDE} frames eth0 {" ".join(lies.values())}'),
                      task('newyork', 'ping -c 1 london')]}, '--capture', self.directory)
        self.assert_balanced(done.report)
        sent = [packet.data.hex() for packet
                in pcap.read(self.directory / 'london-eth0.pcap').packets]
        self.assertEqual(sent[:len(lies)], list(lies.values()))
        came = [packet.data.hex() for packet
                in pcap.read(self.directory / 'newyork-eth0.pcap').packets]
        passed = [frame for frame in lies.values() if not frame.startswith('0180c2')]
        self.assertEqual(came[:len(passed)], passed)
        self.assertEqual(done.report['nodes']['middle']['dropped_frames']['link-local'], 1)

    def test_frames_for_an_interface_that_is_down_are_accounted_for(self):
        done = self.run_scenario(pair(
            task('london', 'ping -c 1 newyork'),
            task('newyork', f'{INSIDE} interface eth0 down'),
            task('london', f'{INSIDE} frames eth0 ' + f'{NOWHERE}0800{"00" * 46} ' * 5),
            task('newyork', f'{INSIDE} interface eth0 up'),
            task('london', 'ping -c 1 newyork')))
        self.assert_balanced(done.report)
        drops = done.report['devices']['newyork:eth0']['dropped_frames']
        self.assertEqual(list(drops), ['device-down'])
        self.assertIn(drops['device-down'], range(1, 6))  # a late one may find it up again
        self.assertIn(f'device-down {drops["device-down"]}', done.text)

    def test_a_chain_of_hosts_forwards(self):
        #  alice --- paris --- rome --- bob
        names = ['alice', 'paris', 'rome', 'bob']
        for device in ('tap', 'tun'):
            with self.subTest(device=device):
                done = self.run_scenario({
                    'nodes': {name: {'device': device, 'forward': name in ('paris', 'rome')}
                              for name in names},
                    'links': [{'endpoints': names[i:i + 2], 'delay': '2ms'} for i in range(3)],
                    'tasks': [task('alice', 'ping -c 3 -i 0.01 bob')]})
                self.assertIn('ttl=62', done.report['tasks'][0]['output'])
                self.assert_balanced(done.report)

    def test_a_host_does_not_forward_unless_told(self):
        done = self.run_scenario({
            'nodes': {'alice': {'routes': [{'to': 'default', 'via': '10.0.0.2'}]}, 'paris': {},
                      'bob': {}},
            'links': [{'endpoints': ['alice', 'paris']}, {'endpoints': ['paris', 'bob']}],
            'tasks': [task('alice', 'ping -c 2 -i 0.01 -W 1 bob', **{'continue': True})]},
            status=harness.TASK_FAILED)
        self.assertEqual(done.report['links']['paris-bob']['forward']['in_frames'], 0)

    def test_no_queue_of_the_kernel_hides_behind_a_link(self):
        for device in ('tap', 'tun'):
            with self.subTest(device=device):
                output = self.run_scenario(pair(
                    task('london', f'{INSIDE} qdiscs; cat /sys/class/net/eth0/tx_queue_len'),
                    host={'device': device})).report['tasks'][0]['output']
                self.assertIn('eth0 noqueue', output.splitlines())
                self.assertEqual(output.split()[-1], '4096')

    def test_sysctls_are_set_inside(self):
        output = self.run_scenario(pair(
            task('london', 'cat /proc/sys/net/ipv4/tcp_congestion_control'),
            host={'sysctl': {'net.ipv4.tcp_congestion_control': 'reno'}})).report
        self.assertEqual(output['tasks'][0]['output'], 'reno\n')


if __name__ == '__main__':
    harness.main()
