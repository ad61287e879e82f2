// SPDX-License-Identifier: Apache-2.0
// How it works: with quantiles q of the standard form the delays are
//
//     max(0, centre + scale x q) = scale x max(0, q - x)     where x = -centre / scale.
//
// Their coefficient of variation, deviation / mean, depends on x alone, and grows with it: with
// m1 and m2 the first and second moments of max(0, q - x) and S the share above x, the derivative
// of log(m2 / m1^2) is 2 (S m2 - m1^2) / (m1 m2), which is not negative (Cauchy-Schwarz on what is
// above x). So halving finds the x at which the quotient is the one asked for; then scale is the
// mean asked for through m1. Last, the centre is moved until the mean is right to the nanosecond.
#include "links/delay/jitter.h"

#include <math.h>

#define QUANTILE_ONE (INT64_C(1) << QUANTILE_BITS)

// No delay is beyond this, about 19 hours, because of a scale that makes good what was cut.
#define JITTER_LONGEST_NS (INT64_C(1) << 46)

// scale x quantile, rounded half away from zero, as tc-netem does.
static int64_t jitter_scaled_ns(int64_t scale_ns, int64_t quantile)
{
    int64_t rest = scale_ns % QUANTILE_ONE * quantile;

    rest += rest >= 0 ? QUANTILE_ONE / 2 : -QUANTILE_ONE / 2;
    return scale_ns / QUANTILE_ONE * quantile + rest / QUANTILE_ONE;
}

static void jitter_place(JitterTable *table, const Quantiles *quantiles, int64_t centre_ns,
                         int64_t scale_ns)
{
    for (uint32_t i = 0; i <= quantiles->n_cells; i++) {
        int64_t delay_ns = centre_ns + jitter_scaled_ns(scale_ns, quantiles->edge[i]);

        table->edge_ns[i] = delay_ns > 0 ? delay_ns : 0;
    }
}

// The mean and the mean square of max(0, quantile - cut), in units of QUANTILE_ONE.
static void jitter_moments(const Quantiles *quantiles, int64_t cut, double *mean, double *square)
{
    double sum = 0, sum_of_squares = 0;

    for (uint32_t i = 0; i < quantiles->n_cells; i++) {
        double low = (double)MAX(0, quantiles->edge[i] - cut);
        double high = quantiles->steps ? low : (double)MAX(0, quantiles->edge[i + 1] - cut);

        sum += low + high;
        sum_of_squares += low * low + low * high + high * high;
    }
    *mean = sum / 2 / quantiles->n_cells;
    *square = sum_of_squares / 3 / quantiles->n_cells;
}

// Whether cutting at `cut` varies the delays more than asked for, or needs delays without end.
static bool jitter_is_cut_too_high(const Quantiles *quantiles, int64_t cut, double mean_ns,
                                   double variation)
{
    double mean, square;

    jitter_moments(quantiles, cut, &mean, &square);
    return square > mean * mean * (1 + variation * variation) ||
           mean_ns * (double)(quantiles->edge[quantiles->n_cells] - cut) >
               mean * (double)JITTER_LONGEST_NS;
}

// The scale at which, cut at zero, mean and deviation are those.
static int64_t jitter_find_scale_ns(const Quantiles *quantiles, double mean_ns, double deviation_ns)
{
    uint32_t last = quantiles->n_cells - 1;
    int64_t low = quantiles->edge[0] - 1, high = quantiles->edge[last];
    double mean, square;

    // Invariant: `low` is not too high, `high` is, or leaves nothing.
    while (high - low > 1) {
        int64_t cut = low + (high - low) / 2;

        if (jitter_is_cut_too_high(quantiles, cut, mean_ns, deviation_ns / mean_ns))
            high = cut;
        else
            low = cut;
    }
    jitter_moments(quantiles, low, &mean, &square);
    return llround(mean_ns / mean * (double)QUANTILE_ONE);
}

static int64_t jitter_cell_sum_ns(const JitterTable *table, uint32_t cell)
{
    return table->edge_ns[cell] + table->edge_ns[table->within_mask != 0 ? cell + 1 : cell];
}

int64_t jitter_table_mean_ns(const JitterTable *table)
{
    int64_t twice_ns = 0;

    for (uint32_t i = 0; i < table->n_cells; i++)
        twice_ns += jitter_cell_sum_ns(table, i);
    return (twice_ns + table->n_cells) / (2 * (int64_t)table->n_cells);
}

int64_t jitter_table_deviation_ns(const JitterTable *table)
{
    double mean_ns = (double)jitter_table_mean_ns(table), square = 0;

    for (uint32_t i = 0; i < table->n_cells; i++) {
        double low_ns = (double)table->edge_ns[i] - mean_ns;
        double high_ns = (double)jitter_cell_sum_ns(table, i) - 2 * mean_ns - low_ns;

        square += (low_ns * low_ns + low_ns * high_ns + high_ns * high_ns) / 3 / table->n_cells;
    }
    return llround(sqrt(square));
}

// Moves the centre until the mean is `mean_ns`. It grows with the centre, so halving finds it.
static void jitter_centre(JitterTable *table, const Quantiles *quantiles, int64_t mean_ns,
                          int64_t scale_ns)
{
    int64_t least_ns = jitter_scaled_ns(scale_ns, quantiles->edge[0]);
    int64_t most_ns = jitter_scaled_ns(scale_ns, quantiles->edge[quantiles->n_cells]);
    int64_t low_ns = -most_ns - 1, high_ns = mean_ns - least_ns + 1;

    // Invariant: at `low_ns` the mean is below the one asked for, at `high_ns` not.
    while (high_ns - low_ns > 1) {
        int64_t centre_ns = low_ns + (high_ns - low_ns) / 2;

        jitter_place(table, quantiles, centre_ns, scale_ns);
        if (jitter_table_mean_ns(table) < mean_ns)
            low_ns = centre_ns;
        else
            high_ns = centre_ns;
    }
    jitter_place(table, quantiles, high_ns, scale_ns);
}

JitterTable *jitter_table_new(const Quantiles *quantiles, int64_t delay_ns, int64_t jitter_ns)
{
    JitterTable *table =
        g_malloc0(sizeof *table + (quantiles->n_cells + 1) * sizeof table->edge_ns[0]);
    // Of the others it is 0, up to their rounding.
    double standard_mean = quantiles->steps ? quantiles_mean(quantiles) : 0;
    double mean_ns = (double)delay_ns + (double)jitter_ns * standard_mean;
    double deviation_ns = (double)jitter_ns * quantiles_deviation(quantiles);
    bool is_cut = delay_ns + jitter_scaled_ns(jitter_ns, quantiles->edge[0]) < 0;

    table->n_cells = quantiles->n_cells;
    table->within_mask = quantiles->steps ? 0 : 0xffff;
    if (is_cut && mean_ns >= 0.5)
        jitter_centre(table, quantiles, llround(mean_ns),
                      jitter_find_scale_ns(quantiles, mean_ns, deviation_ns));
    else if (!is_cut && !quantiles->steps)
        jitter_centre(table, quantiles, delay_ns, jitter_ns);
    else // as the file of a table says, to the nanosecond
        jitter_place(table, quantiles, delay_ns, jitter_ns);
    return table;
}
