// SPDX-License-Identifier: Apache-2.0
// The exit status decides; the report says why. A run that was not valid counts as nothing else,
// whatever its tasks did; what failed in it is told with it.
#include "sim/suite/outcome.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "core/quantity.h"
#include "core/quote.h"
#include "sim/commands/command.h"

enum { OUTCOME_LINES = 10 }; // of output that a finding shows

static JsonObject *member_object(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonArray *member_array(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static guint array_length(JsonArray *array)
{
    return array != NULL ? json_array_get_length(array) : 0;
}

// A value as text, whatever it is; the caller frees it.
static char *node_text(JsonNode *node)
{
    if (node == NULL || JSON_NODE_HOLDS_NULL(node))
        return g_strdup("nothing");
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
        return json_node_dup_string(node);
    return json_to_string(node, FALSE);
}

static char *member_text(JsonObject *object, const char *name)
{
    return node_text(json_object_get_member(object, name));
}

static char *element_text(JsonArray *array, guint index)
{
    return node_text(json_array_get_element(array, index));
}

// NULL where it is no object.
static JsonObject *element_object(JsonArray *array, guint index)
{
    JsonNode *node = json_array_get_element(array, index);

    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void outcome_add_task(Test *test, JsonObject *task)
{
    static const char *const bad[] = {"failed", "timed out", "cut off", NULL};
    g_autofree char *outcome = member_text(task, "outcome");
    g_autofree char *host = member_text(task, "on");
    g_autofree char *run = member_text(task, "run");
    g_autofree char *output = member_text(task, "output");
    gint64 status = json_object_get_int_member_with_default(task, "exit", -1);
    double elapsed_s = json_object_get_double_member_with_default(task, "elapsed_s", 0);
    g_autofree char *command = quote_line_new(run);
    Finding *finding;

    if (!g_strv_contains(bad, outcome))
        return;
    if (!json_object_get_boolean_member_with_default(task, "judged", FALSE))
        test->task_failed = true;
    finding = test_add_finding(test);
    finding->line = (size_t)json_object_get_int_member_with_default(task, "line", 0);
    finding->what = g_strdup_printf("%s $ %s", host, command);
    finding->expected = g_strdup("exit status 0");
    if (strcmp(outcome, "failed") == 0 && status >= 0)
        finding->got = g_strdup_printf("exit status %d after %.2f s", (int)status, elapsed_s);
    else
        finding->got = g_strdup_printf("%s after %.2f s", outcome, elapsed_s);
    if (*output != '\0' && json_object_has_member(task, "output"))
        finding->output = text_tail(output, OUTCOME_LINES);
}

static const Reading *outcome_add_reading(Test *test, JsonObject *expectation)
{
    Reading *reading = test_add_reading(test);
    g_autofree char *unit = member_text(expectation, "unit");

    reading->position.line =
        (size_t)json_object_get_int_member_with_default(expectation, "line", 0);
    reading->position.column =
        (size_t)json_object_get_int_member_with_default(expectation, "column", 0);
    reading->metric = member_text(expectation, "metric");
    reading->expected = member_text(expectation, "expected");
    reading->got = member_text(expectation, "got");
    reading->passed = json_object_get_boolean_member_with_default(expectation, "passed", FALSE);
    reading->is_soft = json_object_get_boolean_member_with_default(expectation, "soft", FALSE);
    reading->is_measured =
        json_object_has_member(expectation, "value") && metric_unit_find(unit, &reading->unit);
    reading->value = json_object_get_double_member_with_default(expectation, "value", 0);
    return reading;
}

static void outcome_add_expectation(Test *test, JsonObject *expectation)
{
    const Reading *reading;
    Finding *finding;

    if (expectation == NULL)
        return;
    reading = outcome_add_reading(test, expectation);
    if (reading->passed)
        return;
    finding = test_add_finding(test);
    finding->what = member_text(expectation, "name");
    finding->expected = g_strdup(reading->expected);
    finding->got = g_strdup(reading->got);
    finding->line = reading->position.line;
    finding->is_soft = reading->is_soft;
}

static uint64_t outcome_sum(JsonObject *object, const char *name)
{
    return object != NULL ? (uint64_t)json_object_get_int_member_with_default(object, name, 0) : 0;
}

// "lateness 0.1ms median, 4ms p99, 9ms at most; …": what a run that was not valid had too little
// of.
static char *outcome_starvation(JsonObject *report)
{
    JsonObject *lateness = member_object(report, "lateness_us");
    JsonObject *machine = member_object(report, "machine");
    JsonObject *devices = member_object(report, "devices");
    JsonArray *captures = member_array(report, "captures");
    g_autoptr(GList) names = devices != NULL ? json_object_get_members(devices) : NULL;
    GString *words = g_string_new(NULL);
    uint64_t n_dropped = 0, n_lost = 0;

    for (GList *name = names; name != NULL; name = name->next)
        n_dropped += outcome_sum(member_object(devices, name->data), "kernel_dropped_frames");
    for (guint i = 0; i < array_length(captures); i++)
        n_lost += outcome_sum(element_object(captures, i), "lost_frames");
    if (lateness != NULL)
        g_string_append_printf(
            words, "frames left late by %.3f ms at the median, %.3f ms p99, %.3f ms at most",
            json_object_get_double_member_with_default(lateness, "p50", 0) / 1e3,
            json_object_get_double_member_with_default(lateness, "p99", 0) / 1e3,
            json_object_get_double_member_with_default(lateness, "max", 0) / 1e3);
    if (machine != NULL)
        g_string_append_printf(
            words,
            "; all cores together were %.0f %% busy, %.0f %% for programs outside this lab, and "
            "%.1f %% of their time was stolen by other virtual machines",
            100 * json_object_get_double_member_with_default(machine, "busy", 0),
            100 * json_object_get_double_member_with_default(machine, "others", 0),
            100 * json_object_get_double_member_with_default(machine, "stolen", 0));
    if (n_dropped > 0)
        g_string_append_printf(words, "; %" G_GUINT64_FORMAT " frames were dropped in devices",
                               n_dropped);
    if (n_lost > 0)
        g_string_append_printf(words, "; captures missed %" G_GUINT64_FORMAT " frames", n_lost);
    return g_string_free(words, FALSE);
}

static void outcome_take(Test *test, JsonObject *report)
{
    JsonArray *tasks = member_array(report, "tasks");
    JsonArray *expectations = member_array(report, "expectations");
    JsonArray *reasons = member_array(report, "invalid_reasons");

    if (test->outcome == TEST_INVALID) {
        for (guint i = 0; i < array_length(reasons); i++)
            g_ptr_array_add(test->reasons, element_text(reasons, i));
        g_ptr_array_add(test->reasons, outcome_starvation(report));
    }
    // Of a run that did what it should, no task has failed that was not expected to.
    for (guint i = 0; test->outcome != TEST_PASSED && i < array_length(tasks); i++) {
        if (element_object(tasks, i) != NULL)
            outcome_add_task(test, element_object(tasks, i));
    }
    for (guint i = 0; i < array_length(expectations); i++)
        outcome_add_expectation(test, element_object(expectations, i));
}

void outcome_read_report(Test *test, int exit_status, const char *report)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root = NULL;

    if (json_parser_load_from_data(parser, report, -1, NULL))
        root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
        test->outcome = TEST_ERROR;
        return;
    }
    test->outcome = exit_status == STATUS_OK        ? TEST_PASSED
                    : exit_status == STATUS_FAILED  ? TEST_FAILED
                    : exit_status == STATUS_INVALID ? TEST_INVALID
                                                    : TEST_ERROR;
    if (test->outcome != TEST_ERROR)
        outcome_take(test, json_node_get_object(root));
}

void outcome_read(Test *test, int exit_status, int signal, const char *report_path,
                  const char *log_path)
{
    g_autofree char *report = NULL;
    g_autofree char *log = NULL;

    test->outcome = TEST_ERROR;
    if (signal == 0 && g_file_get_contents(report_path, &report, NULL, NULL))
        outcome_read_report(test, exit_status, report);
    if (test->outcome != TEST_ERROR)
        return;
    if (signal != 0)
        g_ptr_array_add(test->reasons,
                        g_strdup_printf("taploom was ended: %s", g_strsignal(signal)));
    if (g_file_get_contents(log_path, &log, NULL, NULL) && *log != '\0') {
        g_autofree char *valid = g_utf8_make_valid(log, -1);

        g_ptr_array_add(test->reasons, text_tail(valid, 1));
    }
    if (test->reasons->len == 0)
        g_ptr_array_add(test->reasons,
                        g_strdup_printf("taploom ended with status %d, no report", exit_status));
}
