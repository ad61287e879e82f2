// SPDX-License-Identifier: Apache-2.0
// What becomes of bounds that did not hold: they hold, and nothing but their numbers is another.
#include "sim/scenario/revision.h"

#include "sim/scenario/bounds.h"

typedef struct {
    MetricUnit unit;
    const char *text;
    double least, most;
    const char *revised; // NULL: the error
    const char *error;
} RevisionCase;

static const RevisionCase cases[] = {
    // One bound: outward, three digits up to 3.5 and two above.
    {METRIC_DURATION, "< 90ms", 97.3e6, 97.3e6, "< 98ms", NULL},
    {METRIC_DURATION, "< 90ms", 80e6, 97.3e6, "< 98ms", NULL},
    {METRIC_DURATION, "< 90ms", 98e6, 98e6, "< 99ms", NULL},
    {METRIC_DURATION, "<= 90ms", 98e6, 98e6, "<= 98ms", NULL},
    {METRIC_DURATION, "≤90ms", 98e6 + 1, 98e6 + 1, "≤99ms", NULL},
    {METRIC_DURATION, "<  90 ms", 101.2e6, 101.2e6, "<  102 ms", NULL},
    {METRIC_DURATION, "< 90ms", 1234e6, 1234e6, "< 1240ms", NULL},
    {METRIC_DURATION, "< 0.9s", 1.2341e9, 1.2341e9, "< 1.24s", NULL},
    {METRIC_DURATION, "< 1us", 97.3e6, 97.3e6, "< 98000us", NULL},
    {METRIC_DURATION, "< 1min", 61e9, 61e9, "< 1.02min", NULL},
    {METRIC_DURATION, "< 2ns", 7, 7, "< 8ns", NULL}, // 7.1 is finer than can be written
    {METRIC_DURATION, "> 90ms", 43.21e6, 43.21e6, "> 43ms", NULL},
    {METRIC_DURATION, ">= 90ms", 43e6, 95e6, ">= 43ms", NULL},
    {METRIC_RATE, "> 9.4mbit", 9.31234e6, 9.6e6, "> 9.3mbit", NULL},
    {METRIC_RATE, "> 9.4MBIT", 1.1e6, 1.1e6, "> 1.09MBIT", NULL},
    {METRIC_SIZE, "< 1KiB", 1500, 1500, "< 1.5KiB", NULL},
    {METRIC_SIZE, "< 1KiB", 1600, 1600, "< 2KiB", NULL}, // 1.6 KiB is not a number of bytes
    {METRIC_NUMBER, "> 0.99", 0.98765, 0.98765, "> 0.98", NULL},
    {METRIC_COUNT, "<= 0", 3, 3, "<= 3", NULL},
    {METRIC_COUNT, "< 5", 7, 7, "< 8", NULL},
    {METRIC_COUNT, "< 5", 1234, 1234, "< 1240", NULL},
    {METRIC_COUNT, ">= 1", 0, 5, ">= 0", NULL},
    {METRIC_COUNT, "< 0", 0, 0, "< 1", NULL},
    {METRIC_SHARE, "< 1%", 0.0512, 0.0512, "< 5.2%", NULL},
    {METRIC_SHARE, "> 99.9%", 0.9977, 0.9977, "> 99%", NULL},
    {METRIC_SHARE, "<= 5%", 1, 1, "<= 100%", NULL},
    {METRIC_SHARE, "< 5%", 1, 1, NULL, "no bound above 100% can be written"},
    {METRIC_COUNT, "> 0", 0, 0, NULL, "no bound below 0 can be written"},
    {METRIC_DURATION, "> 5ms", -3e6, 6e6, NULL, "no bound below -3ms can be written"},
    // Ranges: the end that was passed.
    {METRIC_DURATION, "20ms..30ms", 34.56e6, 34.56e6, "20ms..34.6ms", NULL},
    {METRIC_DURATION, "20ms .. 30ms", 12.34e6, 12.34e6, "12.3ms .. 30ms", NULL},
    {METRIC_DURATION, "20000us..0.03s", 9.99e6, 41e6, "9900us..0.041s", NULL},
    {METRIC_COUNT, "1..", 0, 7, "0..", NULL},
    {METRIC_COUNT, "1..5", 0, 7, "0..7", NULL},
    {METRIC_NUMBER, "..0.9", 0.95, 0.95, "..0.95", NULL},
    {METRIC_NUMBER, " ..0.9 ", 0.955, 0.955, " ..0.96 ", NULL},
    {METRIC_COUNT, "3..", -1, -1, NULL, "no bound below -1 can be written"},
    // A tolerance stays, around another middle.
    {METRIC_RATE, "9.4mbit ± 3%", 8.71234e6, 8.71234e6, "8.71mbit ± 3%", NULL},
    {METRIC_RATE, "9.4mbit +- 3%", 8.7e6, 9.2e6, "8.95mbit +- 3%", NULL},
    {METRIC_RATE, "9.4mbit ± 3%", 8e6, 9.2e6, NULL,
     "no value has both 8mbit and 9.2mbit within that tolerance"},
    {METRIC_DURATION, "20ms±2ms", 23.4567e6, 23.4567e6, "23.5ms±2ms", NULL},
    {METRIC_DURATION, "20ms +/- 10us", 23.4567e6, 23.4567e6, "23.46ms +/- 10us", NULL},
    {METRIC_DURATION, "20ms ± 0ms", 23456789, 23456789, "23.456789ms ± 0ms", NULL},
    {METRIC_DURATION, "20ms ± 10%", 0, 0, "0ms ± 10%", NULL},
    {METRIC_SHARE, "1% ± 0.5%", 0.0249, 0.0249, "2.49% ± 0.5%", NULL},
    {METRIC_COUNT, "5 ± 1", 7, 8, "8 ± 1", NULL},
    {METRIC_COUNT, "5 ± 1", 7, 10, NULL, "no value has both 7 and 10 within that tolerance"},
    {METRIC_COUNT, "1000000 ± 10", 1234567, 1234567, "1234570 ± 10", NULL},
    {METRIC_RATE, "9mbit ± 0%", 1e6 / 3, 1e6 / 3, NULL,
     "no value that can be written has 333.333kbit within that tolerance"},
    // Exact values.
    {METRIC_COUNT, "7", 12, 12, "12", NULL},
    {METRIC_COUNT, "= 0", 3, 3, "= 3", NULL},
    {METRIC_COUNT, "==7", 0, 0, "==0", NULL},
    {METRIC_SHARE, "= 1%", 0.03, 0.03, "= 3%", NULL},
    {METRIC_SHARE, "0%", 0.125, 0.125, "12.5%", NULL},
    {METRIC_DURATION, "1s", 1234567891, 1234567891, "1.234567891s", NULL},
    {METRIC_COUNT, "7", 7, 8, NULL, "the runs came to different values, from 7 to 8"},
    {METRIC_RATE, "1mbit", 1e6 / 3, 1e6 / 3, NULL,
     "exactly 333.333kbit cannot be written: give it a tolerance"},
    {METRIC_COUNT, "!= 7", 7, 7, NULL, "it says what must not be"},
};

static void test_bounds_are_moved_to_what_was_measured(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const RevisionCase *each = &cases[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *revised =
            revision_new(each->unit, each->text, each->least, each->most, &error);
        Bounds bounds;

        g_test_message("%s from %g to %g", each->text, each->least, each->most);
        g_assert_cmpstr(revised, ==, each->revised);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, each->error);
        if (revised == NULL)
            continue;
        g_assert_true(bounds_parse(each->unit, revised, &bounds, NULL));
        g_assert_true(bounds_hold(&bounds, each->least) && bounds_hold(&bounds, each->most));
    }
}

// Any value of seven decades: the bound holds, and is no further away than said.
static void test_no_bound_is_further_away_than_said(void)
{
    for (int64_t value_ns = 1000; value_ns < 10000000000; value_ns += value_ns * 137 / 10000 + 1) {
        double ns = (double)value_ns;
        g_autofree char *above = revision_new(METRIC_DURATION, "< 1us", ns, ns, NULL);
        g_autofree char *below = revision_new(METRIC_DURATION, "> 1us", ns, ns, NULL);
        Bounds high, low;

        g_assert_true(bounds_parse(METRIC_DURATION, above, &high, NULL));
        g_assert_true(bounds_parse(METRIC_DURATION, below, &low, NULL));
        g_test_message("%s %.0f %s", below, ns, above);
        g_assert_cmpfloat(high.high, >, ns);
        g_assert_cmpfloat(high.high, <=, ns * 1.03);
        g_assert_cmpfloat(low.low, <, ns);
        g_assert_cmpfloat(low.low, >=, ns * 0.97);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scenario/revision/bounds-are-moved-to-what-was-measured",
                    test_bounds_are_moved_to_what_was_measured);
    g_test_add_func("/sim/scenario/revision/no-bound-is-further-away-than-said",
                    test_no_bound_is_further_away_than_said);
    return g_test_run();
}
