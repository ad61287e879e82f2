// SPDX-License-Identifier: Apache-2.0
// How it works: the inner edges are quantiles of the distribution; an outermost edge is its end
// where it has one, and else lies so that the mean of the outermost cell is right. Then the row is
// shifted and scaled to a mean of 0 and a deviation of 1 and rounded to integers, which makes
// every later step the same on every machine, whatever its libm.
#include "links/delay/quantiles.h"

#include <math.h>
#include <stdlib.h>

#include "links/delay/normal.h"

static size_t quantiles_bytes(uint32_t n_cells)
{
    return sizeof(Quantiles) + (n_cells + 1) * sizeof(int32_t);
}

static Quantiles *quantiles_new(uint32_t n_cells)
{
    Quantiles *quantiles = g_malloc0(quantiles_bytes(n_cells));

    quantiles->n_cells = n_cells;
    return quantiles;
}

Quantiles *quantiles_copy(const Quantiles *quantiles)
{
    return g_memdup2(quantiles, quantiles_bytes(quantiles->n_cells));
}

static int32_t quantile_fixed(double deviations)
{
    return (int32_t)lround(ldexp(deviations, QUANTILE_BITS));
}

static Quantiles *quantiles_new_rounded(const double *edge)
{
    Quantiles *quantiles = quantiles_new(QUANTILES_N_CELLS);

    for (int i = 0; i <= QUANTILES_N_CELLS; i++)
        quantiles->edge[i] = quantile_fixed(edge[i]);
    return quantiles;
}

static Quantiles *quantiles_new_standard(double *edge)
{
    double mean = 0, square = 0;

    for (int i = 0; i < QUANTILES_N_CELLS; i++)
        mean += (edge[i] + edge[i + 1]) / 2 / QUANTILES_N_CELLS;
    for (int i = 0; i < QUANTILES_N_CELLS; i++) {
        double low = edge[i] - mean, high = edge[i + 1] - mean;

        square += (low * low + low * high + high * high) / 3 / QUANTILES_N_CELLS;
    }
    for (int i = 0; i <= QUANTILES_N_CELLS; i++)
        edge[i] = (edge[i] - mean) / sqrt(square);
    return quantiles_new_rounded(edge);
}

Quantiles *quantiles_new_uniform(void)
{
    Quantiles *quantiles = quantiles_new(QUANTILES_N_CELLS);

    for (int i = 0; i <= QUANTILES_N_CELLS; i++)
        quantiles->edge[i] = (1 << QUANTILE_BITS) / QUANTILES_N_CELLS * (2 * i - QUANTILES_N_CELLS);
    return quantiles;
}

static void edges_of_normal(double edge[QUANTILES_N_CELLS + 1])
{
    double near = 0;

    for (int i = QUANTILES_N_CELLS / 2; i < QUANTILES_N_CELLS; i++) {
        near = normal_quantile((double)i / QUANTILES_N_CELLS, near);
        edge[i] = near;
    }
    edge[QUANTILES_N_CELLS] = 2 * normal_density(near) * QUANTILES_N_CELLS - near;
    for (int i = 0; i < QUANTILES_N_CELLS / 2; i++)
        edge[i] = -edge[QUANTILES_N_CELLS - i];
}

Quantiles *quantiles_new_normal(void)
{
    double edge[QUANTILES_N_CELLS + 1];

    edges_of_normal(edge);
    return quantiles_new_rounded(edge);
}

Quantiles *quantiles_new_exponential(void)
{
    double edge[QUANTILES_N_CELLS + 1];

    for (int i = 0; i < QUANTILES_N_CELLS; i++)
        edge[i] = -log1p(-(double)i / QUANTILES_N_CELLS);
    edge[QUANTILES_N_CELLS] = edge[QUANTILES_N_CELLS - 1] + 2;
    return quantiles_new_standard(edge);
}

// From 1 on: the share above x is x^-3, and the mean of the share p that is largest 3/2 p^(-1/3).
static void edges_of_pareto(double edge[QUANTILES_N_CELLS + 1])
{
    for (int i = 0; i < QUANTILES_N_CELLS; i++)
        edge[i] = 1 / cbrt(1 - (double)i / QUANTILES_N_CELLS);
    edge[QUANTILES_N_CELLS] = 3 * cbrt(QUANTILES_N_CELLS) - edge[QUANTILES_N_CELLS - 1];
}

Quantiles *quantiles_new_pareto(void)
{
    double edge[QUANTILES_N_CELLS + 1];

    edges_of_pareto(edge);
    return quantiles_new_standard(edge);
}

Quantiles *quantiles_new_paretonormal(void)
{
    double edge[QUANTILES_N_CELLS + 1], normal[QUANTILES_N_CELLS + 1];

    edges_of_pareto(edge);
    edges_of_normal(normal);
    for (int i = 0; i <= QUANTILES_N_CELLS; i++)
        edge[i] = normal[i] / 4 + edge[i]; // tc-netem's pareto is 4/3 of this one
    return quantiles_new_standard(edge);
}

// The share of a gamma distribution below x: the series of the incomplete gamma function up to
// about its mean, beyond that its continued fraction by Lentz's method (Press et al., "Numerical
// Recipes", 6.2).
static double gamma_distribution(double shape, double x)
{
    double front, b, c, d, fraction;

    if (x <= 0)
        return 0;
    front = exp(shape * log(x) - x - lgamma(shape));
    if (x < shape + 1) {
        double term = 1 / shape, sum = term;

        for (int n = 1; n < 1000 && term > sum * 1e-17; n++)
            sum += term *= x / (shape + n);
        return sum * front;
    }
    b = x + 1 - shape;
    c = 1e300;
    fraction = d = 1 / b;
    for (int n = 1; n < 1000; n++) {
        double a = -n * (n - shape), change;

        b += 2;
        d = 1 / (a * d + b);
        c = b + a / c;
        change = d * c;
        fraction *= change;
        if (fabs(change - 1) < 1e-16)
            break;
    }
    return 1 - front * fraction;
}

// The x below which `probability` lies, which is above `low`: Newton's method, halving where that
// leads out of the bracket.
static double gamma_quantile(double shape, double probability, double low)
{
    double high = low + shape + 1, x;

    while (gamma_distribution(shape, high) < probability)
        high += high - low;
    x = low + (high - low) / 2;
    for (int step = 0; step < 200 && high - low > 1e-15 * high; step++) {
        double error = gamma_distribution(shape, x) - probability;
        double density = exp((shape - 1) * log(x) - x - lgamma(shape));
        double next = x - error / density;

        if (error < 0)
            low = x;
        else
            high = x;
        if (next > low && next < high && fabs(next - x) <= 1e-14 * x)
            return next;
        x = next > low && next < high ? next : low + (high - low) / 2;
    }
    return x;
}

Quantiles *quantiles_new_gamma(double shape)
{
    double edge[QUANTILES_N_CELLS + 1] = {0};
    double first, last;

    for (int i = 1; i < QUANTILES_N_CELLS; i++)
        edge[i] = gamma_quantile(shape, (double)i / QUANTILES_N_CELLS, edge[i - 1]);
    // The integral of x below a bound is shape times the share of the next shape below it.
    first = edge[1];
    last = edge[QUANTILES_N_CELLS - 1];
    edge[0] = fmax(0, 2 * shape * gamma_distribution(shape + 1, first) * QUANTILES_N_CELLS - first);
    edge[QUANTILES_N_CELLS] =
        2 * shape * (1 - gamma_distribution(shape + 1, last)) * QUANTILES_N_CELLS - last;
    return quantiles_new_standard(edge);
}

static gint table_compare(gconstpointer a, gconstpointer b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

Quantiles *quantiles_new_table(const int16_t *values, uint32_t n_values)
{
    Quantiles *quantiles = quantiles_new(n_values);

    quantiles->steps = true;
    for (uint32_t i = 0; i < n_values; i++)
        quantiles->edge[i] = values[i] * ((1 << QUANTILE_BITS) / 8192);
    qsort(quantiles->edge, n_values, sizeof quantiles->edge[0], table_compare);
    quantiles->edge[n_values] = quantiles->edge[n_values - 1];
    return quantiles;
}

// The mean and the mean square of a cell, seen from `from`.
static void quantiles_sum(const Quantiles *quantiles, double from, double *mean, double *square)
{
    *mean = *square = 0;
    for (uint32_t i = 0; i < quantiles->n_cells; i++) {
        double low = ldexp(quantiles->edge[i], -QUANTILE_BITS) - from;
        double high = quantiles->steps ? low : ldexp(quantiles->edge[i + 1], -QUANTILE_BITS) - from;

        *mean += (low + high) / 2 / quantiles->n_cells;
        *square += (low * low + low * high + high * high) / 3 / quantiles->n_cells;
    }
}

double quantiles_mean(const Quantiles *quantiles)
{
    double mean, square;

    quantiles_sum(quantiles, 0, &mean, &square);
    return mean;
}

double quantiles_deviation(const Quantiles *quantiles)
{
    double mean, square;

    quantiles_sum(quantiles, quantiles_mean(quantiles), &mean, &square);
    return sqrt(square);
}
