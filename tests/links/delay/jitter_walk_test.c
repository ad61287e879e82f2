// SPDX-License-Identifier: Apache-2.0
// JitterWalk: beside the same process in floating point, and by its half-life, mean and deviation
// over a million frames.
#include "links/delay/jitter_walk.h"

#include <glib.h>
#include <math.h>

#include "links/delay/copula.h"

typedef Quantiles *QuantilesNew(void);

static JitterTable *table_of(QuantilesNew *new, int64_t delay_ns, int64_t jitter_ns)
{
    g_autofree Quantiles *quantiles = new ();

    return jitter_table_new(quantiles, delay_ns, jitter_ns);
}

static Quantiles *gamma_of_two(void)
{
    return quantiles_new_gamma(2);
}

// Known in closed form: of evenly spread draws 6/pi asin(r/2), of normal scores r itself.
static void test_score_correlation_for_half(void)
{
    g_autofree JitterTable *uniform = table_of(quantiles_new_uniform, 10000000, 1000000);
    g_autofree JitterTable *normal = table_of(quantiles_new_normal, 10000000, 1000000);

    g_assert_cmpfloat(fabs(copula_score_correlation_for_half(uniform) - 2 * sin(G_PI / 12)), <,
                      1e-4);
    g_assert_cmpfloat(fabs(copula_score_correlation_for_half(normal) - 0.5), <, 1e-3);
}

static double normal_below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

// The x below which `probability` lies.
static double normal_at(double probability)
{
    double low = -10, high = 10;

    while (high - low > 1e-13) {
        double middle = (low + high) / 2;

        *(normal_below(middle) < probability ? &low : &high) = middle;
    }
    return low;
}

static double drawn_score(RandomKey key, uint64_t index)
{
    return normal_at(ldexp((double)random_draw(key, index, 0) + 0.5, -64));
}

static void assert_draw(uint64_t draw, double score)
{
    double wanted = normal_below(score);

    g_assert_cmpfloat(fabs(ldexp((double)draw, -64) - wanted), <, 1e-4);
}

static void test_by_frames_is_the_process(void)
{
    static const int64_t half_lives[] = {1, 2, 10, 1000, 1000000};
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 10000000, 1000000);
    g_autofree JitterWalk *walk = g_new(JitterWalk, 1);
    RandomKey key = random_key(7, "walk", 0, "delay");

    for (unsigned h = 0; h < G_N_ELEMENTS(half_lives); h++) {
        double decay = exp(log(2 * sin(G_PI / 12)) / (double)half_lives[h]);
        double score = drawn_score(key, 0);

        jitter_walk_init(walk, table, false, half_lives[h]);
        assert_draw(jitter_walk_next(walk, key, 0, 0), score);
        for (uint64_t n = 1; n < 3000; n++) {
            score = decay * score + sqrt(1 - decay * decay) * drawn_score(key, n);
            assert_draw(jitter_walk_next(walk, key, n, 0), score);
        }
    }
}

static void test_by_frames_does_not_depend_on_who_arrived(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_normal, 10000000, 1000000);
    g_autofree JitterWalk *all = g_new(JitterWalk, 1), *some = g_new(JitterWalk, 1);
    RandomKey key = random_key(7, "walk", 0, "delay");
    unsigned n_same = 0;

    jitter_walk_init(all, table, false, 20);
    jitter_walk_init(some, table, false, 20);
    for (uint64_t n = 0; n < 10000; n++) {
        uint64_t draw = jitter_walk_next(all, key, n, 0);

        // Runs of 300 and single ones are lost, and the first three.
        if (n < 3 || n % 1000 < 300 || n % 7 == 0)
            continue;
        g_assert_cmpuint(jitter_walk_next(some, key, n, 0), ==, draw);
        g_assert_cmpuint(jitter_walk_next(some, key, n, 0), ==, draw); // a copy
        n_same++;
    }
    g_assert_cmpuint(n_same, >, 5000);
}

static void test_beyond_the_steps_it_jumps(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 10000000, 1000000);
    g_autofree JitterWalk *walk = g_new(JitterWalk, 1);
    RandomKey key = random_key(7, "walk", 0, "delay");
    double decay = exp(log(2 * sin(G_PI / 12)) * 5000 / 4000), score = drawn_score(key, 0);
    uint64_t far = UINT64_MAX - 1;

    jitter_walk_init(walk, table, false, 4000);
    assert_draw(jitter_walk_next(walk, key, 0, 0), score);
    score = decay * score + sqrt(1 - decay * decay) * drawn_score(key, 5000);
    assert_draw(jitter_walk_next(walk, key, 5000, 0), score);
    assert_draw(jitter_walk_next(walk, key, far, 0), drawn_score(key, far)); // nothing is left
}

// From a nanosecond to beyond all memory; a frame of the same instant is delayed as the one before.
static void test_by_time_is_the_process(void)
{
    static const int64_t half_lives_ns[] = {1, 1000, 20000000, INT64_C(3600000000000)};
    static const int64_t gaps_ns[] = {0,       1,        77,        1000,
                                      1234567, 20000000, 100000000, INT64_C(5000000000)};
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 10000000, 1000000);
    g_autofree JitterWalk *walk = g_new(JitterWalk, 1);
    RandomKey key = random_key(7, "walk", 0, "delay");

    for (unsigned h = 0; h < G_N_ELEMENTS(half_lives_ns); h++) {
        double score = drawn_score(key, 0);
        int64_t at_ns = 0;

        jitter_walk_init(walk, table, true, half_lives_ns[h]);
        assert_draw(jitter_walk_next(walk, key, 0, 0), score);
        for (uint64_t n = 1; n < 3000; n++) {
            int64_t gap_ns = gaps_ns[n * n % 11 % G_N_ELEMENTS(gaps_ns)];
            double exponent = log(2 * sin(G_PI / 12)) * (double)gap_ns / (double)half_lives_ns[h];

            at_ns += gap_ns;
            score = exp(exponent) * score + sqrt(-expm1(2 * exponent)) * drawn_score(key, n);
            assert_draw(jitter_walk_next(walk, key, n, at_ns), score);
        }
    }
}

// A change keeps the score: the next frame is near the one before it.
static void test_a_change_goes_on_from_where_it_is(void)
{
    g_autofree JitterTable *table = table_of(quantiles_new_uniform, 10000000, 1000000);
    g_autofree JitterWalk *walk = g_new(JitterWalk, 1);
    RandomKey key = random_key(7, "walk", 0, "delay");
    uint64_t before;

    jitter_walk_init(walk, table, false, 10);
    before = jitter_walk_next(walk, key, 0, 0);
    jitter_walk_change(walk, table, true, 1000000000);
    g_assert_cmpuint(jitter_walk_next(walk, key, 1, 0), ==, before);
}

enum { N_FRAMES = 1000000, HALF_LIFE = 10, N_LAGS = 2 * HALF_LIFE };

// The lag at which the correlation of `delays` is 1/2, between the two lags around it.
static double half_life_of(const double *delays)
{
    double before = 1;

    for (unsigned lag = 1; lag < N_LAGS; lag++) {
        double correlation = 0;

        for (unsigned n = lag; n < N_FRAMES; n++)
            correlation += delays[n] * delays[n - lag] / N_FRAMES;
        if (correlation < 0.5)
            return lag - (0.5 - correlation) / (before - correlation);
        before = correlation;
    }
    return INFINITY;
}

// Of delays in deviations around their mean: both within what correlated samples allow, the half-
// life within 5 %. `decay` of the scores in the worst case, 2^-(1/10): the mean's error grows by
// sqrt((1 + decay) / (1 - decay)), that of the deviation by less.
static void assert_walk(QuantilesNew *new, int64_t delay_ns, bool by_time)
{
    g_autofree Quantiles *quantiles = new ();
    g_autofree JitterTable *table = jitter_table_new(quantiles, delay_ns, 1000000);
    g_autofree JitterWalk *walk = g_new(JitterWalk, 1);
    g_autofree double *delays = g_new(double, N_FRAMES);
    RandomKey key = random_key(7, "walk", 0, "delay");
    double unit_ns = (double)jitter_table_deviation_ns(table);
    double sum = 0, squares = 0, fourths = 0, half_life, error;
    const double decay = exp2(-1.0 / HALF_LIFE);

    jitter_walk_init(walk, table, by_time, by_time ? HALF_LIFE * 4321 : HALF_LIFE);
    for (unsigned n = 0; n < N_FRAMES; n++) {
        uint64_t draw = jitter_walk_next(walk, key, n, n * INT64_C(4321));

        delays[n] = (double)(jitter_table_at(table, draw) - delay_ns) / unit_ns;
        sum += delays[n] / N_FRAMES;
        squares += delays[n] * delays[n] / N_FRAMES;
        fourths += pow(delays[n], 4) / N_FRAMES;
    }
    error = 3.29 / 2 * sqrt((fourths - 1) * (1 + decay * decay) / (1 - decay * decay) / N_FRAMES);
    half_life = half_life_of(delays);
    g_test_message("%+.3f %% off the mean, %+.3f %% off the deviation (+- %.3f %%), half-life %.3f",
                   100 * sum, 100 * (sqrt(squares) - 1), 100 * error, half_life);
    g_assert_cmpfloat(fabs(sum), <, 3.29 * sqrt((1 + decay) / (1 - decay) / N_FRAMES));
    g_assert_cmpfloat(fabs(sqrt(squares) - 1), <, error);
    g_assert_cmpfloat(fabs(half_life / HALF_LIFE - 1), <, 0.05);
}

static void test_half_life_mean_and_deviation(void)
{
    static QuantilesNew *const shapes[] = {quantiles_new_uniform, quantiles_new_normal,
                                           quantiles_new_exponential, quantiles_new_paretonormal,
                                           gamma_of_two};

    for (unsigned s = 0; s < G_N_ELEMENTS(shapes); s++) {
        assert_walk(shapes[s], 10000000, s % 2 == 0);
        assert_walk(shapes[s], 700000, s % 2 != 0); // cut at zero, most of them
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/jitter_walk/score-correlation-for-half",
                    test_score_correlation_for_half);
    g_test_add_func("/links/jitter_walk/by-frames-is-the-process", test_by_frames_is_the_process);
    g_test_add_func("/links/jitter_walk/by-frames-does-not-depend-on-who-arrived",
                    test_by_frames_does_not_depend_on_who_arrived);
    g_test_add_func("/links/jitter_walk/beyond-the-steps-it-jumps", test_beyond_the_steps_it_jumps);
    g_test_add_func("/links/jitter_walk/by-time-is-the-process", test_by_time_is_the_process);
    g_test_add_func("/links/jitter_walk/a-change-goes-on-from-where-it-is",
                    test_a_change_goes_on_from_where_it_is);
    g_test_add_func("/links/jitter_walk/half-life-mean-and-deviation",
                    test_half_life_mean_and_deviation);
    return g_test_run();
}
