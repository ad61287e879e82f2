// SPDX-License-Identifier: Apache-2.0
// Quantiles: each row is the inverse of its distribution function, from closed forms or the
// textbook's sums, with a mean of 0 and a deviation of 1.
#include "links/delay/quantiles.h"

#include <math.h>

static double edge_at(const Quantiles *quantiles, uint32_t i)
{
    return ldexp(quantiles->edge[i], -QUANTILE_BITS);
}

static void assert_standard(const Quantiles *quantiles)
{
    g_assert_cmpuint(quantiles->n_cells, ==, QUANTILES_N_CELLS);
    g_assert_false(quantiles->steps);
    g_assert_cmpfloat(fabs(quantiles_mean(quantiles)), <, 1e-4);
    g_assert_cmpfloat(fabs(quantiles_deviation(quantiles) - 1), <, 1e-4);
    for (uint32_t i = 0; i < QUANTILES_N_CELLS; i++)
        g_assert_cmpint(quantiles->edge[i], <=, quantiles->edge[i + 1]);
}

// What is between two inner edges, as a share of what is between two others, knows neither shift
// nor scale.
static void assert_shape(const Quantiles *quantiles, double (*quantile)(double probability))
{
    double unit = edge_at(quantiles, 768) - edge_at(quantiles, 256);
    double true_unit = quantile(0.75) - quantile(0.25);

    for (uint32_t i = 1; i < QUANTILES_N_CELLS; i++) {
        double got = (edge_at(quantiles, i) - edge_at(quantiles, 512)) / unit;
        double wanted = (quantile(i / 1024.0) - quantile(0.5)) / true_unit;

        g_assert_cmpfloat(fabs(got - wanted), <, 1e-4 * (1 + fabs(wanted)));
    }
}

static double exponential(double probability)
{
    return -log(1 - probability);
}

static double pareto(double probability)
{
    return pow(1 - probability, -1.0 / 3);
}

// Shape 1/2 is the square of a normal score, halved.
static double gamma_half(double probability)
{
    double low = 0, high = 10;

    while (high - low > 1e-14) {
        double middle = (low + high) / 2;

        *(erf(middle / sqrt(2)) < probability ? &low : &high) = middle;
    }
    return low * low / 2;
}

// Shape 3 is the sum of three exponential times: below x is 1 - e^-x (1 + x + x^2 / 2).
static double gamma_three(double probability)
{
    double low = 0, high = 100;

    while (high - low > 1e-12) {
        double middle = (low + high) / 2;

        *(1 - exp(-middle) * (1 + middle + middle * middle / 2) < probability ? &low : &high) =
            middle;
    }
    return low;
}

static void test_rows_are_inverse_distribution_functions(void)
{
    g_autofree Quantiles *exponentials = quantiles_new_exponential();
    g_autofree Quantiles *paretos = quantiles_new_pareto();
    g_autofree Quantiles *halves = quantiles_new_gamma(0.5);
    g_autofree Quantiles *ones = quantiles_new_gamma(1);
    g_autofree Quantiles *threes = quantiles_new_gamma(3);

    assert_standard(exponentials);
    assert_shape(exponentials, exponential);
    assert_standard(paretos);
    assert_shape(paretos, pareto);
    assert_standard(halves);
    assert_shape(halves, gamma_half);
    assert_standard(ones);
    assert_shape(ones, exponential);
    assert_standard(threes);
    assert_shape(threes, gamma_three);
    g_assert_cmpfloat(fabs(edge_at(exponentials, 0) + 1), <, 1e-3); // nothing below one deviation
    g_assert_cmpfloat(edge_at(threes, 0), >, -sqrt(3));
    g_assert_cmpfloat(edge_at(threes, 0), <, -sqrt(3) + 0.1);
}

// A gamma distribution of a large shape is nearly normal, one of a small shape nearly always at its
// lower end.
static void test_gamma_at_its_bounds(void)
{
    g_autofree Quantiles *normals = quantiles_new_normal();
    g_autofree Quantiles *large = quantiles_new_gamma(1000);
    g_autofree Quantiles *small = quantiles_new_gamma(0.01);

    assert_standard(large);
    for (uint32_t i = 100; i < 924; i++)
        g_assert_cmpfloat(fabs(edge_at(large, i) - edge_at(normals, i)), <, 0.02);
    assert_standard(small);
    g_assert_cmpfloat(edge_at(small, 900), <, 0);
}

// What tc-netem computes: a quarter of the normal score and three quarters of
// (U^(-1/3) - 1.5) x 4/3.
static void test_paretonormal_is_netems(void)
{
    g_autofree Quantiles *normals = quantiles_new_normal();
    g_autofree Quantiles *mixed = quantiles_new_paretonormal();
    double unit = edge_at(mixed, 768) - edge_at(mixed, 256);
    double sums[QUANTILES_N_CELLS];

    assert_standard(mixed);
    for (int i = 1; i < QUANTILES_N_CELLS; i++)
        sums[i] = 0.25 * edge_at(normals, (uint32_t)i) + 0.75 * (pareto(i / 1024.0) - 1.5) * 4 / 3;
    for (int i = 1; i < QUANTILES_N_CELLS; i++)
        g_assert_cmpfloat(fabs((edge_at(mixed, (uint32_t)i) - edge_at(mixed, 512)) / unit -
                               (sums[i] - sums[512]) / (sums[768] - sums[256])),
                          <, 1e-3);
}

static void test_table_is_sorted_steps(void)
{
    static const int16_t values[] = {8192, -8192, 0, 32767, -32768};
    g_autofree Quantiles *quantiles = quantiles_new_table(values, G_N_ELEMENTS(values));

    g_assert_true(quantiles->steps);
    g_assert_cmpuint(quantiles->n_cells, ==, 5);
    g_assert_cmpint(quantiles->edge[0], ==, -4 * 65536);
    g_assert_cmpint(quantiles->edge[1], ==, -65536);
    g_assert_cmpint(quantiles->edge[2], ==, 0);
    g_assert_cmpint(quantiles->edge[3], ==, 65536);
    g_assert_cmpint(quantiles->edge[4], ==, 4 * 65536 - 8);
    g_assert_cmpint(quantiles->edge[5], ==, 4 * 65536 - 8);
    g_assert_cmpfloat(fabs(quantiles_mean(quantiles) + 8 / 65536.0 / 5), <, 1e-9);
    g_assert_cmpfloat(fabs(quantiles_deviation(quantiles) - sqrt(34 / 5.0)), <, 1e-3);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/quantiles/rows-are-inverse-distribution-functions",
                    test_rows_are_inverse_distribution_functions);
    g_test_add_func("/links/quantiles/gamma-at-its-bounds", test_gamma_at_its_bounds);
    g_test_add_func("/links/quantiles/paretonormal-is-netems", test_paretonormal_is_netems);
    g_test_add_func("/links/quantiles/table-is-sorted-steps", test_table_is_sorted_steps);
    return g_test_run();
}
