// SPDX-License-Identifier: Apache-2.0
// Results: what a report makes of a test, and how people, TAP and JUnit are told.
#include <glib.h>
#include <string.h>

#include "sim/commands/command.h"
#include "sim/suite/junit.h"
#include "sim/suite/outcome.h"
#include "sim/suite/plan.h"
#include "sim/suite/tap.h"

static Test *test_of(const char *report, int exit_status)
{
    Test *test = test_new("lossy[loss=1%]", "lossy.yaml");

    test->choice = g_strdup("loss=1%");
    test->seed = 7;
    test->elapsed_ns = 1500000000;
    if (report != NULL)
        outcome_read_report(test, exit_status, report);
    return test;
}

static void test_expectations_fail_a_test_and_soft_ones_warn(void)
{
    g_autoptr(Test) test =
        test_of("{\"tasks\": [], \"expectations\": ["
                "{\"name\": \"rtt.p95\", \"expected\": \"< 90ms\", \"got\": \"112ms\","
                " \"passed\": false, \"soft\": false, \"line\": 12},"
                "{\"name\": \"loss\", \"expected\": \"= 0\", \"got\": \"1%\","
                " \"passed\": false, \"soft\": true, \"line\": 13},"
                "{\"name\": \"good\", \"expected\": \"= 0\", \"got\": \"0\", \"passed\": true}]}",
                STATUS_FAILED);
    g_autofree char *words = test_words(test);

    g_assert_cmpint(test->outcome, ==, TEST_FAILED);
    g_assert_cmpstr(words, ==,
                    "  lossy.yaml:12: rtt.p95\n"
                    "    expected  < 90ms\n"
                    "    got       112ms\n"
                    "  lossy.yaml:13: warning: loss\n"
                    "    expected  = 0\n"
                    "    got       1%\n"
                    "  seed 7; again: taploom run lossy.yaml --matrix loss=1% --seed 7\n"
                    "  to look closer add to that: --capture DIR, --fates FILE, --report "
                    "FILE.json\n");
}

static void test_readings_are_kept_for_an_update(void)
{
    g_autoptr(Test) test =
        test_of("{\"tasks\": [{\"outcome\": \"failed\", \"exit\": 3, \"judged\": true}],"
                " \"expectations\": ["
                "{\"name\": \"probe p: rtt.p95\", \"expected\": \"< 90ms\", \"got\": \"112ms\","
                " \"passed\": false, \"line\": 12, \"column\": 7, \"metric\": \"rtt.p95\","
                " \"unit\": \"ns\", \"value\": 112000000},"
                "{\"name\": \"task t: output\", \"expected\": \"x\", \"got\": \"it is there\","
                " \"passed\": true, \"metric\": \"output\", \"unit\": \"text\"}]}",
                STATUS_FAILED);
    const Reading *reading;

    g_assert_cmpuint(test->readings->len, ==, 2);
    reading = g_ptr_array_index(test->readings, 0);
    g_assert_cmpuint(reading->position.line, ==, 12);
    g_assert_cmpuint(reading->position.column, ==, 7);
    g_assert_cmpstr(reading->metric, ==, "rtt.p95");
    g_assert_true(reading->is_measured);
    g_assert_false(reading->passed);
    g_assert_cmpint(reading->unit, ==, METRIC_DURATION);
    g_assert_cmpfloat(reading->value, ==, 112e6);
    reading = g_ptr_array_index(test->readings, 1);
    g_assert_true(reading->passed);
    g_assert_false(reading->is_measured);
    g_assert_false(test->task_failed); // which is judged by an expectation
    test_reset(test);
    g_assert_cmpuint(test->readings->len, ==, 0);
}

static void test_a_task_that_failed_is_known(void)
{
    g_autoptr(Test) test = test_of("{\"tasks\": [{\"outcome\": \"timed out\"}]}", STATUS_FAILED);

    g_assert_true(test->task_failed);
    test_reset(test);
    g_assert_false(test->task_failed);
}

static void test_a_soft_failure_is_told_of_a_passed_test(void)
{
    g_autoptr(Test) test = test_of("{\"expectations\": [{\"name\": \"loss\", \"expected\": \"0\","
                                   "\"got\": \"1\", \"passed\": false, \"soft\": true}]}",
                                   STATUS_OK);
    g_autofree char *words = test_words(test);
    g_autoptr(GPtrArray) tests = g_ptr_array_new();
    g_autofree char *xml = NULL;

    g_assert_cmpint(test->outcome, ==, TEST_PASSED);
    g_assert_cmpstr(words, ==, "  warning: loss\n    expected  0\n    got       1\n");
    g_ptr_array_add(tests, test);
    xml = junit_to_xml(tests);
    g_assert_nonnull(strstr(xml, "<system-out>  warning: loss\n    expected  0\n"));
    g_assert_null(strstr(xml, "<failure"));
}

static void test_a_task_that_was_expected_to_fail_is_not_told(void)
{
    g_autoptr(Test) test = test_of("{\"tasks\": [{\"outcome\": \"failed\", \"exit\": 1}],"
                                   " \"expectations\": [{\"name\": \"exit\", \"passed\": true}]}",
                                   STATUS_OK);

    g_assert_cmpint(test->outcome, ==, TEST_PASSED);
    g_assert_cmpuint(test->findings->len, ==, 0);
}

static void test_an_invalid_run_tells_what_starved_it_and_what_failed(void)
{
    g_autoptr(Test) test =
        test_of("{\"invalid_reasons\": [\"too slow\"],"
                " \"lateness_us\": {\"count\": 10, \"p50\": 1.5, \"p99\": 2000.0, \"max\": 9000.0},"
                " \"machine\": {\"busy\": 0.98, \"others\": 0.5, \"stolen\": 0.125},"
                " \"devices\": {\"a:eth0\": {\"kernel_dropped_frames\": 3},"
                "               \"b:eth0\": {\"kernel_dropped_frames\": 4}},"
                " \"captures\": [{\"lost_frames\": 5}],"
                " \"tasks\": [{\"on\": \"a\", \"run\": \"x\", \"outcome\": \"failed\"}]}",
                STATUS_INVALID);

    g_assert_cmpint(test->outcome, ==, TEST_INVALID);
    g_assert_cmpuint(test->findings->len, ==, 1);
    g_assert_cmpuint(test->reasons->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(test->reasons, 1), ==,
                    "frames left late by 0.002 ms at the median, 2.000 ms p99, 9.000 ms at most; "
                    "all cores together were 98 % busy, 50 % for programs outside this lab, and "
                    "12.5 % of their time was stolen by other virtual machines; 7 frames were "
                    "dropped in devices; captures missed 5 "
                    "frames");
}

static void test_values_of_any_kind_are_told(void)
{
    g_autoptr(Test) test = test_of("{\"tasks\": [7, {\"outcome\": \"failed\", \"on\": null}],"
                                   " \"expectations\": [[], {\"name\": \"rtt\", \"expected\": 5,"
                                   " \"got\": null}], \"captures\": {}}",
                                   STATUS_FAILED);
    const Finding *finding;

    g_assert_cmpuint(test->findings->len, ==, 2);
    finding = g_ptr_array_index(test->findings, 0);
    g_assert_cmpstr(finding->what, ==, "nothing $ nothing");
    g_assert_null(finding->output);
    finding = g_ptr_array_index(test->findings, 1);
    g_assert_cmpstr(finding->expected, ==, "5");
    g_assert_cmpstr(finding->got, ==, "nothing");
}

static void test_what_is_no_report_is_an_error(void)
{
    static const char *const reports[] = {"", "{", "[]", "7"};

    for (guint i = 0; i < G_N_ELEMENTS(reports); i++) {
        g_autoptr(Test) test = test_of(reports[i], STATUS_OK);

        g_assert_cmpint(test->outcome, ==, TEST_ERROR);
    }
}

static void test_the_status_decides(void)
{
    static const TestOutcome outcomes[] = {TEST_PASSED, TEST_FAILED, TEST_ERROR, TEST_ERROR,
                                           TEST_INVALID};

    for (int status = 0; status < (int)G_N_ELEMENTS(outcomes); status++) {
        g_autoptr(Test) test = test_of("{}", status);

        g_assert_cmpint(test->outcome, ==, outcomes[status]);
    }
}

static void test_xml_and_tap_escape_what_means_something_there(void)
{
    g_autoptr(GPtrArray) tests = g_ptr_array_new();
    g_autoptr(Test) test = test_of(NULL, 0);
    g_autofree char *xml = NULL;
    g_autofree char *point = NULL;

    g_free(test->name);
    test->name = g_strdup("a<b>&\"c\" #1\x01\xef\xbf\xbe");
    test->outcome = TEST_ERROR;
    g_ptr_array_add(test->reasons, g_strdup("]]> \x1b[1m\xff"));
    g_ptr_array_add(tests, test);
    xml = junit_to_xml(tests);
    point = tap_point(test, 3);
    g_assert_nonnull(strstr(xml, "name=\"a&lt;b&gt;&amp;&quot;c&quot; #1 \xef\xbf\xbd\""));
    g_assert_nonnull(strstr(xml, "message=\"]]&gt;  [1m\xef\xbf\xbd\""));
    g_assert_true(g_utf8_validate(xml, -1, NULL));
    g_assert_true(g_str_has_prefix(point, "not ok 3 - a<b>&\"c\" \\#1 \xef\xbf\xbe\n"));
}

static void test_a_block_of_yaml_has_nothing_that_does_not_belong_there(void)
{
    g_autoptr(Test) test = test_of(NULL, 0);
    g_autofree char *point = NULL;

    test->outcome = TEST_ERROR;
    g_ptr_array_add(test->reasons, g_strdup("1\x1b"
                                            "2\x7f"
                                            "3\xc2\x9b"
                                            "4\xef\xbf\xbf"
                                            "5\xff"
                                            "6\xc3\xbc"));
    point = tap_point(test, 1);
    g_assert_nonnull(strstr(point, "\n    1 2 3  4   5\xef\xbf\xbd"
                                   "6\xc3\xbc\n"));
}

static void test_the_end_of_a_text(void)
{
    static const struct {
        const char *text;
        unsigned n_lines;
        const char *tail;
    } cases[] = {{"", 3, ""},           {"\n\n", 3, ""},
                 {"a", 1, "a"},         {"a\nb\nc\n", 2, "b\nc"},
                 {"a\nb\n", 5, "a\nb"}, {"a\n\nb", 2, "\nb"}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *tail = text_tail(cases[i].text, cases[i].n_lines);

        g_assert_cmpstr(tail, ==, cases[i].tail);
    }
}

static void test_a_line_for_the_shell_is_quoted(void)
{
    g_autoptr(Test) test = test_new("x", "my lab.yaml");
    g_autofree char *line = NULL;

    test->choice = g_strdup("a=it's");
    line = test_repeat_line(test);
    g_assert_cmpstr(line, ==, "taploom run 'my lab.yaml' --matrix 'a=it'\\''s' --seed 0");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/suite/expectations-fail-a-test-and-soft-ones-warn",
                    test_expectations_fail_a_test_and_soft_ones_warn);
    g_test_add_func("/sim/suite/readings-are-kept-for-an-update",
                    test_readings_are_kept_for_an_update);
    g_test_add_func("/sim/suite/a-task-that-failed-is-known", test_a_task_that_failed_is_known);
    g_test_add_func("/sim/suite/a-soft-failure-is-told-of-a-passed-test",
                    test_a_soft_failure_is_told_of_a_passed_test);
    g_test_add_func("/sim/suite/a-task-that-was-expected-to-fail-is-not-told",
                    test_a_task_that_was_expected_to_fail_is_not_told);
    g_test_add_func("/sim/suite/an-invalid-run-tells-what-starved-it-and-what-failed",
                    test_an_invalid_run_tells_what_starved_it_and_what_failed);
    g_test_add_func("/sim/suite/values-of-any-kind-are-told", test_values_of_any_kind_are_told);
    g_test_add_func("/sim/suite/what-is-no-report-is-an-error", test_what_is_no_report_is_an_error);
    g_test_add_func("/sim/suite/the-status-decides", test_the_status_decides);
    g_test_add_func("/sim/suite/xml-and-tap-escape-what-means-something-there",
                    test_xml_and_tap_escape_what_means_something_there);
    g_test_add_func("/sim/suite/a-block-of-yaml-has-nothing-that-does-not-belong-there",
                    test_a_block_of_yaml_has_nothing_that_does_not_belong_there);
    g_test_add_func("/sim/suite/the-end-of-a-text", test_the_end_of_a_text);
    g_test_add_func("/sim/suite/a-line-for-the-shell-is-quoted",
                    test_a_line_for_the_shell_is_quoted);
    return g_test_run();
}
