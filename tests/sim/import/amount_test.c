// SPDX-License-Identifier: Apache-2.0
// Numbers with units of other tools.
#include <glib.h>

#include "sim/import/amount.h"

static const AmountUnit units[] = {
    {"", 1000, 1}, {"ms", 1000000, 1}, {"ps", 1, 1000}, {"Bps", 8, 1}, {NULL, 0, 0}};

static void assert_amount(const char *text, uint64_t expected)
{
    uint64_t amount;

    g_assert_true(amount_parse(text, units, false, &amount));
    g_assert_cmpuint(amount, ==, expected);
}

static void test_numbers_are_exact(void)
{
    assert_amount("0", 0);
    assert_amount("7", 7000);
    assert_amount("1.000001ms", 1000001);
    assert_amount(".5ms", 500000);
    assert_amount("5.ms", 5000000);
    assert_amount("0.0000000000001ms", 0); // finer than the unit: cut off
    assert_amount("1999ps", 1);
    assert_amount("9223372036854ms", UINT64_C(9223372036854000000));
}

static void test_what_is_no_number(void)
{
    static const char *const texts[] = {"",
                                        "ms",
                                        ".",
                                        "-1ms",
                                        "+1ms",
                                        "1 ms",
                                        "1MS",
                                        "1e3ms",
                                        "1..ms",
                                        "0x1ms",
                                        "1bps",
                                        "9223372036855ms",
                                        "1234567890123456789ms"};
    uint64_t amount;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(amount_parse(texts[i], units, false, &amount));
    g_assert_true(amount_parse("1MS", units, true, &amount));
}

static void test_percentages(void)
{
    Probability probability;

    g_assert_true(amount_parse_percent("100", &probability));
    g_assert_cmpuint(probability, ==, RANDOM_ALWAYS);
    g_assert_true(amount_parse_percent("50%", &probability));
    g_assert_cmpuint(probability, ==, RANDOM_ALWAYS / 2);
    g_assert_true(amount_parse_percent(".5", &probability));
    g_assert_cmpuint(probability, ==, (RANDOM_ALWAYS + 100) / 200);
    g_assert_true(amount_parse_percent("5.%", &probability));
    g_assert_true(amount_parse_percent("0", &probability));
    g_assert_cmpuint(probability, ==, 0);
    g_assert_false(amount_parse_percent("100.1%", &probability));
    g_assert_false(amount_parse_percent("1%%", &probability));
    g_assert_false(amount_parse_percent("%", &probability));
    g_assert_false(amount_parse_percent("-1%", &probability));
}

static void test_counts(void)
{
    uint64_t count;

    g_assert_true(amount_parse_count("25", 25, &count));
    g_assert_cmpuint(count, ==, 25);
    g_assert_false(amount_parse_count("26", 25, &count));
    g_assert_false(amount_parse_count("2.5", 25, &count));
    g_assert_false(amount_parse_count("2p", 25, &count));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/amount/numbers-are-exact", test_numbers_are_exact);
    g_test_add_func("/import/amount/what-is-no-number", test_what_is_no_number);
    g_test_add_func("/import/amount/percentages", test_percentages);
    g_test_add_func("/import/amount/counts", test_counts);
    return g_test_run();
}
