// SPDX-License-Identifier: Apache-2.0
// The section `expect:`.
#include <glib.h>

#include "sim/scenario/expect_spec.h"
#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: [a, b]\n"                                                                              \
    "links: [{endpoints: [a, b], name: wire, rate: 10mbit}]\n"                                     \
    "tasks:\n"                                                                                     \
    "  - {on: a, run: ping b, name: pinger}\n"                                                     \
    "  - {on: a, run: x}\n"

static const ExpectSpec *expect_at(const Scenario *scenario, guint index)
{
    g_assert_cmpuint(scenario->expectations->len, >, index);
    return g_ptr_array_index(scenario->expectations, index);
}

static void test_a_metric_is_an_expectation(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "capture: [wire]\n"
                       "expect:\n"
                       "  - {task: pinger, exit: 0, output: /\\d+ received/, duration: 1s..2s}\n"
                       "  - {link: wire, direction: reverse, queue.p99: < 50ms, soft: yes}\n"
                       "  - {link: wire, dropped.queue-full: 0}\n"
                       "  - {count: '> 5', filter: icmp, capture: wire.b.pcap}\n"
                       "  - {capture: 'a:eth0', count: 1.., name: at a}\n");
    const ExpectSpec *spec = expect_at(scenario, 0);

    g_assert_cmpuint(scenario->expectations->len, ==, 8);
    g_assert_cmpstr(spec->name, ==, "task pinger: exit");
    g_assert_cmpstr(spec->expected, ==, "0");
    g_assert_cmpuint(spec->position.line, ==, 8);
    g_assert_true(spec->task == g_ptr_array_index(scenario->tasks, 0));
    g_assert_true(spec->task->is_judged);
    g_assert_false(((TaskSpec *)g_ptr_array_index(scenario->tasks, 1))->is_judged);
    spec = expect_at(scenario, 1);
    g_assert_cmpstr(spec->name, ==, "task pinger: output");
    g_assert_null(spec->metric);
    g_assert_true(g_regex_match(spec->pattern, "3 received", 0, NULL));
    spec = expect_at(scenario, 3);
    g_assert_cmpstr(spec->name, ==, "link wire reverse: queue.p99");
    g_assert_cmpuint(spec->direction, ==, 1);
    g_assert_true(spec->soft);
    g_assert_cmpstr(expect_at(scenario, 4)->name, ==, "link wire forward: dropped.queue-full");
    g_assert_cmpstr(expect_at(scenario, 5)->name, ==, "link wire reverse: dropped.queue-full");
    spec = expect_at(scenario, 6);
    g_assert_cmpstr(spec->capture->file, ==, "wire.b.pcap");
    g_assert_cmpstr(spec->filter, ==, "icmp");
    spec = expect_at(scenario, 7);
    g_assert_cmpstr(spec->name, ==, "at a");
    g_assert_cmpstr(spec->capture->file, ==, "wire.a.pcap");
}

// YAML has a meaning of its own for it.
static void test_a_greater_sign_wants_quotes(void)
{
    ASSERT_ERRORS(NETWORK "expect:\n  - {link: wire, in: > 5}\n",
                  "7:22: expect[0]: is not valid YAML: found character that cannot start any "
                  "token, while scanning for the next token: quote what begins with >");
    ASSERT_ERRORS(NETWORK "expect:\n  - link: wire\n    in: > 5\n",
                  "8:11: expect[0].in: is not valid YAML: did not find expected comment or line "
                  "break, while scanning a block scalar: quote what begins with >");
}

// Without its sign it would expect the opposite.
static void test_an_exclamation_mark_wants_quotes(void)
{
    ASSERT_ERRORS(NETWORK "expect:\n  - {link: wire, in: != 5}\n",
                  "7:22: expect[0].in: the tag != has no meaning here: quote the whole value, or "
                  "remove the tag");
    ASSERT_ERRORS(NETWORK "expect:\n  - {link: wire, in: !5}\n",
                  "7:24: expect[0]: is not valid YAML: did not find expected whitespace or line "
                  "break, while scanning a tag: quote what begins with !");
}

static void test_what_is_no_bound_is_told_how_one_is_written(void)
{
    ASSERT_ERRORS(NETWORK "expect:\n"
                          "  - {link: wire, queue.p99: ~ 3ms}\n"
                          "  - {link: wire, throughput: ± 3%}\n"
                          "  - {link: wire, drops: 0}\n",
                  "7:29: expect[0].queue.p99: has to be a duration: \"~ 3ms\" is not a number: "
                  "write bounds, as < 50ms, 20ms..30ms or 9.4mbit ± 3%",
                  "8:30: expect[1].throughput: has to be a rate: \"\" is not a number: write "
                  "bounds, as < 50ms, 20ms..30ms or 9.4mbit ± 3%",
                  "9:18: expect[2]: \"drops\" is no key of an expectation: see "
                  "taploom-scenario(5)");
}

// As a text they would never be there, so that the second one would always hold.
static void test_an_expression_has_no_flags_behind_it(void)
{
    ASSERT_ERRORS(NETWORK "expect:\n"
                          "  - {task: pinger, output: /error/i}\n"
                          "  - {task: pinger, output: '!/error/gi'}\n"
                          "  - {task: pinger, output: /tmp/index}\n"
                          "  - {task: pinger, output: /i}\n",
                  "7:28: expect[0].output: takes no flags behind its last /: write /(?i)REGEX/, or "
                  "as an expression what is a path, as /\\/tmp\\/i/",
                  "8:28: expect[1].output: takes no flags behind its last /: write /(?i)REGEX/, or "
                  "as an expression what is a path, as /\\/tmp\\/i/");
}

// `within` is also the time that reachable: gives.
static void test_a_probe_is_expected_within_a_time(void)
{
    g_autoptr(Scenario) scenario =
        parsed(NETWORK "  - {on: a, name: back, probe: {reach: b}}\n"
                       "expect:\n"
                       "  - {probe: back, within: 1s..2s}\n"
                       "  - {after: 1s, reachable: {from: a, to: b}, within: 3s}\n");
    const ExpectSpec *spec = expect_at(scenario, 0);

    g_assert_cmpstr(spec->name, ==, "probe back: within");
    g_assert_cmpstr(spec->expected, ==, "1s..2s");
    g_assert_cmpuint(spec->subject, ==, EXPECT_PROBE);
    g_assert_cmpstr(expect_at(scenario, 1)->expected, ==, "within 3s");
    ASSERT_ERRORS(NETWORK "expect:\n  - {task: pinger, exit: 0, within: 1s}\n",
                  "7:5: expect[0]: after: and within: stand beside reachable: only");
}

static void test_an_exit_that_is_soft_does_not_judge(void)
{
    g_autoptr(Scenario) scenario = parsed(NETWORK "expect: [{task: pinger, exit: 1, soft: yes}]\n");

    g_assert_false(expect_at(scenario, 0)->task->is_judged);
}

static void test_what_is_wrong_is_told(void)
{
    ASSERT_ERRORS(
        NETWORK "expect:\n"
                "  - {link: wyre, queue.p99: < 1ms}\n"
                "  - {link: wire, queue.p98: < 1ms}\n"
                "  - {link: wire, queue.p99: < 1mbit}\n"
                "  - {task: piner, exit: 0}\n"
                "  - {task: pinger, output: ''}\n"
                "  - {capture: 'a:eth0', count: 1}\n"
                "  - {soft: yes}\n"
                "  - {task: pinger}\n"
                "  - {task: pinger, link: wire, exit: 0}\n"
                "  - {link: wire, in: 5..3, filter: icmp, output: x}\n"
                "  - {task: pinger, direction: both, exit: 0}\n"
                "  - x\n",
        "7:12: expect[0].link: \"wyre\" is no link: did you mean \"wire\"?",
        "8:18: expect[1]: \"queue.p98\" is no key of an expectation: did you mean \"queue.p90\"?",
        "9:29: expect[2].queue.p99: has to be a duration: \"1mbit\" has the unknown unit "
        "\"mbit\": use ns, us, ms, s, min or h",
        "10:12: expect[3].task: \"piner\" is no name of a task: did you mean \"pinger\"?",
        "11:28: expect[4].output: is empty: write a text, or /REGEX/",
        "12:15: expect[5].capture: \"a:eth0\" is no file that capture: writes: there is none",
        "13:5: expect[6]: needs what it is about: one of task:, probe:, link:, capture: and "
        "reachable:",
        "14:5: expect[7]: expects nothing: write a metric, as \"exit: 0\"",
        "15:26: expect[8].link: an entry is about one thing: write another for this",
        "16:22: expect[9].in: has to be a whole number: is an empty range: 5 is more than 3",
        "16:36: expect[9].filter: stands beside capture: only",
        "16:50: expect[9].output: stands beside task: only",
        "17:5: expect[10]: direction: stands beside link: only",
        "18:5: expect[11]: is a single value and not a map: write {link: atlantic, queue.p99: < "
        "50ms}");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/expect/a-metric-is-an-expectation", test_a_metric_is_an_expectation);
    g_test_add_func("/scenario/expect/a-probe-is-expected-within-a-time",
                    test_a_probe_is_expected_within_a_time);
    g_test_add_func("/scenario/expect/an-exit-that-is-soft-does-not-judge",
                    test_an_exit_that_is_soft_does_not_judge);
    g_test_add_func("/scenario/expect/a-greater-sign-wants-quotes",
                    test_a_greater_sign_wants_quotes);
    g_test_add_func("/scenario/expect/an-exclamation-mark-wants-quotes",
                    test_an_exclamation_mark_wants_quotes);
    g_test_add_func("/scenario/expect/an-expression-has-no-flags-behind-it",
                    test_an_expression_has_no_flags_behind_it);
    g_test_add_func("/scenario/expect/what-is-no-bound-is-told-how-one-is-written",
                    test_what_is_no_bound_is_told_how_one_is_written);
    g_test_add_func("/scenario/expect/what-is-wrong-is-told", test_what_is_wrong_is_told);
    return g_test_run();
}
