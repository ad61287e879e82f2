// SPDX-License-Identifier: Apache-2.0
// Reports made by hand, held against what scenarios expect.
#include "sim/expect/expect.h"

#include <glib.h>

#include "tests/sim/scenario/parsed.h"

#define NETWORK                                                                                    \
    "nodes: [a, b]\n"                                                                              \
    "links: [{endpoints: [a, b], name: wire, rate: 10mbit}, {endpoints: [a, b], name: free}]\n"    \
    "tasks: [{on: a, run: ping b, name: pinger}]\n"

// A run in which the forward direction carried a thousand frames, and the task printed something.
static Report *run_of(const Scenario *scenario, TaskOutcome outcome, int exit_status)
{
    Report *report = report_new(scenario, 1);
    DirectionReport forward = {.link = scenario_link(scenario, "wire"),
                               .direction = LINK_FORWARD,
                               .in_frames = 1000,
                               .out_frames = 960,
                               .mean_rate_bps = 9000000,
                               .queue = {.count = 960, .p99_ns = 12500000, .max_ns = 20000000},
                               .loss = {.n_hits = 30, .n_trials = 1000}};
    DirectionReport idle[] = {{.link = scenario_link(scenario, "wire"), .direction = LINK_REVERSE},
                              {.link = scenario_link(scenario, "free"), .direction = LINK_FORWARD},
                              {.link = scenario_link(scenario, "free"), .direction = LINK_REVERSE}};
    TaskReport task = {.task = g_ptr_array_index(scenario->tasks, 0),
                       .outcome = outcome,
                       .exit_status = exit_status,
                       .elapsed_ns = 1500000000,
                       .output = "5 sent\n3 received\n"};

    forward.dropped_frames[DROP_LOSS] = 30;
    forward.dropped_frames[DROP_QUEUE_FULL] = 10;
    g_array_append_val(report->directions, forward);
    g_array_append_vals(report->directions, idle, G_N_ELEMENTS(idle));
    g_array_append_val(report->tasks, task);
    return report;
}

// The run, held against one entry of `expect:`, passes as said with that value.
static void assert_got(const char *entry, TaskOutcome outcome, int exit_status, bool passed,
                       const char *got)
{
    g_autofree char *text = g_strdup_printf(NETWORK "expect: [%s]\n", entry);
    g_autoptr(Scenario) scenario = parsed(text);
    Report *report = run_of(scenario, outcome, exit_status);
    const ExpectReport *result;

    expect_judge(report);
    g_assert_cmpuint(report->expectations->len, ==, 1);
    result = &g_array_index(report->expectations, ExpectReport, 0);
    g_test_message("%s: %s", entry, result->got);
    g_assert_cmpstr(result->got, ==, got);
    g_assert_true(result->passed == passed);
    g_assert_true(report_expectations_hold(report) == (passed || result->spec->soft));
    report_free(report);
}

static void test_links(void)
{
    static const struct {
        const char *metric;
        bool passed;
        const char *got;
    } cases[] = {
        {"in: 1000", true, "1000"},
        {"in: 999", false, "1000"},
        {"dropped: 40", true, "40"},
        {"dropped.loss: 30", true, "30"},
        {"dropped.queue-full: '> 10'", false, "10"},
        {"dropped.aqm: 0", true, "0"},
        {"loss: = 3%", true, "3%"},
        {"loss: < 3%", false, "3%"},
        {"utilisation: 90% ± 1%", true, "90%"},
        {"throughput: 9.4mbit ± 3%", false, "9mbit"},
        {"queue.p99: < 12.6ms", true, "12.5ms"},
        {"queue.max: < 20ms", false, "20ms"},
        {"queue.max: < 20ms, soft: yes", false, "20ms"},
        {"reordered: 0", true, "0"},
        {"delay.p50: < 1s", false, "nothing, since no frame left the link"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *entry =
            g_strdup_printf("{link: wire, direction: forward, %s}", cases[i].metric);

        assert_got(entry, TASK_SUCCEEDED, 0, cases[i].passed, cases[i].got);
    }
    assert_got("{link: wire, direction: reverse, loss: 0%}", TASK_SUCCEEDED, 0, false,
               "nothing, since no frame entered the link");
    assert_got("{link: free, direction: forward, utilisation: < 1%}", TASK_SUCCEEDED, 0, false,
               "nothing, since the link has no rate:");
}

static void test_tasks(void)
{
    assert_got("{task: pinger, exit: 0}", TASK_SUCCEEDED, 0, true, "0");
    assert_got("{task: pinger, exit: 3}", TASK_FAILED, 3, true, "3");
    assert_got("{task: pinger, exit: 0}", TASK_FAILED, 3, false, "3");
    assert_got("{task: pinger, exit: 0}", TASK_CUT_OFF, -1, false,
               "nothing, since it has not ended");
    assert_got("{task: pinger, exit: 0}", TASK_NOT_STARTED, -1, false,
               "nothing, since it was not started");
    assert_got("{task: pinger, duration: 1s..2s}", TASK_SUCCEEDED, 0, true, "1.5s");
    assert_got("{task: pinger, output: '3 received'}", TASK_SUCCEEDED, 0, true, "it is there");
    assert_got("{task: pinger, output: '/^[45] received$/'}", TASK_SUCCEEDED, 0, false,
               "\"5 sent 3 received\"");
    assert_got("{task: pinger, output: '!received'}", TASK_SUCCEEDED, 0, false,
               "\"5 sent 3 received\"");
    assert_got("{task: pinger, output: '!/lost/'}", TASK_SUCCEEDED, 0, true, "it is not there");
    assert_got("{task: pinger, output: '!x'}", TASK_NOT_STARTED, -1, false,
               "nothing, since it was not started");
}

// The entry fails of a task that printed `output`, or more than that; what it got begins so.
static void assert_not_known(const char *entry, const char *output, bool output_cut,
                             const char *got)
{
    g_autofree char *text = g_strdup_printf(NETWORK "expect: [%s]\n", entry);
    g_autoptr(Scenario) scenario = parsed(text);
    Report *report = run_of(scenario, TASK_SUCCEEDED, 0);
    TaskReport *task = &g_array_index(report->tasks, TaskReport, 0);
    const ExpectReport *result;

    task->output = output;
    task->output_cut = output_cut;
    expect_judge(report);
    result = &g_array_index(report->expectations, ExpectReport, 0);
    g_test_message("%s: %s", entry, result->got);
    g_assert_false(result->passed);
    g_assert_true(g_str_has_prefix(result->got, got));
    report_free(report);
}

static void test_what_is_not_known_of_an_output_is_said(void)
{
    g_autofree char *words = g_strnfill(100, 'a');

    assert_not_known("{task: pinger, output: '!lost'}", "3\n", true, "too much output to know");
    assert_not_known("{task: pinger, output: done}", "3\n", true, "too much output to know");
    // More steps than the library takes, which is neither a match nor none.
    assert_not_known("{task: pinger, output: '!/^(a|aa)+[bc]/'}", words, false, "nothing: ");
    assert_not_known("{task: pinger, output: '/^(a|aa)+[bc]/'}", words, false, "nothing: ");
}

// Its failure is what the file expects, so it is none of the run.
static void test_a_task_whose_exit_is_expected_has_not_failed(void)
{
    g_autoptr(Scenario) judged = parsed(NETWORK "expect: [{task: pinger, exit: 3}]\n");
    g_autoptr(Scenario) plain = parsed(NETWORK "expect: [{task: pinger, duration: < 9s}]\n");
    Report *reports[] = {run_of(judged, TASK_FAILED, 3), run_of(plain, TASK_FAILED, 3)};

    g_assert_true(report_tasks_succeeded(reports[0]));
    g_assert_false(report_tasks_succeeded(reports[1]));
    report_free(reports[0]);
    report_free(reports[1]);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expect/links", test_links);
    g_test_add_func("/expect/tasks", test_tasks);
    g_test_add_func("/expect/what-is-not-known-of-an-output-is-said",
                    test_what_is_not_known_of_an_output_is_said);
    g_test_add_func("/expect/a-task-whose-exit-is-expected-has-not-failed",
                    test_a_task_whose_exit_is_expected_has_not_failed);
    return g_test_run();
}
