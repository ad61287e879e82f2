// SPDX-License-Identifier: Apache-2.0
// Quantiles: a distribution in its standard form, as the row of its quantiles.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { QUANTILE_BITS = 16, QUANTILES_N_CELLS = 1024 };

// What a draw can be, in units of 2^-16 deviations: it falls into each of the cells between
// neighbouring edges with the same probability; there it lies evenly, or, with `steps`, on the
// lower edge. Edges rise.
typedef struct {
    bool steps;
    uint32_t n_cells;
    int32_t edge[]; // n_cells + 1
} Quantiles;

// Each has a mean of 0 and, but for the first, a deviation of 1; the tails without an end are ended
// where the mean of the outermost cell (a 1024th) is right, and what a heavy tail loses by it is
// made good by scale. All are freed with g_free().
Quantiles *quantiles_new_uniform(void); // from -1 to 1
Quantiles *quantiles_new_normal(void);
Quantiles *quantiles_new_exponential(void);
// Of shape 3, as tc-netem's, but with the deviation that its name promises.
Quantiles *quantiles_new_pareto(void);
// tc-netem's: for each quantile, a quarter of the normal's and three quarters of its pareto's.
Quantiles *quantiles_new_paretonormal(void);
// Of shape `shape` (0.01 to 1000).
Quantiles *quantiles_new_gamma(double shape);
// The `n_values` of a tc-netem table, in any order, each as likely as the others; 8192 is 1.
Quantiles *quantiles_new_table(const int16_t *values, uint32_t n_values);

Quantiles *quantiles_copy(const Quantiles *quantiles);

// Their mean and deviation, in deviations.
double quantiles_mean(const Quantiles *quantiles);
double quantiles_deviation(const Quantiles *quantiles);
