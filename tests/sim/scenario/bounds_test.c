// SPDX-License-Identifier: Apache-2.0
// What an expectation's text lets pass, at its edges and beside them.
#include <glib.h>

#include "sim/scenario/bounds.h"

static bool holds(MetricUnit unit, const char *text, const char *value_text)
{
    g_autoptr(GError) error = NULL;
    Bounds bounds;
    double value;

    g_assert_true(bounds_parse(unit, text, &bounds, &error));
    g_assert_no_error(error);
    g_assert_true(metric_parse(unit, value_text, &value, &error));
    return bounds_hold(&bounds, value);
}

typedef struct {
    MetricUnit unit;
    const char *text;
    const char *in[4], *out[4];
} BoundsCase;

static const BoundsCase cases[] = {
    {METRIC_DURATION, "< 90ms", {"0ms", "89.999ms"}, {"90ms", "1s"}},
    {METRIC_DURATION, " <  90ms ", {"0ms", "89.999ms"}, {"90ms", "1s"}},
    {METRIC_DURATION, "<=90ms", {"0ms", "90ms"}, {"90001us"}},
    {METRIC_DURATION, "≤ 90ms", {"90ms"}, {"90001us"}},
    {METRIC_COUNT, "> 1", {"2"}, {"1", "0"}},
    {METRIC_COUNT, ">= 1", {"1", "2"}, {"0"}},
    {METRIC_COUNT, "≥1", {"1", "2"}, {"0"}},
    {METRIC_COUNT, "= 0", {"0"}, {"1"}},
    {METRIC_COUNT, "== 7", {"7"}, {"6", "8"}},
    {METRIC_COUNT, "7", {"7"}, {"6", "8"}},
    {METRIC_COUNT, "!= 7", {"6", "8"}, {"7"}},
    {METRIC_COUNT, "≠ 7", {"6", "8"}, {"7"}},
    {METRIC_DURATION, "20ms..30ms", {"20ms", "25ms", "30ms"}, {"19.999ms", "30.001ms"}},
    {METRIC_DURATION, "20ms ..30ms", {"20ms", "30ms"}, {"19ms", "31ms"}},
    {METRIC_COUNT, "1..", {"1", "1000000"}, {"0"}},
    {METRIC_NUMBER, "..0.9", {"0", "0.9"}, {"0.91"}},
    {METRIC_NUMBER, "0.5..1.5", {"0.5", "1.5"}, {"0.4", "1.6"}},
    {METRIC_RATE, "9.4mbit ± 3%", {"9.12mbit", "9.68mbit"}, {"9.11mbit", "9.69mbit"}},
    {METRIC_RATE, "9.4mbit +- 3%", {"9.12mbit", "9.68mbit"}, {"9.11mbit", "9.69mbit"}},
    {METRIC_RATE, "10mbit +/- 1mbit", {"9mbit", "11mbit"}, {"8.9mbit", "11.1mbit"}},
    {METRIC_DURATION, "20ms±2ms", {"18ms", "22ms"}, {"17.999ms", "22.001ms"}},
    {METRIC_SHARE, "1% ± 0.5%", {"0.6%", "1.4%"}, {"0.4%", "1.6%"}}, // points, not of 1 %
    {METRIC_SHARE, "= 1%", {"1%"}, {"1.1%", "0%"}},
    {METRIC_SIZE, "> 1kB", {"1001B"}, {"1kB"}},
};

static void test_edges(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const BoundsCase *each = &cases[i];

        for (size_t n = 0; n < G_N_ELEMENTS(each->in) && each->in[n] != NULL; n++) {
            g_test_message("%s lets %s pass", each->text, each->in[n]);
            g_assert_true(holds(each->unit, each->text, each->in[n]));
        }
        for (size_t n = 0; n < G_N_ELEMENTS(each->out) && each->out[n] != NULL; n++) {
            g_test_message("%s stops %s", each->text, each->out[n]);
            g_assert_false(holds(each->unit, each->text, each->out[n]));
        }
    }
}

// A share of a measurement is what a file writes, to the last bit.
static void test_a_measured_share_equals_a_written_one(void)
{
    Bounds bounds;

    g_assert_true(bounds_parse(METRIC_SHARE, "= 3%", &bounds, NULL));
    g_assert_true(bounds_hold(&bounds, 3.0 / 100.0));
    g_assert_true(bounds_hold(&bounds, 30.0 / 1000.0));
    for (unsigned n = 0; n <= 1000; n++) {
        g_autofree char *text = g_strdup_printf("= %u.%u%%", n / 10, n % 10);

        g_assert_true(bounds_parse(METRIC_SHARE, text, &bounds, NULL));
        g_test_message("%s", text);
        g_assert_true(bounds_hold(&bounds, n / 1000.0));
    }
}

static void test_a_tolerance_ends_where_it_says(void)
{
    Bounds bounds;

    for (unsigned n = 1; n <= 100; n++) {
        for (unsigned tolerance = 0; tolerance <= n; tolerance++) {
            g_autofree char *text = g_strdup_printf("%u%% ± %u%%", n, tolerance);

            g_assert_true(bounds_parse(METRIC_SHARE, text, &bounds, NULL));
            g_test_message("%s", text);
            g_assert_true(bounds_hold(&bounds, (n - tolerance) / 100.0));
            g_assert_true(bounds_hold(&bounds, (n + tolerance) / 100.0));
            g_assert_false(bounds_hold(&bounds, (n + tolerance + 0.001) / 100.0));
        }
    }
    g_assert_true(bounds_parse(METRIC_NUMBER, "0.7 ± 0.1", &bounds, NULL));
    g_assert_true(bounds_hold(&bounds, 0.8));
}

static void test_what_is_wrong_is_told(void)
{
    static const struct {
        MetricUnit unit;
        const char *text, *error;
    } wrong[] = {
        {METRIC_DURATION, "< 90", "\"90\" has no unit: write 90ms or 90s"},
        {METRIC_DURATION, "1mbit",
         "\"1mbit\" has the unknown unit \"mbit\": use ns, us, ms, s, min or h"},
        {METRIC_COUNT, "1ms", "\"1ms\" is not a whole number without a unit"},
        {METRIC_COUNT, "5..3", "is an empty range: 5 is more than 3"},
        {METRIC_COUNT, "..", "has nothing on either side of the dots"},
        {METRIC_RATE, "1mbit ± 3ms",
         "\"3ms\" has the unknown unit \"ms\": use bit, kbit, mbit or "
         "gbit (a second)"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        Bounds bounds;

        g_assert_false(bounds_parse(wrong[i].unit, wrong[i].text, &bounds, &error));
        g_assert_cmpstr(error->message, ==, wrong[i].error);
    }
}

static void assert_formatted(MetricUnit unit, double value, const char *expected)
{
    g_autofree char *text = metric_format(unit, value);

    g_assert_cmpstr(text, ==, expected);
}

static void test_values_are_written_as_in_a_file(void)
{
    assert_formatted(METRIC_DURATION, 12500000, "12.5ms");
    assert_formatted(METRIC_DURATION, 0, "0ns");
    assert_formatted(METRIC_RATE, 9412000, "9.412mbit");
    assert_formatted(METRIC_SHARE, 0.0123, "1.23%");
    assert_formatted(METRIC_COUNT, 123456789, "123456789");
    assert_formatted(METRIC_NUMBER, 0.998, "0.998");
    assert_formatted(METRIC_SIZE, 1500, "1.5kB");
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scenario/bounds/edges", test_edges);
    g_test_add_func("/scenario/bounds/a-measured-share-equals-a-written-one",
                    test_a_measured_share_equals_a_written_one);
    g_test_add_func("/scenario/bounds/a-tolerance-ends-where-it-says",
                    test_a_tolerance_ends_where_it_says);
    g_test_add_func("/scenario/bounds/what-is-wrong-is-told", test_what_is_wrong_is_told);
    g_test_add_func("/scenario/bounds/values-are-written-as-in-a-file",
                    test_values_are_written_as_in_a_file);
    return g_test_run();
}
