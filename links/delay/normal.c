// SPDX-License-Identifier: Apache-2.0
// How it works: both directions of the distribution function are tables, straight between their
// entries. Entries are rounded to integers, so that every later step is the same on every machine,
// whatever its libm. Cells of quantiles become narrower with the probability, as a floating-point
// number's, so that the tails are as exact as the middle.
#include "links/delay/normal.h"

#include <math.h>

double normal_density(double x)
{
    return exp(-x * x / 2) / sqrt(2 * M_PI);
}

static double normal_distribution(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

double normal_quantile(double probability, double near)
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

void normal_table_init(NormalTable *table)
{
    const int n_cells = 1 << NORMAL_CELL_BITS;
    double near = 0;

    for (int i = NORMAL_N_OCTAVES * n_cells; i >= 0; i--) {
        double probability =
            ldexp(n_cells + i % n_cells, i / n_cells - NORMAL_N_OCTAVES - NORMAL_CELL_BITS - 1);

        near = normal_quantile(probability, near);
        table->score[i] = (int32_t)lround(ldexp(near, NORMAL_SCORE_BITS));
    }
    for (int i = 0; i <= NORMAL_RANK_MAX << NORMAL_RANK_STEP_BITS; i++)
        table->rank[i] =
            (uint32_t)llround(ldexp(normal_distribution(-ldexp(i, -NORMAL_RANK_STEP_BITS)), 32));
}
