// SPDX-License-Identifier: Apache-2.0
// JitterTable: its mean is the delay to the nanosecond and its deviation the one asked for,
// whatever is cut; its shape is as named.
#include "links/delay/jitter.h"

#include <glib.h>
#include <math.h>

#include "core/random.h"

#define HOUR_NS INT64_C(3600000000000)

__extension__ typedef __int128 Wide;

typedef Quantiles *QuantilesNew(void);

static Quantiles *gamma_of_two(void)
{
    return quantiles_new_gamma(2);
}

static const struct {
    const char *name;
    QuantilesNew *new;
} shapes[] = {
    {"uniform", quantiles_new_uniform},           {"normal", quantiles_new_normal},
    {"exponential", quantiles_new_exponential},   {"pareto", quantiles_new_pareto},
    {"paretonormal", quantiles_new_paretonormal}, {"gamma", gamma_of_two},
};

static JitterTable *table_of(QuantilesNew *new, int64_t delay_ns, int64_t jitter_ns)
{
    g_autofree Quantiles *quantiles = new ();

    return jitter_table_new(quantiles, delay_ns, jitter_ns);
}

// Fails unless cells are in order, none is below zero, and their mean is the delay.
static void table_assert_mean(const JitterTable *table, int64_t delay_ns)
{
    Wide twice_ns = 0;

    g_assert_cmpint(table->edge_ns[0], >=, 0);
    for (uint32_t i = 0; i < table->n_cells; i++) {
        g_assert_cmpint(table->edge_ns[i], <=, table->edge_ns[i + 1]);
        twice_ns += (Wide)table->edge_ns[i] + table->edge_ns[i + 1];
    }
    g_assert_cmpint((int64_t)((twice_ns + table->n_cells) / (2 * table->n_cells)), ==, delay_ns);
    g_assert_cmpint(jitter_table_mean_ns(table), ==, delay_ns);
}

static void test_mean_is_the_delay(void)
{
    static const int64_t amounts_ns[] = {1,        2,          1000,        999983,
                                         20000000, 1000000000, HOUR_NS - 7, HOUR_NS};

    for (unsigned s = 0; s < G_N_ELEMENTS(shapes); s++) {
        for (unsigned d = 0; d < G_N_ELEMENTS(amounts_ns); d++) {
            for (unsigned j = 0; j < G_N_ELEMENTS(amounts_ns); j++) {
                g_autofree JitterTable *table =
                    table_of(shapes[s].new, amounts_ns[d], amounts_ns[j]);

                table_assert_mean(table, amounts_ns[d]);
            }
        }
    }
}

// What is cut at zero is made good, up to twenty times the mean, whatever the distribution.
static void test_deviation_is_as_asked_where_the_distribution_is_cut(void)
{
    static const int64_t jitters_ns[] = {1000000,  5000000,  10000000,  10000001,
                                         15000000, 30000000, 100000000, 200000000};

    for (unsigned s = 0; s < G_N_ELEMENTS(shapes); s++) {
        g_autofree Quantiles *quantiles = shapes[s].new();
        double unit = quantiles_deviation(quantiles);

        for (unsigned j = 0; j < G_N_ELEMENTS(jitters_ns); j++) {
            g_autofree JitterTable *table = jitter_table_new(quantiles, 10000000, jitters_ns[j]);
            double wanted_ns = unit * (double)jitters_ns[j];

            g_test_message("%s, 10 ms +- %" G_GINT64_FORMAT " ns", shapes[s].name, jitters_ns[j]);
            table_assert_mean(table, 10000000);
            g_assert_cmpfloat(fabs((double)jitter_table_deviation_ns(table) / wanted_ns - 1), <,
                              1e-3);
        }
    }
}

// A thousandth of the frames at most is delayed at all: the table has no finer cells.
static void test_deviation_out_of_reach_is_as_great_as_can_be(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_normal, 1000, 1000000000);

    table_assert_mean(table, 1000);
    g_assert_cmpint(jitter_table_deviation_ns(table), >, 30 * 1000);
    g_assert_cmpint(jitter_table_deviation_ns(table), <, 40 * 1000);
}

// 1 us in the mean, and no delay nearer to for ever than 2^46 ns.
static void test_longest_delay_is_bounded(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_normal, HOUR_NS, HOUR_NS * 10);

    table_assert_mean(table, HOUR_NS);
    g_assert_cmpint(table->edge_ns[table->n_cells], <=, (INT64_C(1) << 46) + HOUR_NS);
    g_assert_cmpint(table->edge_ns[table->n_cells], >, INT64_C(1) << 45);
}

static void test_uniform_is_evenly_spread(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 100 * 1024, 10 * 1024);

    for (int i = 0; i <= QUANTILES_N_CELLS; i++)
        g_assert_cmpint(table->edge_ns[i], ==, 90 * 1024 + 20 * i);
}

// The inverse of the normal distribution function at the edges between cells.
static void test_normal_quantiles_are_right(void)
{
    const int64_t delay_ns = 100000000, jitter_ns = 10000000;
    g_autofree JitterTable *table = table_of(quantiles_new_normal, delay_ns, jitter_ns);

    g_assert_cmpint(table->edge_ns[QUANTILES_N_CELLS / 2], ==, delay_ns);
    for (int i = 1; i < QUANTILES_N_CELLS; i++) {
        double deviations = (double)(table->edge_ns[i] - delay_ns) / (double)jitter_ns;
        double below = erfc(-deviations / sqrt(2)) / 2;

        g_assert_cmpfloat(fabs(below - (double)i / QUANTILES_N_CELLS), <, 1e-5);
    }
    g_assert_cmpint(table->edge_ns[0], <, 67000000); // the tail goes on beyond the last quantile
    g_assert_cmpint(table->edge_ns[QUANTILES_N_CELLS], ==, 2 * delay_ns - table->edge_ns[0]);
}

static void test_lookup_stays_within_the_cell(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 100 * 1024, 10 * 1024);

    g_assert_cmpint(jitter_table_at(table, 0), ==, table->edge_ns[0]);
    g_assert_cmpint(jitter_table_at(table, UINT64_MAX), ==, table->edge_ns[QUANTILES_N_CELLS] - 1);
    for (uint64_t i = 0; i < QUANTILES_N_CELLS; i++) {
        uint64_t first = i << 54;

        g_assert_cmpint(jitter_table_at(table, first), ==, table->edge_ns[i]);
        g_assert_cmpint(jitter_table_at(table, first + (UINT64_C(1) << 53)), ==,
                        table->edge_ns[i] + 10);
    }
}

// mean + deviation x value / 8192, rounded half away from zero, as sch_netem's tabledist().
static int64_t netem_delay_ns(int64_t mean_ns, int64_t deviation_ns, int64_t value)
{
    int64_t x = deviation_ns % 8192 * value;

    x += x >= 0 ? 4096 : -4096;
    return x / 8192 + deviation_ns / 8192 * value + mean_ns;
}

static void test_netem_table_is_taken_to_the_nanosecond(void)
{
    static const int16_t values[] = {-32768, -8191, -1, 0, 1, 3, 8191, 8193, 20000, 32767};
    g_autofree Quantiles *quantiles = quantiles_new_table(values, G_N_ELEMENTS(values));
    g_autofree JitterTable *table = jitter_table_new(quantiles, 50000000, 1234567);

    for (uint64_t i = 0; i < G_N_ELEMENTS(values); i++) {
        // The first and the last 64 bits that choose the i-th.
        uint64_t first = (uint64_t)ceil(ldexp((double)i / 10, 64));

        g_assert_cmpint(jitter_table_at(table, first + 4096), ==,
                        netem_delay_ns(50000000, 1234567, values[i]));
        g_assert_cmpint(jitter_table_at(table, first + UINT64_MAX / 10 - 8192), ==,
                        netem_delay_ns(50000000, 1234567, values[i]));
    }
}

// Mean and deviation of an uncut table are its own; a cut one is brought back to them.
static void test_netem_table_that_is_cut_keeps_mean_and_deviation(void)
{
    static const int16_t values[] = {-9000, -8000, -1000, 0, 500, 9000, 12000};
    g_autofree Quantiles *quantiles = quantiles_new_table(values, G_N_ELEMENTS(values));
    g_autofree JitterTable *table = jitter_table_new(quantiles, 10000000, 20000000);
    double mean_ns = 10e6 + 20e6 * quantiles_mean(quantiles);
    double deviation_ns = 20e6 * quantiles_deviation(quantiles);

    g_assert_cmpint(table->edge_ns[0], ==, 0);
    g_assert_cmpfloat(fabs((double)jitter_table_mean_ns(table) - mean_ns), <, 2);
    g_assert_cmpfloat(fabs((double)jitter_table_deviation_ns(table) / deviation_ns - 1), <, 1e-3);
}

// Over a million draws, cut and uncut: the mean within 3.29 standard errors (99.9 %), the deviation
// within 1 %, or 3.29 of its standard errors where tails are so heavy that these are more.
static void test_mean_and_deviation_of_a_million_draws(void)
{
    enum { N = 1000000 };
    static const int64_t delays_ns[] = {100000000, 10000000};
    RandomKey key = random_key(7, "jitter", 0, "draws");

    for (unsigned n = 0; n < G_N_ELEMENTS(shapes) * G_N_ELEMENTS(delays_ns); n++) {
        int64_t delay_ns = delays_ns[n % 2];
        g_autofree Quantiles *quantiles = shapes[n / 2].new();
        g_autofree JitterTable *table = jitter_table_new(quantiles, delay_ns, 20000000);
        double asked_ns = 20e6 * quantiles_deviation(quantiles);
        double sum = 0, squares = 0, fourths = 0, error;

        for (unsigned i = 0; i < N; i++) {
            double off_ns =
                (double)(jitter_table_at(table, random_draw(key, i, n)) - delay_ns) / asked_ns;

            sum += off_ns;
            squares += off_ns * off_ns;
            fourths += off_ns * off_ns * off_ns * off_ns;
        }
        error = 3.29 * sqrt((fourths / N - 1) / N) / 2;
        g_test_message("%s of %" G_GINT64_FORMAT " ns: %+.3f %% off the mean, %+.3f %% off the "
                       "deviation (+- %.3f %%)",
                       shapes[n / 2].name, delay_ns, 100 * sum / N, 100 * (sqrt(squares / N) - 1),
                       100 * error);
        g_assert_cmpfloat(fabs(sum / N), <, 3.29 / sqrt(N));
        g_assert_cmpfloat(fabs(sqrt(squares / N) - 1), <, MIN(error, 0.01));
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/jitter/mean-is-the-delay", test_mean_is_the_delay);
    g_test_add_func("/links/jitter/deviation-is-as-asked-where-the-distribution-is-cut",
                    test_deviation_is_as_asked_where_the_distribution_is_cut);
    g_test_add_func("/links/jitter/deviation-out-of-reach-is-as-great-as-can-be",
                    test_deviation_out_of_reach_is_as_great_as_can_be);
    g_test_add_func("/links/jitter/longest-delay-is-bounded", test_longest_delay_is_bounded);
    g_test_add_func("/links/jitter/uniform-is-evenly-spread", test_uniform_is_evenly_spread);
    g_test_add_func("/links/jitter/normal-quantiles-are-right", test_normal_quantiles_are_right);
    g_test_add_func("/links/jitter/lookup-stays-within-the-cell",
                    test_lookup_stays_within_the_cell);
    g_test_add_func("/links/jitter/netem-table-is-taken-to-the-nanosecond",
                    test_netem_table_is_taken_to_the_nanosecond);
    g_test_add_func("/links/jitter/netem-table-that-is-cut-keeps-mean-and-deviation",
                    test_netem_table_that_is_cut_keeps_mean_and_deviation);
    g_test_add_func("/links/jitter/mean-and-deviation-of-a-million-draws",
                    test_mean_and_deviation_of_a_million_draws);
    return g_test_run();
}
