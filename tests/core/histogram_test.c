// SPDX-License-Identifier: Apache-2.0
// Histogram: exact where it promises to be exact, within 1.6 % elsewhere, and honest at its edges.
#include "core/histogram.h"

#include <glib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Histogram, histogram_free)

// Fails unless `got` is within 1.6 % of `wanted`.
static void assert_near(int64_t got, int64_t wanted)
{
    int64_t bound = wanted / 1000 * 16 + wanted % 1000 * 16 / 1000;

    g_assert_cmpint(ABS(got - wanted), <=, bound);
}

static void test_empty(void)
{
    g_autoptr(Histogram) histogram = histogram_new();

    g_assert_cmpint(histogram_quantile_ns(histogram, 0), ==, 0);
    g_assert_cmpint(histogram_quantile_ns(histogram, 5000), ==, 0);
    g_assert_cmpint(histogram_quantile_ns(histogram, 10000), ==, 0);
    g_assert_cmpuint(counter_get(&histogram->count), ==, 0);
}

static void test_one_value_is_every_quantile(void)
{
    static const int64_t values_ns[] = {0,        1, 63, 64, 127, 128, 1000, 1000000, 3600000000000,
                                        INT64_MAX};

    for (unsigned n = 0; n < G_N_ELEMENTS(values_ns); n++) {
        g_autoptr(Histogram) histogram = histogram_new();

        histogram_add(histogram, values_ns[n]);
        g_assert_cmpuint(counter_get(&histogram->count), ==, 1);
        g_assert_cmpuint(histogram_sum_ns(histogram), ==, values_ns[n]);
        g_assert_cmpuint(counter_get(&histogram->max_ns), ==, values_ns[n]);
        for (unsigned quantile = 0; quantile <= 10000; quantile += 2500) {
            int64_t got_ns = histogram_quantile_ns(histogram, quantile);

            g_assert_cmpint(got_ns, <=, values_ns[n]);
            assert_near(got_ns, values_ns[n]);
        }
    }
}

static void test_below_zero_counts_as_zero(void)
{
    g_autoptr(Histogram) histogram = histogram_new();

    histogram_add(histogram, -1);
    histogram_add(histogram, INT64_MIN);
    g_assert_cmpuint(counter_get(&histogram->count), ==, 2);
    g_assert_cmpuint(histogram_sum_ns(histogram), ==, 0);
    g_assert_cmpuint(counter_get(&histogram->max_ns), ==, 0);
    g_assert_cmpint(histogram_quantile_ns(histogram, 10000), ==, 0);
}

static void test_small_values_are_exact(void)
{
    g_autoptr(Histogram) histogram = histogram_new();

    for (int64_t value_ns = 1; value_ns <= 100; value_ns++)
        histogram_add(histogram, value_ns);
    g_assert_cmpuint(histogram_sum_ns(histogram), ==, 5050);
    g_assert_cmpint(histogram_quantile_ns(histogram, 100), ==, 1);
    g_assert_cmpint(histogram_quantile_ns(histogram, 101), ==, 2); // 1.01 of 100: the second value
    g_assert_cmpint(histogram_quantile_ns(histogram, 5000), ==, 50);
    g_assert_cmpint(histogram_quantile_ns(histogram, 9900), ==, 99);
    g_assert_cmpint(histogram_quantile_ns(histogram, 10000), ==, 100);
}

// 1000 shares its bucket with 1001 to 1007.
static void test_quantile_is_the_mean_of_its_bucket(void)
{
    g_autoptr(Histogram) histogram = histogram_new();

    histogram_add(histogram, 1000);
    histogram_add(histogram, 1004);
    histogram_add(histogram, 1006);
    histogram_add(histogram, 5000);
    g_assert_cmpint(histogram_quantile_ns(histogram, 5000), ==, 1003);
    g_assert_cmpint(histogram_quantile_ns(histogram, 10000), ==, 5000);
}

static void test_quantiles_are_within_their_bound(void)
{
    static const unsigned quantiles[] = {1, 10, 1000, 2500, 5000, 9000, 9900, 9990, 9999, 10000};
    g_autoptr(Histogram) histogram = histogram_new();
    int64_t last_ns = 0;

    for (int64_t n = 1; n <= 10000; n++)
        histogram_add(histogram, n * n * n * 1009); // 1 us to 17 min
    for (unsigned i = 0; i < G_N_ELEMENTS(quantiles); i++) {
        int64_t n = quantiles[i]; // of 10,000 values the n-th
        int64_t got_ns = histogram_quantile_ns(histogram, quantiles[i]);

        assert_near(got_ns, n * n * n * 1009);
        g_assert_cmpint(got_ns, >=, last_ns);
        last_ns = got_ns;
    }
}

static void test_rare_tail_shows_only_where_it_should(void)
{
    g_autoptr(Histogram) histogram = histogram_new();

    for (int n = 0; n < 9990; n++)
        histogram_add(histogram, 10);
    for (int n = 0; n < 10; n++)
        histogram_add(histogram, 5000000);
    g_assert_cmpint(histogram_quantile_ns(histogram, 9990), ==, 10);
    assert_near(histogram_quantile_ns(histogram, 9991), 5000000);
    g_assert_cmpuint(counter_get(&histogram->max_ns), ==, 5000000);
}

static void test_every_bucket_edge_is_within_its_bound(void)
{
    for (int bit = 5; bit < 63; bit++) {
        for (int64_t off = -1; off <= 1; off++) {
            g_autoptr(Histogram) histogram = histogram_new();
            int64_t value_ns = (INT64_C(1) << bit) + off;

            histogram_add(histogram, value_ns);
            histogram_add(histogram, INT64_MAX); // so that the maximum caps nothing
            assert_near(histogram_quantile_ns(histogram, 5000), value_ns);
        }
    }
}

// Values of many buckets, and so some of the histogram's own and some apart.
static void add_series(Histogram *histogram, int64_t first_ns, int64_t step_ns, int n_values)
{
    for (int n = 0; n < n_values; n++)
        histogram_add(histogram, first_ns + n * step_ns);
}

static void test_merged_is_as_if_added_to_one(void)
{
    g_autoptr(Histogram) one = histogram_new();
    g_autoptr(Histogram) other = histogram_new();
    g_autoptr(Histogram) all = histogram_new();

    add_series(one, 1000000, 70000, 50);
    add_series(other, 500000, 90000, 70); // other buckets first, and some in common
    add_series(all, 1000000, 70000, 50);
    add_series(all, 500000, 90000, 70);
    histogram_merge(one, other);
    g_assert_cmpuint(counter_get(&one->count), ==, 120);
    g_assert_cmpuint(counter_get(&one->max_ns), ==, counter_get(&all->max_ns));
    g_assert_cmpuint(histogram_sum_ns(one), ==, histogram_sum_ns(all));
    for (unsigned quantile = 0; quantile <= 10000; quantile += 50)
        g_assert_cmpint(histogram_quantile_ns(one, quantile), ==,
                        histogram_quantile_ns(all, quantile));
}

// The order in which buckets get their first values decides where they are kept, and nothing else.
static void test_order_of_values_does_not_matter(void)
{
    g_autoptr(Histogram) up = histogram_new();
    g_autoptr(Histogram) down = histogram_new();

    add_series(up, 1000, 3000, 100);
    add_series(down, 298000, -3000, 100);
    g_assert_cmpuint(histogram_sum_ns(up), ==, 100 * 1000 + 3000 * 4950);
    g_assert_cmpuint(histogram_sum_ns(down), ==, 100 * 1000 + 3000 * 4950);
    for (unsigned quantile = 0; quantile <= 10000; quantile += 50)
        g_assert_cmpint(histogram_quantile_ns(up, quantile), ==,
                        histogram_quantile_ns(down, quantile));
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/histogram/empty", test_empty);
    g_test_add_func("/core/histogram/one-value-is-every-quantile",
                    test_one_value_is_every_quantile);
    g_test_add_func("/core/histogram/below-zero-counts-as-zero", test_below_zero_counts_as_zero);
    g_test_add_func("/core/histogram/small-values-are-exact", test_small_values_are_exact);
    g_test_add_func("/core/histogram/quantile-is-the-mean-of-its-bucket",
                    test_quantile_is_the_mean_of_its_bucket);
    g_test_add_func("/core/histogram/quantiles-are-within-their-bound",
                    test_quantiles_are_within_their_bound);
    g_test_add_func("/core/histogram/rare-tail-shows-only-where-it-should",
                    test_rare_tail_shows_only_where_it_should);
    g_test_add_func("/core/histogram/every-bucket-edge-is-within-its-bound",
                    test_every_bucket_edge_is_within_its_bound);
    g_test_add_func("/core/histogram/merged-is-as-if-added-to-one",
                    test_merged_is_as_if_added_to_one);
    g_test_add_func("/core/histogram/order-of-values-does-not-matter",
                    test_order_of_values_does_not_matter);
    return g_test_run();
}
