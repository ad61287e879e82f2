// SPDX-License-Identifier: Apache-2.0
#include "sim/probe/arrivals.h"

#include <math.h>

typedef struct {
    uint64_t number;
    int64_t transit_ns;
} Arrival;

static void arrivals_add_all(Arrivals *arrivals, const Arrival *list, size_t n)
{
    arrivals_init(arrivals);
    for (size_t i = 0; i < n; i++)
        arrivals_add(arrivals, list[i].number, list[i].transit_ns);
}

static void test_losses_in_a_row_are_a_burst(void)
{
    const Arrival list[] = {{1, 5}, {2, 5}, {6, 5}, {8, 5}};
    Arrivals arrivals;
    LossBursts bursts;

    arrivals_add_all(&arrivals, list, G_N_ELEMENTS(list));
    bursts = arrivals_bursts(&arrivals, 12); // 0, 3 to 5, 7, 9 to 11
    g_assert_cmpuint(bursts.bursts, ==, 4);
    g_assert_cmpuint(bursts.longest, ==, 3);
    g_assert_cmpuint(arrivals.received, ==, 4);
    g_assert_cmpuint(arrivals.reordered, ==, 0);
    arrivals_clear(&arrivals);
}

static void test_all_and_none(void)
{
    const Arrival list[] = {{0, 5}, {1, 5}};
    Arrivals arrivals;

    arrivals_add_all(&arrivals, list, 2);
    g_assert_cmpuint(arrivals_bursts(&arrivals, 2).bursts, ==, 0);
    arrivals_clear(&arrivals);
    arrivals_add_all(&arrivals, list, 0);
    g_assert_cmpuint(arrivals_bursts(&arrivals, 0).bursts, ==, 0);
    g_assert_cmpuint(arrivals_bursts(&arrivals, 7).bursts, ==, 1);
    g_assert_cmpuint(arrivals_bursts(&arrivals, 7).longest, ==, 7);
    arrivals_clear(&arrivals);
}

static void test_behind_a_later_one_is_reordered(void)
{
    const Arrival list[] = {{0, 1}, {3, 1}, {1, 1}, {2, 1}, {4, 1}, {1, 1}, {4, 1}};
    Arrivals arrivals;

    arrivals_add_all(&arrivals, list, G_N_ELEMENTS(list));
    g_assert_cmpuint(arrivals.reordered, ==, 2);
    g_assert_cmpuint(arrivals.duplicates, ==, 2);
    g_assert_cmpuint(arrivals.received, ==, 5);
    arrivals_clear(&arrivals);
}

// RFC 3550, A.8: J += (|D| - J) / 16, with D the change of the transit time.
static void test_jitter_is_that_of_rtp(void)
{
    const int64_t transits_ns[] = {1000, 1800, 1800, 200, 5000};
    Arrivals arrivals;
    double jitter = 0;

    arrivals_init(&arrivals);
    for (unsigned i = 0; i < G_N_ELEMENTS(transits_ns); i++) {
        arrivals_add(&arrivals, i, transits_ns[i]);
        if (i > 0)
            jitter +=
                (1.0 / 16.0) * (fabs((double)transits_ns[i] - (double)transits_ns[i - 1]) - jitter);
        g_assert_cmpfloat_with_epsilon(arrivals.jitter_ns, jitter, 1e-9);
    }
    g_assert_cmpfloat(arrivals.jitter_ns, >, 300);
    arrivals_clear(&arrivals);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/probe/arrivals/losses-in-a-row-are-a-burst",
                    test_losses_in_a_row_are_a_burst);
    g_test_add_func("/probe/arrivals/all-and-none", test_all_and_none);
    g_test_add_func("/probe/arrivals/behind-a-later-one-is-reordered",
                    test_behind_a_later_one_is_reordered);
    g_test_add_func("/probe/arrivals/jitter-is-that-of-rtp", test_jitter_is_that_of_rtp);
    return g_test_run();
}
