// SPDX-License-Identifier: Apache-2.0
// What is measured goes into the files: from which runs, which values, and what is left to people.
#include "sim/suite/update.h"

#include <glib/gstdio.h>
#include <string.h>

#define FILE_NAME "s.yaml"

typedef struct {
    char *folder, *path;
    GPtrArray *tests;
    GString *told; // with s.yaml for its path
} Fixture;

static void fixture_set_up(Fixture *self, const void *text)
{
    g_autoptr(GError) error = NULL;

    self->folder = g_dir_make_tmp("taploom-update-XXXXXX", &error);
    g_assert_no_error(error);
    self->path = g_build_filename(self->folder, FILE_NAME, NULL);
    g_assert_true(g_file_set_contents(self->path, text, -1, NULL));
    self->tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free);
    self->told = g_string_new(NULL);
}

static void fixture_tear_down(Fixture *self, const void *text)
{
    (void)text;
    g_assert_cmpint(g_remove(self->path), ==, 0);
    g_assert_cmpint(g_rmdir(self->folder), ==, 0); // nothing else was left in it
    g_free(self->folder);
    g_free(self->path);
    g_ptr_array_unref(self->tests);
    g_string_free(self->told, TRUE);
}

static Test *fixture_test(Fixture *self, TestOutcome outcome)
{
    Test *test = test_new("t", self->path);

    test->outcome = outcome;
    g_ptr_array_add(self->tests, test);
    return test;
}

// A duration in ms; it held unless `passed` is false.
static Reading *read_ms(Test *test, size_t line, size_t column, const char *expected, double ms,
                        bool passed)
{
    Reading *reading = test_add_reading(test);

    reading->position = (SourcePosition){line, column};
    reading->metric = g_strdup("rtt.p95");
    reading->expected = g_strdup(expected);
    reading->got = g_strdup_printf("%gms", ms);
    reading->unit = METRIC_DURATION;
    reading->value = ms * 1e6;
    reading->is_measured = true;
    reading->passed = passed;
    return reading;
}

static void fixture_hear(void *data, const char *line)
{
    Fixture *self = data;

    g_string_append_printf(self->told, "%s\n", line);
    g_string_replace(self->told, self->path, FILE_NAME, 0);
}

// The update leaves so many tests failing, says this and makes that of the file.
static void assert_updated(Fixture *self, guint n_failed, const char *told, const char *expected)
{
    UpdateResult result = update_scenarios(self->tests, fixture_hear, self);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(self->path, &text, NULL, NULL));
    g_assert_cmpstr(self->told->str, ==, told);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpuint(result.n_failed, ==, n_failed);
    g_assert_false(result.was_refused);
}

#define TEXT "# c\na: < 9ms  # ±\nb: [< 5ms, \"> 3ms\"]\n"

static void test_several_values_of_one_file(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_FAILED);

    (void)text;
    read_ms(test, 3, 12, "> 3ms", 2.6, false);
    read_ms(test, 2, 4, "< 9ms", 12.34, false);
    read_ms(test, 3, 5, "< 5ms", 123, false);
    assert_updated(self, 0,
                   "s.yaml:2: rtt.p95: < 9ms -> < 12.4ms\n"
                   "s.yaml:3: rtt.p95: < 5ms -> < 124ms\n"
                   "s.yaml:3: rtt.p95: > 3ms -> > 2.59ms\n",
                   "# c\na: < 12.4ms  # ±\nb: [< 124ms, \"> 2.59ms\"]\n");
}

static void test_what_held_stays(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_PASSED);

    read_ms(test, 2, 4, "< 9ms", 1, true);
    assert_updated(self, 0, "", text);
}

static void test_all_runs_are_allowed_for(Fixture *self, const void *text)
{
    const double results_ms[] = {11, 12.34, 8};

    (void)text;
    for (guint i = 0; i < G_N_ELEMENTS(results_ms); i++)
        read_ms(fixture_test(self, results_ms[i] < 9 ? TEST_PASSED : TEST_FAILED), 2, 4, "< 9ms",
                results_ms[i], results_ms[i] < 9);
    assert_updated(self, 0, "s.yaml:2: rtt.p95: < 9ms -> < 12.4ms\n",
                   "# c\na: < 12.4ms  # ±\nb: [< 5ms, \"> 3ms\"]\n");
}

static void test_a_soft_one_is_changed_too(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_PASSED);

    (void)text;
    read_ms(test, 2, 4, "< 9ms", 12.34, false)->is_soft = true;
    assert_updated(self, 0, "s.yaml:2: rtt.p95: < 9ms -> < 12.4ms\n",
                   "# c\na: < 12.4ms  # ±\nb: [< 5ms, \"> 3ms\"]\n");
}

static void test_runs_without_a_say(Fixture *self, const void *text)
{
    Test *failed = fixture_test(self, TEST_FAILED);

    failed->task_failed = true;
    read_ms(failed, 2, 4, "< 9ms", 12, false);
    read_ms(fixture_test(self, TEST_INVALID), 2, 4, "< 9ms", 12, false);
    read_ms(fixture_test(self, TEST_ERROR), 2, 4, "< 9ms", 12, false);
    read_ms(fixture_test(self, TEST_NOT_RUN), 2, 4, "< 9ms", 12, false);
    assert_updated(self, 1,
                   "t: nothing is taken from this run: a task failed\n"
                   "t: nothing is taken from this run: it was not valid\n",
                   text);
}

static void test_what_was_not_measured_is_left(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_FAILED);

    (void)text;
    read_ms(test, 2, 4, "< 9ms", 0, false)->is_measured = false;
    read_ms(test, 3, 5, "< 5ms", 6, false);
    assert_updated(
        self, 1,
        "s.yaml:2: rtt.p95: < 9ms, got 0ms: change it by hand: a run did not measure it\n"
        "s.yaml:3: rtt.p95: < 5ms -> < 6.1ms\n",
        "# c\na: < 9ms  # ±\nb: [< 6.1ms, \"> 3ms\"]\n");
}

static void test_a_run_that_measured_nothing_has_a_say(Fixture *self, const void *text)
{
    read_ms(fixture_test(self, TEST_FAILED), 2, 4, "< 9ms", 12, false);
    read_ms(fixture_test(self, TEST_FAILED), 2, 4, "< 9ms", 0, false)->is_measured = false;
    assert_updated(
        self, 2,
        "s.yaml:2: rtt.p95: < 9ms, got 12ms: change it by hand: a run did not measure it\n", text);
}

static void test_an_output_is_a_text(Fixture *self, const void *text)
{
    Reading *reading = read_ms(fixture_test(self, TEST_FAILED), 2, 4, "< 9ms", 0, false);

    reading->is_measured = false;
    g_free(reading->metric);
    reading->metric = g_strdup("output");
    assert_updated(self, 1, "s.yaml:2: output: < 9ms, got 0ms: change it by hand: it is a text\n",
                   text);
}

static void test_what_the_file_says_otherwise_is_left(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_FAILED);

    read_ms(test, 1, 4, "< 5ms", 6, false);
    read_ms(test, 2, 4, "< 8ms", 12, false);
    read_ms(test, 3, 5, "< 6ms", 12, false);
    assert_updated(self, 1,
                   "s.yaml:1: rtt.p95: < 5ms, got 6ms: change it by hand: it stands under an "
                   "anchor (&), so that other places may have it too\n"
                   "s.yaml:2: rtt.p95: < 8ms, got 12ms: change it by hand: its value comes from a "
                   "variable\n"
                   "s.yaml:3: rtt.p95: < 6ms, got 12ms: change it by hand: the file does not have "
                   "it there\n",
                   text);
}

static void test_runs_that_no_value_allows(Fixture *self, const void *text)
{
    read_ms(fixture_test(self, TEST_FAILED), 2, 4, "9ms", 12, false);
    read_ms(fixture_test(self, TEST_PASSED), 2, 4, "9ms", 9, true);
    assert_updated(self, 1,
                   "s.yaml:2: rtt.p95: 9ms, got 12ms: change it by hand: the runs came to "
                   "different values, from 9ms to 12ms\n",
                   text);
}

static void test_a_file_under_two_names_is_one(Fixture *self, const void *text)
{
    Test *test = fixture_test(self, TEST_FAILED);

    (void)text;
    read_ms(test, 2, 4, "< 9ms", 12.34, false);
    test = fixture_test(self, TEST_FAILED);
    g_free(test->path);
    test->path = g_build_filename(self->folder, ".", FILE_NAME, NULL);
    read_ms(test, 2, 4, "< 9ms", 15, false);
    assert_updated(self, 0, "s.yaml:2: rtt.p95: < 9ms -> < 15.1ms\n",
                   "# c\na: < 15.1ms  # ±\nb: [< 5ms, \"> 3ms\"]\n");
}

static void add(const char *name, const char *text, void (*test)(Fixture *, const void *))
{
    g_autofree char *path = g_strconcat("/sim/suite/update/", name, NULL);

    g_test_add(path, Fixture, text, fixture_set_up, test, fixture_tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("several-values-of-one-file", TEXT, test_several_values_of_one_file);
    add("what-held-stays", TEXT, test_what_held_stays);
    add("all-runs-are-allowed-for", TEXT, test_all_runs_are_allowed_for);
    add("a-soft-one-is-changed-too", TEXT, test_a_soft_one_is_changed_too);
    add("runs-without-a-say", TEXT, test_runs_without_a_say);
    add("what-was-not-measured-is-left", TEXT, test_what_was_not_measured_is_left);
    add("a-run-that-measured-nothing-has-a-say", TEXT, test_a_run_that_measured_nothing_has_a_say);
    add("an-output-is-a-text", TEXT, test_an_output_is_a_text);
    add("what-the-file-says-otherwise-is-left", "a: &x < 5ms\nb: \"< ${v}ms\"\nc: [< 5ms]\n",
        test_what_the_file_says_otherwise_is_left);
    add("runs-that-no-value-allows", "a:\nb: 9ms\n", test_runs_that_no_value_allows);
    add("a-file-under-two-names-is-one", TEXT, test_a_file_under_two_names_is_one);
    return g_test_run();
}
