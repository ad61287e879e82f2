// SPDX-License-Identifier: Apache-2.0
// netem's correlation against its recurrence, stepped here draw by draw.
#include <glib.h>
#include <math.h>

#include "core/random.h"
#include "sim/import/netem_correlation.h"

enum { N_DRAWS = 2000000 };

typedef struct {
    double loss, deviation;
} Realised;

// x' = (1 - c) u + c x, lost when x' <= p; the deviation as a share of that of u.
static Realised realised(double rate, double correlation)
{
    RandomKey key = random_key(1, "netem", 0, "loss");
    double x = 0.5, sum = 0, squares = 0;
    unsigned n_lost = 0;

    for (unsigned i = 0; i < N_DRAWS; i++) {
        double u = (double)(random_draw(key, i, 0) >> 11) / (double)(UINT64_C(1) << 53);

        x = (1 - correlation) * u + correlation * x;
        n_lost += x <= rate;
        sum += x;
        squares += x * x;
    }
    return (Realised){(double)n_lost / N_DRAWS,
                      sqrt((squares / N_DRAWS - (sum / N_DRAWS) * (sum / N_DRAWS)) * 12)};
}

// The bound: neighbouring draws depend on each other, so that a mean over n draws is as good as one
// over n (1 - c) / (1 + c) independent ones at the least; 3.3 deviations are 99.9 %.
static void test_matches_the_recurrence(void)
{
    static const struct {
        double rate, correlation;
    } cases[] = {{0.1, 0.25}, {0.1, 0.5}, {0.3, 0.25}, {0.3, 0.5},  {0.01, 0.25},
                 {0.5, 0.5},  {0.9, 0.9}, {0.45, 0.9}, {0.03, 0.01}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Realised seen = realised(cases[i].rate, cases[i].correlation);
        double loss = netem_real_loss(cases[i].rate, cases[i].correlation);
        double n = N_DRAWS * (1 - cases[i].correlation) / (1 + cases[i].correlation);
        double bound = 3.3 * sqrt(MAX(loss * (1 - loss), 1 / n) / n) + 2e-5;

        g_assert_cmpfloat(fabs(seen.loss - loss), <, bound);
        g_assert_cmpfloat(fabs(seen.deviation / netem_real_jitter(cases[i].correlation) - 1), <,
                          0.01);
    }
}

static void test_edges(void)
{
    g_assert_cmpfloat(netem_real_loss(0.1, 0), ==, 0.1);
    g_assert_cmpfloat(netem_real_loss(0, 0.5), ==, 0);
    g_assert_cmpfloat(netem_real_loss(1, 0.5), ==, 1);
    g_assert_cmpfloat(fabs(netem_real_loss(0.5, 0.25) - 0.5), <, 1e-9); // by symmetry
    g_assert_cmpfloat(netem_real_jitter(0), ==, 1);
    g_assert_cmpfloat(netem_real_jitter(1), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/netem-correlation/matches-the-recurrence",
                    test_matches_the_recurrence);
    g_test_add_func("/import/netem-correlation/edges", test_edges);
    return g_test_run();
}
