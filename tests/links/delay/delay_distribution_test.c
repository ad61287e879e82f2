// SPDX-License-Identifier: Apache-2.0
// Delays have the mean and the spread that were asked for, even where the distribution is cut at
// zero, and the values and the likeness of neighbours that were.
#include <math.h>

#include "tests/links/delay/delay_rig.h"

typedef struct {
    double mean_ns, deviation_ns;
    int64_t min_ns, max_ns;
    double within_one; // share of delays within one `jitter` of the mean
} Spread;

enum { N_SAMPLES = 100000 };

// One frame at a time, so far apart that keeping order never interferes.
static Spread spread_of(const char *config, int64_t jitter_ns)
{
    Spread spread = {.min_ns = INT64_MAX};
    int64_t delay_ns;
    LinkRig rig;

    rig_open(&rig, config);
    delay_ns = link_config_delay_ns(rig.config[LINK_FORWARD]);
    rig_send(&rig, delay_ns + 6 * jitter_ns, N_SAMPLES);
    for (unsigned n = 0; n < N_SAMPLES; n++) {
        int64_t sample_ns = rig_delay_ns(&rig, n);

        spread.mean_ns += (double)sample_ns / N_SAMPLES;
        spread.min_ns = MIN(spread.min_ns, sample_ns);
        spread.max_ns = MAX(spread.max_ns, sample_ns);
        spread.within_one += (double)(ABS(sample_ns - delay_ns) <= jitter_ns) / N_SAMPLES;
    }
    for (unsigned n = 0; n < N_SAMPLES; n++) {
        double off_ns = (double)rig_delay_ns(&rig, n) - spread.mean_ns;

        spread.deviation_ns += off_ns * off_ns / N_SAMPLES;
    }
    spread.deviation_ns = sqrt(spread.deviation_ns);
    link_rig_close(&rig);
    return spread;
}

// The mean of 100,000 samples lies within 3.9 standard errors (99.99 %) of the true one.
static double mean_bound_ns(double deviation_ns)
{
    return 3.9 * deviation_ns / sqrt(N_SAMPLES) + 1;
}

static void test_uniform_has_its_range_mean_and_deviation(void)
{
    Spread spread = spread_of("delay 10ms, jitter 2ms", 2000000);

    g_assert_cmpint(spread.min_ns, >=, 8000000);
    g_assert_cmpint(spread.min_ns, <, 8001000); // of 100,000 samples one is near each end
    g_assert_cmpint(spread.max_ns, <=, 12000000);
    g_assert_cmpint(spread.max_ns, >, 11999000);
    assert_within(spread.mean_ns, 10e6, mean_bound_ns(2e6 / sqrt(3)));
    assert_within(spread.deviation_ns, 2e6 / sqrt(3), 2e6 / sqrt(3) * 0.01);
}

static void test_normal_has_its_mean_and_deviation(void)
{
    Spread spread = spread_of("delay 100ms, jitter 10ms, jitter.distribution normal", 10000000);

    assert_within(spread.mean_ns, 100e6, mean_bound_ns(10e6));
    // Its own standard error is deviation / sqrt(2 n): 0.22 %; 3.9 of them are 0.9 %.
    assert_within(spread.deviation_ns, 10e6, 10e6 * 0.009);
    // Within one deviation lie 68.27 %, give or take 3.9 times 0.15 %; uniform would have all.
    assert_within(spread.within_one, 0.6827, 0.006);
    g_assert_cmpint(spread.max_ns, >, 130000000); // tails reach beyond three deviations
    g_assert_cmpint(spread.min_ns, <, 70000000);
}

static void test_mean_is_kept_where_the_distribution_is_cut(void)
{
    static const struct {
        const char *config;
        int64_t delay_ns, jitter_ns;
    } cases[] = {
        {"delay 10ms, jitter 10ms", 10000000, 10000000}, // just not cut
        {"delay 5ms, jitter 20ms", 5000000, 20000000},
        {"delay 5ms, jitter 20ms, jitter.distribution normal", 5000000, 20000000},
        {"delay 10ms, jitter 10ms, jitter.distribution normal", 10000000, 10000000},
        {"delay 1us, jitter 1ms", 1000, 1000000},
        {"delay 1us, jitter 1ms, jitter.distribution normal", 1000, 1000000},
        {"delay 1h, jitter 1h, jitter.distribution normal", HOUR_NS, HOUR_NS},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
        Spread spread = spread_of(cases[n].config, cases[n].jitter_ns);

        g_assert_cmpint(spread.min_ns, >=, 0);
        assert_within(spread.mean_ns, (double)cases[n].delay_ns,
                      mean_bound_ns(spread.deviation_ns));
    }
}

static void test_table_gives_its_values_only(void)
{
    unsigned n_low = 0;
    LinkRig rig;

    rig_open(&rig, "delay 10ms, jitter 2ms, jitter.distribution table, jitter.file -8192 4096");
    rig_send(&rig, 20000000, 1000);
    for (unsigned n = 0; n < 1000; n++) {
        int64_t delay_ns = rig_delay_ns(&rig, n);

        g_assert_true(delay_ns == 8000000 || delay_ns == 11000000);
        n_low += delay_ns == 8000000;
    }
    assert_within(n_low, 500, 3.9 * sqrt(250));
    link_rig_close(&rig);
}

// Neighbours are alike, with a half-life of ten frames, and the lost ones count as well.
static void test_correlated_delays_are_those_of_the_numbers(void)
{
    static const char *const config =
        "delay 100ms, jitter 10ms, jitter.distribution normal, jitter.correlation 10 packets";
    g_autofree char *with_loss = g_strdup_printf("loss 30%%, %s", config);
    double product = 0, square = 0;
    LinkRig plain, lossy;

    rig_open(&plain, config);
    rig_open(&lossy, with_loss);
    rig_send(&plain, 200000000, 20000);
    script_add(&lossy.script[LINK_FORWARD], 0, 200000000, 20000, 60);
    link_rig_run_to_end(&lossy);
    for (unsigned n = 0; n < probe_count(&lossy.probe[LINK_FORWARD]); n++)
        g_assert_cmpint(rig_delay_ns(&lossy, n), ==,
                        rig_delay_ns(&plain, probe_record(&lossy.probe[LINK_FORWARD], n)->serial));
    for (unsigned n = 10; n < 20000; n++) {
        double off = (double)rig_delay_ns(&plain, n) / 1e7 - 10;

        product += off * ((double)rig_delay_ns(&plain, n - 10) / 1e7 - 10);
        square += off * off;
    }
    // Its standard error is 0.027: 3.29 of them.
    assert_within(product / square, 0.5, 0.09);
    link_rig_close(&plain);
    link_rig_close(&lossy);
}

#define ADD(path, function) g_test_add_func("/links/delay/distribution/" path, function)

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("uniform-has-its-range-mean-and-deviation", test_uniform_has_its_range_mean_and_deviation);
    ADD("normal-has-its-mean-and-deviation", test_normal_has_its_mean_and_deviation);
    ADD("mean-is-kept-where-the-distribution-is-cut",
        test_mean_is_kept_where_the_distribution_is_cut);
    ADD("table-gives-its-values-only", test_table_gives_its_values_only);
    ADD("correlated-delays-are-those-of-the-numbers",
        test_correlated_delays_are_those_of_the_numbers);
    return g_test_run();
}
