// SPDX-License-Identifier: Apache-2.0
// NormalTable: scores and ranks beside the error function of libm.
#include "links/delay/normal.h"

#include <glib.h>
#include <math.h>

#include "core/random.h"

static double below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static void test_scores_have_the_normal_distribution(void)
{
    g_autofree NormalTable *table = g_new(NormalTable, 1);

    normal_table_init(table);
    // In steps of a hundredth of a deviation.
    for (int i = -600; i <= 600; i++) {
        double score = i / 100.0;
        uint64_t random = (uint64_t)ldexp(below(-fabs(score)), 64);

        random = score > 0 ? ~random : random;
        g_assert_cmpfloat(fabs(ldexp(normal_score(table, random), -24) - score), <, 1e-4);
    }
    g_assert_cmpfloat(ldexp(normal_score(table, 0), -24), <, -6.1);
    g_assert_cmpint(normal_score(table, UINT64_MAX), ==, -normal_score(table, 0));
}

static void test_scores_have_mean_0_and_deviation_1(void)
{
    enum { N = 1000000 };
    g_autofree NormalTable *table = g_new(NormalTable, 1);
    RandomKey key = random_key(1, "normal", 0, "score");
    double sum = 0, squares = 0, fourth = 0;

    normal_table_init(table);
    for (unsigned i = 0; i < N; i++) {
        double score = ldexp(normal_score(table, random_draw(key, i, 0)), -24);

        sum += score;
        squares += score * score;
        fourth += score * score * score * score;
    }
    // 3.29 standard errors each, 99.9 %.
    g_assert_cmpfloat(fabs(sum / N), <, 3.29 / sqrt(N));
    g_assert_cmpfloat(fabs(squares / N - 1), <, 3.29 * sqrt(2.0 / N));
    g_assert_cmpfloat(fabs(fourth / N - 3), <, 3.29 * sqrt(96.0 / N));
}

static void test_rank_is_the_distribution_function(void)
{
    g_autofree NormalTable *table = g_new(NormalTable, 1);

    normal_table_init(table);
    for (int i = -9000; i <= 9000; i++) {
        double rank = ldexp(normal_rank(table, (int64_t)llround(ldexp(i / 1000.0, 24))), -32);

        g_assert_cmpfloat(fabs(rank - below(i / 1000.0)), <, 2e-6);
    }
    g_assert_cmpuint(normal_rank(table, INT32_MIN), ==, 0);
    g_assert_cmpuint(normal_rank(table, INT32_MAX), ==, UINT32_MAX);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/normal/scores-have-the-normal-distribution",
                    test_scores_have_the_normal_distribution);
    g_test_add_func("/links/normal/scores-have-mean-0-and-deviation-1",
                    test_scores_have_mean_0_and_deviation_1);
    g_test_add_func("/links/normal/rank-is-the-distribution-function",
                    test_rank_is_the_distribution_function);
    return g_test_run();
}
