// SPDX-License-Identifier: Apache-2.0
// The key `probe:` of tasks, and what may be expected of one.
#include <glib.h>

#include "sim/scenario/expect_spec.h"
#include "sim/scenario/probe_spec.h"
#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: {a: , b: , s: {kind: switch}}\n"                                                       \
    "links: [{endpoints: [a, s]}, {endpoints: [b, s]}]\n"                                          \
    "tasks:\n"

static const TaskSpec *task_at(const Scenario *scenario, guint index)
{
    return g_ptr_array_index(scenario->tasks, index);
}

static void test_each_kind_has_its_parameters(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {on: a, probe: {ping: b, count: 20, interval: 50ms, size: 1000B}}\n"
                       "  - {on: a, probe: {ping: fd00::9}}\n"
                       "  - {on: a, probe: {tcp: b, flows: 4, size: 1MB}}\n"
                       "  - {probe: {udp: b, rate: 2mbit, time: 3s, timeout: 1s}, on: a}\n"
                       "  - {on: a, probe: {http: 'http://b:8080/x'}}\n");
    const ProbeSpec *probe = task_at(scenario, 0)->probe;

    g_assert_cmpint(probe->kind, ==, PROBE_PING);
    g_assert_cmpuint(probe->count, ==, 20);
    g_assert_cmpint(probe->interval_ns, ==, 50000000);
    g_assert_cmpuint(probe->size_bytes, ==, 1000);
    g_assert_cmpint(probe->timeout_ns, ==, INT64_C(2000000000));
    g_assert_null(probe->peer);
    g_assert_cmpstr(task_at(scenario, 0)->command, ==, "probe ping b");
    probe = task_at(scenario, 1)->probe;
    g_assert_cmpstr(probe->target, ==, "fd00::9");
    g_assert_cmpuint(probe->count, ==, 10);
    probe = task_at(scenario, 2)->probe;
    g_assert_true(probe->peer == scenario_node(scenario, "b"));
    g_assert_cmpuint(probe->flows, ==, 4);
    g_assert_cmpuint(probe->size_bytes, ==, 1000000);
    probe = task_at(scenario, 3)->probe;
    g_assert_cmpuint(probe->rate_bps, ==, 2000000);
    g_assert_cmpuint(probe->size_bytes, ==, 200);
    g_assert_cmpint(probe->time_ns, ==, INT64_C(3000000000));
    g_assert_cmpint(task_at(scenario, 4)->probe->kind, ==, PROBE_HTTP);
}

static void test_what_is_expected_goes_by_the_kind(void)
{
    g_autoptr(Scenario) scenario = parsed(
        NETWORK "  - {on: a, name: p, probe: {ping: b}}\n"
                "  - {on: a, name: h, probe: {http: 'http://b/'}}\n"
                "expect: [{probe: p, rtt.p95: < 90ms}, {probe: h, status: 200, soft: yes}]\n");
    const ExpectSpec *spec = g_ptr_array_index(scenario->expectations, 0);

    g_assert_cmpstr(spec->name, ==, "probe p: rtt.p95");
    g_assert_true(spec->metric == metric_find(ping_metrics, "rtt.p95"));
    g_assert_true(task_at(scenario, 0)->is_judged);
    g_assert_false(task_at(scenario, 1)->is_judged);
}

static void test_what_is_wrong_is_told(void)
{
    ASSERT_ERRORS(
        NETWORK "  - {on: a, probe: {ping: c}}\n"
                "  - {on: a, probe: {udp: s}}\n"
                "  - {on: a, probe: {tcp: a}}\n"
                "  - {on: a, probe: {ping: b, flows: 2}}\n"
                "  - {on: a, probe: {ping: b, udp: b}}\n"
                "  - {on: a, probe: {count: 2}}\n"
                "  - {on: a, probe: {http: 'https://b/'}}\n"
                "  - {on: a, probe: {ping: b}, run: x}\n"
                "  - {on: a, probe: {ping: b, intervall: 1s}}\n"
                "  - {on: a, probe: {udp: b, size: 8B}, name: u}\n"
                "  - {on: a, run: x, name: t}\n"
                "  - {on: a, probe: {http: 'http://bb:80/'}}\n"
                "  - {on: a, probe: {http: 'http://s/'}}\n"
                "expect:\n"
                "  - {probe: u, dellay.p95: 1ms}\n"
                "  - {probe: t, rtt.p95: 1ms}\n"
                "  - {probe: u, delay.p59: 1ms}\n",
        "4:27: tasks[0].probe.ping: \"c\" is no node: known is a, b, s",
        "5:26: tasks[1].probe.udp: s is no host", "6:5: tasks[2]: probe: needs another host than a",
        "7:30: tasks[3].probe: \"flows\" is no key of this probe: known is count, interval, size, "
        "timeout",
        "8:35: tasks[4].probe.udp: stands beside ping: write a task for each",
        "9:20: tasks[5].probe: says nothing to measure: write one of ping:, reach:, tcp:, udp: and "
        "http:",
        "10:27: tasks[6].probe.http: \"https://b/\" is no such URL: write "
        "\"http://newyork:8080/\"",
        "11:5: tasks[7]: run: and probe: are two tasks: write each by itself",
        "12:30: tasks[8].probe: \"intervall\" is no key of this probe: did you mean \"interval\"?",
        "13:35: tasks[9].probe.size: \"8B\" is out of range: write 16B to 65kB",
        "15:27: tasks[11].probe.http: \"bb\" is no node: did you mean \"b\"?",
        "16:27: tasks[12].probe.http: s is no host",
        "18:16: expect[0]: \"dellay.p95\" is no key of an expectation: did you mean \"delay.p95\"?",
        "19:13: expect[1].probe: \"t\" is no name of a probe: known is u",
        "20:16: expect[2]: \"delay.p59\" is no key of an expectation: did you mean "
        "\"delay.p50\"?");
}

// Nothing says that they are wrong before the run.
static void test_a_url_may_name_what_only_the_run_knows(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {on: a, probe: {http: 'http://localhost/'}}\n"
                       "  - {on: a, probe: {http: 'http://[::1]:80/'}}\n"
                       "  - {on: a, probe: {http: 'http://10.0.0.2'}}\n"
                       "  - {on: a, probe: {http: 'http://b.lan?q'}}\n"
                       "  - {on: a, probe: {http: 'http://b?q'}}\n");
    g_autoptr(Scenario) attached = parsed("nodes: {a: {attach: /proc/1/ns/net}, b: }\n"
                                          "links: [{endpoints: [a, b]}]\n"
                                          "tasks: [{on: a, probe: {http: 'http://db:80/'}}]\n");

    g_assert_cmpstr(task_at(scenario, 4)->probe->target, ==, "http://b?q");
    g_assert_cmpstr(task_at(attached, 0)->probe->target, ==, "http://db:80/");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/probe/each-kind-has-its-parameters",
                    test_each_kind_has_its_parameters);
    g_test_add_func("/scenario/probe/what-is-expected-goes-by-the-kind",
                    test_what_is_expected_goes_by_the_kind);
    g_test_add_func("/scenario/probe/a-url-may-name-what-only-the-run-knows",
                    test_a_url_may_name_what_only_the_run_knows);
    g_test_add_func("/scenario/probe/what-is-wrong-is-told", test_what_is_wrong_is_told);
    return g_test_run();
}
