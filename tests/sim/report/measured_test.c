// SPDX-License-Identifier: Apache-2.0
// Numbers as the report shows them: groups of three digits, four significant digits, units.
#include "sim/report/measured.h"

static void assert_count(uint64_t value, const char *expected)
{
    char room[MEASURED_COUNT_BYTES];

    g_assert_cmpstr(measured_count(room, value), ==, expected);
}

static void test_counts_are_grouped(void)
{
    assert_count(0, "0");
    assert_count(999, "999");
    assert_count(1000, "1,000");
    assert_count(1234567, "1,234,567");
    assert_count(UINT64_MAX, "18,446,744,073,709,551,615");
}

static void assert_duration(int64_t ns, const char *expected)
{
    g_autofree char *words = measured_duration(ns);

    g_assert_cmpstr(words, ==, expected);
}

static void assert_rate(uint64_t bps, const char *expected)
{
    g_autofree char *words = measured_rate(bps);

    g_assert_cmpstr(words, ==, expected);
}

// What would be rounded to 1000 is 1 of the next unit; above the last there is none.
static void test_four_digits_and_a_unit(void)
{
    assert_duration(0, "0 ns");
    assert_duration(7, "7.000 ns");
    assert_duration(99949, "99.95 us");
    assert_duration(999949, "999.9 us");
    assert_duration(999950, "1.000 ms");
    assert_duration(INT64_C(86400000000000), "86400.0 s");
    assert_rate(0, "0 bit/s");
    assert_rate(9412345, "9.412 Mbit/s");
    assert_rate(UINT64_C(2500000000000), "2500.0 Gbit/s");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/report/measured/counts-are-grouped", test_counts_are_grouped);
    g_test_add_func("/sim/report/measured/four-digits-and-a-unit", test_four_digits_and_a_unit);
    return g_test_run();
}
