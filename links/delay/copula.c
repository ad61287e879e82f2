// SPDX-License-Identifier: Apache-2.0
// How it works: the delay as a function g of a standard normal score z is developed in normed
// Hermite polynomials h_k, g = sum of c_k h_k(z); where two scores have the correlation r their
// delays have the covariance  sum of c_k^2 r^k  (Mehler's formula), k from 1 on. g is taken as
// constant within each cell, so that  c_k = sum of g x (the integral of h_k phi over the cell),
// and that integral is the difference of -h_(k-1) phi / sqrt(k) between the cell's edges.
#include "links/delay/copula.h"

#include <math.h>

#include "links/delay/normal.h"

enum { COPULA_N_TERMS = 40 };

// Adds the share of the edge at `score`, where g rises by `rise`, to each coefficient.
static void copula_add_edge(double *coefficients, double score, double rise)
{
    double before = 0, polynomial = 1; // h_(k-2), h_(k-1)

    for (int k = 1; k <= COPULA_N_TERMS; k++) {
        double next = (score * polynomial - sqrt(k - 1) * before) / sqrt(k);

        coefficients[k] += rise * polynomial * normal_density(score) / sqrt(k);
        before = polynomial;
        polynomial = next;
    }
}

static double copula_cell_mean(const JitterTable *table, uint32_t cell)
{
    double low_ns = (double)table->edge_ns[cell];
    double high_ns = table->within_mask != 0 ? (double)table->edge_ns[cell + 1] : low_ns;

    return (low_ns + high_ns) / 2;
}

static double copula_variance(const JitterTable *table)
{
    double mean_ns = (double)jitter_table_mean_ns(table), variance = 0;

    for (uint32_t i = 0; i < table->n_cells; i++) {
        double off_ns = copula_cell_mean(table, i) - mean_ns;

        variance += off_ns * off_ns / table->n_cells;
    }
    return variance;
}

static void copula_develop(const JitterTable *table, double *coefficients)
{
    double near = 0;

    for (uint32_t i = table->n_cells / 2; i > 0; i--) {
        uint32_t mirror = table->n_cells - i;

        near = normal_quantile((double)i / table->n_cells, near);
        copula_add_edge(coefficients, near,
                        copula_cell_mean(table, i) - copula_cell_mean(table, i - 1));
        if (mirror != i)
            copula_add_edge(coefficients, -near,
                            copula_cell_mean(table, mirror) - copula_cell_mean(table, mirror - 1));
    }
}

double copula_score_correlation_for_half(const JitterTable *table)
{
    double coefficients[COPULA_N_TERMS + 1] = {0};
    double variance = copula_variance(table), low = 0.5, high = 1;

    copula_develop(table, coefficients);
    for (int step = 0; step < 40; step++) {
        double middle = (low + high) / 2, power = middle, covariance = 0, rest = variance;

        for (int k = 1; k <= COPULA_N_TERMS; k++, power *= middle) {
            covariance += coefficients[k] * coefficients[k] * power;
            rest -= coefficients[k] * coefficients[k];
        }
        if (covariance + MAX(rest, 0) * power < variance / 2)
            low = middle;
        else
            high = middle;
    }
    return low;
}
