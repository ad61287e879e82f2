# SPDX-License-Identifier: Apache-2.0
"""Groups, pauses, tries and what is reachable when: the order in which tasks start and end."""

import harness
from harness import TASK_FAILED, RunCase, pair, task


class Steps(RunCase):
    def run_steps(self, *steps, status=harness.FINISHED_WELL, expect=(), timeline=(), **link):
        return self.run_scenario({**pair(*steps, **link), 'expect': list(expect),
                                  'timeline': list(timeline)}, status=status)

    def halting_environment(self):
        """In which taploom is halted where it has handed something to another thread."""
        sanitizer = f'{harness.os.environ.get("ASAN_OPTIONS", "")}:verify_asan_link_order=0'
        return {**self.environment(), 'LD_PRELOAD': harness.os.environ['HALTS'],
                'ASAN_OPTIONS': sanitizer}

    def test_a_parallel_group_starts_together_and_is_waited_for(self):
        # Each of two waits for a file of the other.
        first, second = self.directory / 'first', self.directory / 'second'
        done = self.run_steps(
            {'group': 'parallel', 'steps': [
                task('london', f'touch {first}; until test -e {second}; do sleep 0.02; done'),
                task('newyork', f'until test -e {first}; do sleep 0.02; done; sleep 0.2; '
                                f'touch {second}')]},
            task('london', f'test -e {second}'))
        self.assertEqual(self.outcomes(done), ['succeeded'] * 3)

    def test_an_ordered_group_within_a_parallel_one(self):
        order = self.directory / 'order'
        self.run_steps(
            {'group': 'parallel', 'steps': [
                task('london', 'sleep 0.3'),
                {'group': 'ordered', 'steps': [task('newyork', f'sleep 0.1; echo 1 >>{order}'),
                                               task('newyork', f'echo 2 >>{order}')]}]},
            task('london', f'echo 3 >>{order}'))
        self.assertEqual(order.read_text(encoding='utf-8').split(), ['1', '2', '3'])

    def test_a_failure_in_a_group_ends_the_run(self):
        done = self.run_steps({'group': 'parallel', 'steps': [task('london', 'sleep 100'),
                                                              task('newyork', 'exit 3')]},
                              task('london', 'echo never'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['cut off', 'failed', 'not started'])

    def test_after_lets_a_step_go_ahead(self):
        gone = self.directory / 'gone'
        self.run_steps(task('london', 'true', name='early'),
                       {'group': 'parallel', 'steps': [
                           task('newyork', f'until test -e {gone}; do sleep 0.02; done'),
                           {'group': 'ordered', 'steps': [
                               task('london', 'sleep 0.2', name='late'),
                               task('london', f'touch {gone}', after='early')]}]})

    def test_a_pause(self):
        done = self.run_steps(task('london', 'true'), {'wait': '400ms'},
                              task('london', 'true', wait='200ms'))
        self.assertEqual(self.outcomes(done), ['succeeded'] * 2)  # a pause is no task
        self.assertGreaterEqual(done.report['elapsed_s'], 0.6)

    def test_until_tries_again(self):
        count = self.directory / 'count'
        done = self.run_steps(
            task('london', f'echo x >>{count}; test $(wc -l <{count}) -ge 4', until='20s',
                 every='10ms'))
        self.assertEqual(self.outcomes(done), ['succeeded'])
        self.assertEqual(done.report['tasks'][0]['tries'], 4)

    def test_until_has_an_end(self):
        done = self.run_steps(task('london', 'exit 5', until='300ms', every='50ms'),
                              task('london', 'echo never'), status=TASK_FAILED)
        # Between two tries, or in one.
        self.assertIn(done.report['tasks'][0]['outcome'], ('failed', 'timed out'))
        self.assertGreater(done.report['tasks'][0]['tries'], 1)
        self.assertEqual(done.report['tasks'][1]['outcome'], 'not started')

    def test_a_try_that_hangs_is_ended(self):
        done = self.run_steps(task('london', 'sleep 985', until='300ms'), status=TASK_FAILED)
        self.assertEqual(self.outcomes(done), ['timed out'])
        self.assertIn('had not succeeded within 300ms', done.text)

    def test_an_environment_of_its_own(self):
        done = self.run_steps(task('london', 'echo $PLACE $TAPLOOM_HOST', env={'PLACE': 'there'}),
                              task('london', 'echo "<$PLACE>"'))
        self.assertEqual([entry['output'] for entry in done.report['tasks']],
                         ['there london\n', '<>\n'])

    def test_connectivity_returns_after_an_outage(self):
        done = self.run_steps(
            task('london', 'true'), timeline=[{'at': '200ms', 'link': 'wire', 'down': '600ms'}],
            expect=[{'after': '300ms', 'reachable': {'from': 'london', 'to': 'newyork'},
                     'within': '20s'}], delay='1ms')
        within_ms = done.report['tasks'][1]['probe']['within_ms']
        self.assertGreaterEqual(within_ms, 500)
        self.assertEqual(done.report['expectations'][0]['expected'], 'within 20s')

    def test_an_outage_and_a_search_go_by_one_clock(self):
        # Though this process does not get on where it starts the one and then the other.
        outage = [{'at': '100ms', 'link': 'wire', 'down': '600ms'}]
        expect = [{'after': '200ms', 'reachable': {'from': 'london', 'to': 'newyork'},
                   'within': '20s'}]
        server = task('newyork', 'echo up; exec sleep 100', name='server', background=True,
                      ready='output:up')
        for timeline in (outage, {'start': {'ready': ['server']}, 'events': outage}):
            with self.subTest(timeline=timeline):
                scenario = {**pair(server, task('london', 'true'), host={'device': 'tun'}),
                            'timeline': timeline, 'expect': expect}
                done = self.run_scenario(scenario, env=self.halting_environment())
                self.assertGreaterEqual(done.report['tasks'][2]['probe']['within_ms'], 500)

    def test_connectivity_that_does_not_return(self):
        done = self.run_steps(
            task('london', 'true'), timeline=[{'at': '0s', 'link': 'wire', 'down': True}],
            expect=[{'after': '100ms', 'reachable': {'from': 'london', 'to': 'newyork'},
                     'within': '400ms', 'name': 'back again'}], status=TASK_FAILED)
        entry = done.report['expectations'][0]
        self.assertEqual((entry['name'], entry['passed'], entry['got']),
                         ('back again', False, 'nothing, since it had no answer'))

    def test_the_clock_of_a_timeline_that_waits_for_a_task(self):
        server = task('newyork', 'sleep 0.5; echo up; exec sleep 100', name='server',
                      background=True, ready='output:up')
        scenario = {**pair(server, task('london', 'sleep 0.1'), delay='1ms'),
                    'timeline': {'start': {'ready': ['server']},
                                 'events': [{'at': '100ms', 'link': 'wire', 'down': '500ms'}]},
                    'expect': [{'after': '200ms', 'reachable': {'from': 'london', 'to': 'newyork'},
                                'within': '20s'}]}
        done = self.run_scenario(scenario)
        self.assertGreaterEqual(done.report['tasks'][2]['probe']['within_ms'], 400)
        self.assertGreaterEqual(done.report['elapsed_s'], 1.1)

    def test_an_interrupt_between_two_tries(self):
        running = self.start_scenario(pair(task('london', 'echo try; false', until='100s',
                                                every='90s')))
        running.wait_for('| try')
        running.signal(harness.signal.SIGINT)
        self.assertEqual(self.outcomes(running.finish()), ['cut off'])


if __name__ == '__main__':
    harness.main()
