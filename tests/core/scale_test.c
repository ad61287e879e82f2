// SPDX-License-Identifier: Apache-2.0
// scale(): exact where 64 bits would overflow in between, and capped where the result does.
#include "core/scale.h"

#include <glib.h>

static void test_rounds_down(void)
{
    g_assert_cmpuint(scale(0, 7, 3), ==, 0);
    g_assert_cmpuint(scale(1, 2, 3), ==, 0);
    g_assert_cmpuint(scale(10, 2, 3), ==, 6);
    g_assert_cmpuint(scale(9, 2, 3), ==, 6);
}

static void test_product_may_exceed_64_bits(void)
{
    // An hour at 100 Gbit/s, in bytes, back to its rate.
    g_assert_cmpuint(scale(UINT64_C(45000000000000), UINT64_C(8000000000), UINT64_C(3600000000000)),
                     ==, UINT64_C(100000000000));
    g_assert_cmpuint(scale(UINT64_MAX, UINT64_MAX, UINT64_MAX), ==, UINT64_MAX);
    g_assert_cmpuint(scale(UINT64_MAX, 3, 4), ==, UINT64_C(0xbfffffffffffffff));
}

static void test_result_that_does_not_fit_is_capped(void)
{
    g_assert_cmpuint(scale(UINT64_MAX, 2, 1), ==, UINT64_MAX);
    g_assert_cmpuint(scale(UINT64_MAX, UINT64_MAX, 1), ==, UINT64_MAX);
    g_assert_cmpuint(scale(UINT64_C(1) << 63, 2, 1), ==, UINT64_MAX);
    g_assert_cmpuint(scale((UINT64_C(1) << 63) - 1, 2, 1), ==, UINT64_MAX - 1);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/scale/rounds-down", test_rounds_down);
    g_test_add_func("/core/scale/product-may-exceed-64-bits", test_product_may_exceed_64_bits);
    g_test_add_func("/core/scale/result-that-does-not-fit-is-capped",
                    test_result_that_does_not_fit_is_capped);
    return g_test_run();
}
