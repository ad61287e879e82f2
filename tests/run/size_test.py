# SPDX-License-Identifier: Apache-2.0
"""Labs far larger than the examples."""

import harness
from harness import RunCase, pair, task

N_HOSTS = 100


class Size(RunCase):
    def test_a_hundred_hosts_on_a_switch_reach_the_first(self):
        names = [f'h{number}' for number in range(1, N_HOSTS + 1)]
        done_there = self.directory / 'done'
        done_there.mkdir()
        done = self.run_scenario({
            'nodes': {**{name: {} for name in names}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': [name, 'middle']} for name in names],
            'tasks': [*[task(name, f'ping -q -c 1 -W 10 h1 && touch {done_there}/{name}',
                             background=True) for name in names[1:]],
                      task('h1', f'until [ $(ls {done_there} | wc -l) = {N_HOSTS - 1} ]; '
                                 'do sleep 0.1; done', timeout='100s')]})
        self.assertEqual(set(self.outcomes(done)), {'succeeded'})
        self.assert_balanced(done.report)
        self.assertEqual(len(done.report['devices']), N_HOSTS)

    def test_a_switch_sends_only_where_the_destination_is(self):
        #  Three of many hosts talk; the others see the first ARP requests and nothing more.
        names = [f'h{number}' for number in range(1, 21)]
        done = self.run_scenario({
            'nodes': {**{name: {} for name in names}, 'middle': {'kind': 'switch'}},
            'links': [{'endpoints': [name, 'middle']} for name in names],
            'tasks': [task('h1', 'ping -q -c 50 -i 0.01 h2'),
                      task('h3', 'ping -q -c 50 -i 0.01 h2')]})
        bystander = done.report['devices']['h20:eth0']
        self.assertLess(bystander['written_frames'], 10)
        self.assertEqual(bystander['read_frames'], 0)
        self.assert_balanced(done.report)

    def test_ten_megabytes_at_once_overflow_nothing_unseen(self):
        done = self.run_scenario(pair(
            task('london', 'ping -q -c 2000 -l 2000 -s 8000 newyork; true'),
            host={'mtu': 9000}, rate='100mbit', queue='100 packets', delay='10ms'))
        self.assert_balanced(done.report)
        self.assertGreater(
            done.report['links']['wire']['forward']['dropped_frames']['queue-full'], 0)


if __name__ == '__main__':
    harness.main()
