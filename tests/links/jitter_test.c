// SPDX-License-Identifier: Apache-2.0
// JitterTable: its mean is the delay to the nanosecond, whatever is cut; its shape is as named.
#include "links/jitter.h"

#include <glib.h>
#include <math.h>

#define HOUR_NS INT64_C(3600000000000)

__extension__ typedef __int128 Wide;

// Fails unless cells are in order, none is below zero, and their mean is the delay.
static void table_assert_mean(const JitterTable *table, int64_t delay_ns)
{
    Wide twice_ns = 0;

    g_assert_cmpint(table->edge_ns[0], >=, 0);
    for (int i = 0; i < JITTER_N_CELLS; i++) {
        g_assert_cmpint(table->edge_ns[i], <=, table->edge_ns[i + 1]);
        twice_ns += (Wide)table->edge_ns[i] + table->edge_ns[i + 1];
    }
    g_assert_cmpint((int64_t)((twice_ns + JITTER_N_CELLS) / (2 * JITTER_N_CELLS)), ==, delay_ns);
}

static void test_mean_is_the_delay(void)
{
    static const int64_t amounts_ns[] = {1,        2,          1000,        999983,
                                         20000000, 1000000000, HOUR_NS - 7, HOUR_NS};
    JitterTable table;

    for (unsigned d = 0; d < G_N_ELEMENTS(amounts_ns); d++) {
        for (unsigned j = 0; j < G_N_ELEMENTS(amounts_ns); j++) {
            for (int shape = JITTER_UNIFORM; shape <= JITTER_NORMAL; shape++) {
                DelayConfig config = {
                    .delay_ns = amounts_ns[d], .jitter_ns = amounts_ns[j], .distribution = shape};

                jitter_table_init(&table, &config);
                table_assert_mean(&table, amounts_ns[d]);
            }
        }
    }
}

static void test_uniform_is_evenly_spread(void)
{
    DelayConfig config = {.delay_ns = 100 * 1024, .jitter_ns = 10 * 1024};
    JitterTable table;

    jitter_table_init(&table, &config);
    for (int i = 0; i <= JITTER_N_CELLS; i++)
        g_assert_cmpint(table.edge_ns[i], ==, 90 * 1024 + 20 * i);
}

// The inverse of the normal distribution function at the edges between cells.
static void test_normal_quantiles_are_right(void)
{
    DelayConfig config = {
        .delay_ns = INT64_C(100000000), .jitter_ns = 10000000, .distribution = JITTER_NORMAL};
    JitterTable table;

    jitter_table_init(&table, &config);
    g_assert_cmpint(table.edge_ns[JITTER_N_CELLS / 2], ==, config.delay_ns);
    for (int i = 1; i < JITTER_N_CELLS; i++) {
        double deviations = (double)(table.edge_ns[i] - config.delay_ns) / (double)config.jitter_ns;
        double below = erfc(-deviations / sqrt(2)) / 2;

        g_assert_cmpfloat(fabs(below - (double)i / JITTER_N_CELLS), <, 1e-5);
    }
    g_assert_cmpint(table.edge_ns[0], <, 67000000); // the tail goes on beyond the last quantile
    g_assert_cmpint(table.edge_ns[JITTER_N_CELLS], ==, 2 * config.delay_ns - table.edge_ns[0]);
}

static void test_lookup_stays_within_the_cell(void)
{
    DelayConfig config = {.delay_ns = 100 * 1024, .jitter_ns = 10 * 1024};
    JitterTable table;

    jitter_table_init(&table, &config);
    g_assert_cmpint(jitter_table_at(&table, 0), ==, table.edge_ns[0]);
    g_assert_cmpint(jitter_table_at(&table, UINT64_MAX), ==, table.edge_ns[JITTER_N_CELLS] - 1);
    for (uint64_t i = 0; i < JITTER_N_CELLS; i++) {
        uint64_t first = i << (64 - JITTER_CELL_BITS);
        uint64_t half = UINT64_C(1) << (63 - JITTER_CELL_BITS);

        g_assert_cmpint(jitter_table_at(&table, first), ==, table.edge_ns[i]);
        g_assert_cmpint(jitter_table_at(&table, first + half), ==, table.edge_ns[i] + 10);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/jitter/mean-is-the-delay", test_mean_is_the_delay);
    g_test_add_func("/links/jitter/uniform-is-evenly-spread", test_uniform_is_evenly_spread);
    g_test_add_func("/links/jitter/normal-quantiles-are-right", test_normal_quantiles_are_right);
    g_test_add_func("/links/jitter/lookup-stays-within-the-cell",
                    test_lookup_stays_within_the_cell);
    return g_test_run();
}
