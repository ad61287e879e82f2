// SPDX-License-Identifier: Apache-2.0
// The section `tasks:` and `defaults: {task:}`.
#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: {a: , b: , s: {kind: switch}}\n"                                                       \
    "links: [{endpoints: [a, s]}, {endpoints: [b, s]}]\n"

static const TaskSpec *task_at(const Scenario *scenario, guint index)
{
    return g_ptr_array_index(scenario->tasks, index);
}

static void test_every_key_is_kept(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "tasks:\n"
                       "  - {on: b, run: iperf3 -s, background: true, ready: 'tcp:5201'}\n"
                       "  - {on: b, run: x, background: yes, ready: 'udp:53', continue: true}\n"
                       "  - {on: b, run: x, background: on, ready: 'output:up: 1'}\n"
                       "  - {on: b, run: x, background: on, ready: listening}\n"
                       "  - {on: a, run: ping b, timeout: 3s}\n");

    g_assert_cmpuint(scenario->tasks->len, ==, 5);
    g_assert_true(task_at(scenario, 0)->node == scenario_node(scenario, "b"));
    g_assert_cmpstr(task_at(scenario, 0)->command, ==, "iperf3 -s");
    g_assert_true(task_at(scenario, 0)->background);
    g_assert_cmpint(task_at(scenario, 0)->ready, ==, READY_TCP_PORT);
    g_assert_cmpuint(task_at(scenario, 0)->ready_port, ==, 5201);
    g_assert_false(task_at(scenario, 0)->keep_going);
    g_assert_cmpint(task_at(scenario, 1)->ready, ==, READY_UDP_PORT);
    g_assert_cmpuint(task_at(scenario, 1)->ready_port, ==, 53);
    g_assert_true(task_at(scenario, 1)->keep_going);
    g_assert_cmpint(task_at(scenario, 2)->ready, ==, READY_OUTPUT_LINE);
    g_assert_cmpstr(task_at(scenario, 2)->ready_text, ==, "up: 1");
    g_assert_cmpint(task_at(scenario, 3)->ready, ==, READY_ANY_PORT);
    g_assert_false(task_at(scenario, 4)->background);
    g_assert_cmpint(task_at(scenario, 4)->ready, ==, READY_NONE);
    g_assert_cmpint(task_at(scenario, 4)->timeout_ns, ==, INT64_C(3000000000));
    g_assert_cmpint(task_at(scenario, 0)->timeout_ns, ==, 0);
    g_assert_cmpuint(task_at(scenario, 4)->position.line, ==, 8);
}

static void test_defaults_apply_to_all(void)
{
    g_autoptr(Scenario) scenario =
        parsed("defaults: {task: {timeout: 9s, continue: true}}\n" NETWORK "tasks:\n"
               "  - {on: a, run: x}\n"
               "  - {on: a, run: x, timeout: 1s, continue: false}\n");

    g_assert_cmpint(task_at(scenario, 0)->timeout_ns, ==, INT64_C(9000000000));
    g_assert_true(task_at(scenario, 0)->keep_going);
    g_assert_cmpint(task_at(scenario, 1)->timeout_ns, ==, INT64_C(1000000000));
    g_assert_false(task_at(scenario, 1)->keep_going);
}

static void test_wrong_tasks_are_told(void)
{
    ASSERT_ERRORS(NETWORK "tasks:\n"
                          "  - {on: c, run: x}\n"
                          "  - {on: s, run: ''}\n"
                          "  - {timeout: 0s}\n"
                          "  - {on: a, run: x, ready: 'tcp:80'}\n"
                          "  - {on: a, run: x, background: true, ready: 'tcp:65536'}\n"
                          "  - {on: a, run: [x], redy: 'tcp:1'}\n"
                          "  - ping\n",
                  "4:10: tasks[0].on: \"c\" is no node: known is a, b, s",
                  "5:10: tasks[1].on: s is no host: only hosts run tasks",
                  "5:18: tasks[1].run: is empty: write a shell line, as ping -c 3 newyork",
                  "6:5: tasks[2]: needs on: the host where it runs",
                  "6:5: tasks[2]: needs run: a shell line, as ping -c 3 newyork",
                  "6:15: tasks[2].timeout: \"0s\" is out of range: write 1ms to 8784h",
                  "7:5: tasks[3]: ready: only the next step waits for it, and that waits for the "
                  "end of this one: add background: true",
                  "8:46: tasks[4].ready: \"tcp:65536\" is unknown: write \"tcp:PORT\", "
                  "\"udp:PORT\" (1 to 65535), listening or \"output:TEXT\"",
                  "9:18: tasks[5].run: is a list and not a single value: write a shell line, as "
                  "ping -c 3 newyork",
                  "9:23: tasks[5]: \"redy\" is no key of a task: did you mean \"ready\"?",
                  "10:5: tasks[6]: is a single value and not a map: write {on: london, run: ping "
                  "-c 3 newyork}");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/tasks/every-key-is-kept", test_every_key_is_kept);
    g_test_add_func("/scenario/tasks/defaults-apply-to-all", test_defaults_apply_to_all);
    g_test_add_func("/scenario/tasks/wrong-tasks-are-told", test_wrong_tasks_are_told);
    return g_test_run();
}
