// SPDX-License-Identifier: Apache-2.0
// How it works: the standard form of a distribution is a row of quantiles, as integers in units of
// 2^-16: rounding there makes every later step the same on every machine, whatever its libm. The
// delays are  max(0, centre + jitter x quantile); where nothing is cut the centre is the delay
// asked for, and where something is, a lower centre is searched at which the mean is what was asked
// (tc-netem's cut leaves the mean too high). The mean grows with the centre, so halving finds it.
// The deviation of a cut distribution is smaller than asked: `taploom check` says so.
#include "links/jitter.h"

#include <math.h>

#define QUANTILE_ONE 65536.0

// Standard normal: density and distribution function.
static double normal_density(double x)
{
    return exp(-x * x / 2) / sqrt(2 * M_PI);
}

static double normal_distribution(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

// Newton's method from the quantile before, which is near.
static double normal_quantile(double probability, double near)
{
    double x = near;

    for (int step = 0; step < 20; step++) {
        double change = (normal_distribution(x) - probability) / normal_density(x);

        x -= change;
        if (fabs(change) < 1e-13)
            break;
    }
    return x;
}

// The inner edges are quantiles; the outermost are set so that the mean of the first and last cell
// is right, which ends the tails at 3.5 deviations or so.
static void jitter_quantiles_normal(int32_t quantile[JITTER_N_CELLS + 1])
{
    double near = 0;

    for (int i = JITTER_N_CELLS / 2; i < JITTER_N_CELLS; i++) {
        near = normal_quantile((double)i / JITTER_N_CELLS, near);
        quantile[i] = (int32_t)lround(near * QUANTILE_ONE);
    }
    quantile[JITTER_N_CELLS] =
        (int32_t)lround((2 * normal_density(near) * JITTER_N_CELLS - near) * QUANTILE_ONE);
    for (int i = 0; i < JITTER_N_CELLS / 2; i++)
        quantile[i] = -quantile[JITTER_N_CELLS - i];
}

static void jitter_quantiles_uniform(int32_t quantile[JITTER_N_CELLS + 1])
{
    for (int i = 0; i <= JITTER_N_CELLS; i++)
        quantile[i] = (int32_t)QUANTILE_ONE * (2 * i - JITTER_N_CELLS) / JITTER_N_CELLS;
}

static void jitter_place(JitterTable *table, const int32_t *quantile, int64_t centre_ns,
                         int64_t jitter_ns)
{
    for (int i = 0; i <= JITTER_N_CELLS; i++) {
        int64_t delay_ns =
            centre_ns + jitter_ns / 65536 * quantile[i] + jitter_ns % 65536 * quantile[i] / 65536;

        table->edge_ns[i] = delay_ns > 0 ? delay_ns : 0;
    }
}

// Each cell's mean is the middle between its edges.
static int64_t jitter_mean_ns(const JitterTable *table)
{
    int64_t twice_ns = 0;

    for (int i = 0; i < JITTER_N_CELLS; i++)
        twice_ns += table->edge_ns[i] + table->edge_ns[i + 1];
    return (twice_ns + JITTER_N_CELLS) / (2 * JITTER_N_CELLS);
}

void jitter_table_init(JitterTable *table, const DelayConfig *config)
{
    int32_t quantile[JITTER_N_CELLS + 1];
    int64_t low_ns, high_ns;

    if (config->distribution == JITTER_NORMAL)
        jitter_quantiles_normal(quantile);
    else
        jitter_quantiles_uniform(quantile);

    // Invariant: at `low_ns` the mean is below the delay asked for, at `high_ns` not.
    low_ns = -5 * config->jitter_ns - 1;
    high_ns = config->delay_ns + 1;
    while (high_ns - low_ns > 1) {
        int64_t centre_ns = low_ns + (high_ns - low_ns) / 2;

        jitter_place(table, quantile, centre_ns, config->jitter_ns);
        if (jitter_mean_ns(table) < config->delay_ns)
            low_ns = centre_ns;
        else
            high_ns = centre_ns;
    }
    jitter_place(table, quantile, high_ns, config->jitter_ns);
}
