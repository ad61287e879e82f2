// SPDX-License-Identifier: Apache-2.0
// Quantities: exact in, exact out, and errors that say what would be right.
#include "core/quantity.h"

#include <glib.h>

static void assert_fails(GError *error, QuantityError code, const char *text)
{
    g_assert_error(error, QUANTITY_ERROR, (int)code);
    g_assert_cmpstr(error->message, ==, text);
    g_error_free(error);
}

static void assert_duration(const char *text, int64_t expected_ns)
{
    int64_t ns = -1;
    g_autoptr(GError) error = NULL;

    g_assert_true(quantity_parse_duration_ns(text, &ns, &error));
    g_assert_no_error(error);
    g_assert_cmpint(ns, ==, expected_ns);
}

static void assert_no_duration(const char *text, QuantityError code, const char *message)
{
    int64_t ns = -1;
    GError *error = NULL;

    g_assert_false(quantity_parse_duration_ns(text, &ns, &error));
    assert_fails(error, code, message);
    g_assert_cmpint(ns, ==, -1);
}

static void test_durations_are_exact(void)
{
    assert_duration("0ms", 0);
    assert_duration("1ns", 1);
    assert_duration("2us", 2000);
    assert_duration("20ms", 20 * 1000 * 1000);
    assert_duration("20 ms", 20 * 1000 * 1000);
    assert_duration("1.5s", 1500 * 1000 * 1000);
    assert_duration("0.000000001s", 1);
    assert_duration("2min", INT64_C(120000000000));
    assert_duration("1h", INT64_C(3600000000000));
    assert_duration("1.50000000000000000h", INT64_C(5400000000000));
    assert_duration("9223372036854775807ns", INT64_MAX);
    assert_duration("0009ms", 9 * 1000 * 1000);
}

static void test_durations_say_what_is_wrong(void)
{
    assert_no_duration("20", QUANTITY_ERROR_FORM, "\"20\" has no unit: write 20ms or 20s");
    assert_no_duration("2.5 ", QUANTITY_ERROR_FORM, "\"2.5 \" has no unit: write 2.5ms or 2.5s");
    assert_no_duration("", QUANTITY_ERROR_NUMBER, "\"\" is not a number");
    assert_no_duration("ms", QUANTITY_ERROR_NUMBER, "\"ms\" is not a number");
    assert_no_duration(".5ms", QUANTITY_ERROR_NUMBER, "\".5ms\" is not a number");
    assert_no_duration(" 5ms", QUANTITY_ERROR_NUMBER, "\" 5ms\" is not a number");
    assert_no_duration("5sec", QUANTITY_ERROR_FORM,
                       "\"5sec\" has the unknown unit \"sec\": use ns, us, ms, s, min or h");
    assert_no_duration("5.ms", QUANTITY_ERROR_FORM,
                       "\"5.ms\" has the unknown unit \".ms\": use ns, us, ms, s, min or h");
    assert_no_duration("1.2.3ms", QUANTITY_ERROR_FORM,
                       "\"1.2.3ms\" has the unknown unit \".3ms\": use ns, us, ms, s, min or h");
    assert_no_duration("-1ms", QUANTITY_ERROR_RANGE, "\"-1ms\" is negative: write 0 or more");
    assert_no_duration("0.5ns", QUANTITY_ERROR_RANGE, "\"0.5ns\" is finer than 1ns");
    assert_no_duration("9223372036854775808ns", QUANTITY_ERROR_RANGE,
                       "\"9223372036854775808ns\" is too large: 9223372036854775807ns is the most");
    assert_no_duration("99999999999999999999999999h", QUANTITY_ERROR_RANGE,
                       "\"99999999999999999999999999h\" has too many digits");
}

static void assert_rate(const char *text, uint64_t expected_bps)
{
    uint64_t bps = 0;

    g_assert_true(quantity_parse_rate_bps(text, &bps, NULL));
    g_assert_cmpuint(bps, ==, expected_bps);
}

static void test_rates_take_any_case(void)
{
    uint64_t bps = 7;
    GError *error = NULL;

    assert_rate("1bit", 1);
    assert_rate("10mbit", 10 * 1000 * 1000);
    assert_rate("10Mbit", 10 * 1000 * 1000);
    assert_rate("2.5GBIT", UINT64_C(2500000000));
    assert_rate("100gbit", UINT64_C(100000000000));
    assert_rate("64 kbit", 64000);
    // In tc, bps are bytes a second: not to be guessed at.
    g_assert_false(quantity_parse_rate_bps("10mbps", &bps, &error));
    assert_fails(error, QUANTITY_ERROR_FORM,
                 "\"10mbps\" has the unknown unit \"mbps\": use bit, kbit, mbit or gbit (a "
                 "second)");
    g_assert_cmpuint(bps, ==, 7);
}

static void assert_size(const char *text, uint64_t expected_bytes)
{
    uint64_t bytes = 0;

    g_assert_true(quantity_parse_size_bytes(text, &bytes, NULL));
    g_assert_cmpuint(bytes, ==, expected_bytes);
}

static void test_sizes_tell_decimal_from_binary(void)
{
    GError *error = NULL;
    uint64_t bytes;

    assert_size("1514B", 1514);
    assert_size("64kB", 64000);
    assert_size("64KiB", 65536);
    assert_size("1.5MiB", 1572864);
    assert_size("2GB", UINT64_C(2000000000));
    assert_size("1GiB", UINT64_C(1073741824));
    g_assert_false(quantity_parse_size_bytes("64kb", &bytes, &error));
    assert_fails(error, QUANTITY_ERROR_FORM,
                 "\"64kb\" has the unknown unit \"kb\": use B, kB, MB, GB, KiB, MiB or GiB");
}

static void assert_probability(const char *text, Probability expected)
{
    Probability probability = 5;

    g_assert_true(quantity_parse_probability(text, &probability, NULL));
    g_assert_cmpuint(probability, ==, expected);
}

static void test_probabilities_keep_both_ends(void)
{
    Probability probability = 5;
    GError *error = NULL;

    assert_probability("0%", 0);
    assert_probability("100%", RANDOM_ALWAYS);
    assert_probability("50 %", RANDOM_ALWAYS / 2);
    assert_probability("0.1%", 4294967); // 2^32 / 1000 = 4294967.296
    assert_probability("0.00000002%", 1);
    assert_probability("0.000000012%", 1); // the nearest step: 2^-33 is 0.0000000116 %
    assert_probability("99.999999999999%", RANDOM_ALWAYS - 1);
    g_assert_false(quantity_parse_probability("100.1%", &probability, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE, "\"100.1%\" is more than 100%");
    error = NULL;
    g_assert_false(quantity_parse_probability("0.00000001%", &probability, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE,
                 "\"0.00000001%\" is too small to be told from 0%: write 0%, or at least "
                 "0.00000002%, one in 2^32");
    error = NULL;
    g_assert_false(quantity_parse_probability("0.01", &probability, &error));
    assert_fails(error, QUANTITY_ERROR_FORM, "\"0.01\" has no unit: write 0.01%");
    g_assert_cmpuint(probability, ==, 5);
}

static void assert_limit(const char *text, LimitUnit unit, uint64_t amount)
{
    Limit limit;

    g_assert_true(quantity_parse_limit(text, &limit, NULL));
    g_assert_cmpint(limit.unit, ==, unit);
    g_assert_cmpuint(limit.amount, ==, amount);
}

static void test_limits_are_time_bytes_or_packets(void)
{
    Limit limit;
    GError *error = NULL;

    assert_limit("50ms", LIMIT_TIME, 50 * 1000 * 1000);
    assert_limit("64kB", LIMIT_BYTES, 64000);
    assert_limit("100 packets", LIMIT_PACKETS, 100);
    assert_limit("1packet", LIMIT_PACKETS, 1);
    g_assert_false(quantity_parse_limit("100", &limit, &error));
    assert_fails(error, QUANTITY_ERROR_FORM,
                 "\"100\" has no unit: write 100ms, 100kB or 100 packets");
    error = NULL;
    g_assert_false(quantity_parse_limit("0.5 packets", &limit, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE, "\"0.5 packets\" is finer than 1 packet");
}

static void test_counts_are_whole_and_bare(void)
{
    static const char *const wrong[] = {"1.5", "10ms", "1 ", "0x10", "+1", "", NULL};
    uint64_t count = 3;
    GError *error = NULL;

    g_assert_true(quantity_parse_count("18446744073709551615", &count, NULL));
    g_assert_cmpuint(count, ==, UINT64_MAX);
    for (int i = 0; wrong[i] != NULL; i++) {
        g_assert_false(quantity_parse_count(wrong[i], &count, &error));
        g_assert_error(error, QUANTITY_ERROR,
                       g_ascii_isdigit(*wrong[i]) ? QUANTITY_ERROR_FORM : QUANTITY_ERROR_NUMBER);
        g_clear_error(&error);
    }
    g_assert_false(quantity_parse_count("10ms", &count, &error));
    assert_fails(error, QUANTITY_ERROR_FORM, "\"10ms\" is not a whole number without a unit");
    error = NULL;
    g_assert_false(quantity_parse_count("18446744073709551616", &count, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE,
                 "\"18446744073709551616\" is too large: 18446744073709551615 is the most");
    g_assert_cmpuint(count, ==, UINT64_MAX);
}

static void test_decimals_are_bare_millionths(void)
{
    static const char *const wrong[] = {"", "1 ", "2.5x", "10%", "1e3", "+1", ".5", "1.", NULL};
    uint64_t millionths = 3;
    GError *error = NULL;

    for (int i = 0; wrong[i] != NULL; i++) {
        g_assert_false(quantity_parse_decimal(wrong[i], &millionths, &error));
        g_assert_error(error, QUANTITY_ERROR,
                       g_ascii_isdigit(*wrong[i]) ? QUANTITY_ERROR_FORM : QUANTITY_ERROR_NUMBER);
        g_clear_error(&error);
    }
    g_assert_false(quantity_parse_decimal("0.0000001", &millionths, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE, "\"0.0000001\" is finer than 0.000001");
    error = NULL;
    g_assert_false(quantity_parse_decimal("1000000000000.1", &millionths, &error));
    assert_fails(error, QUANTITY_ERROR_RANGE,
                 "\"1000000000000.1\" is too large: 1000000000000 is the most");
    g_assert_cmpuint(millionths, ==, 3);
    g_assert_true(quantity_parse_decimal("2.50", &millionths, NULL));
    g_assert_cmpuint(millionths, ==, 2500000);
    g_assert_true(quantity_parse_decimal("1000000000000", &millionths, NULL));
    g_assert_cmpuint(millionths, ==, UINT64_C(1000000000000000000));
    g_assert_true(quantity_parse_decimal("0", &millionths, NULL));
    g_assert_cmpuint(millionths, ==, 0);
}

static void assert_text(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void test_formats_as_a_person_would(void)
{
    assert_text(quantity_format_duration(0), "0ns");
    assert_text(quantity_format_duration(999), "999ns");
    assert_text(quantity_format_duration(20 * 1000 * 1000), "20ms");
    assert_text(quantity_format_duration(100 * 1000 * 1000), "100ms");
    assert_text(quantity_format_duration(1500 * 1000 * 1000), "1.5s");
    assert_text(quantity_format_duration(INT64_C(3600000000000)), "1h");
    assert_text(quantity_format_duration(INT64_C(300000000000)), "300s");
    assert_text(quantity_format_rate(UINT64_C(2500000000)), "2.5gbit");
    assert_text(quantity_format_rate(10 * 1000 * 1000), "10mbit");
    assert_text(quantity_format_size(64000), "64kB");
    assert_text(quantity_format_size(65536), "64KiB");
    assert_text(quantity_format_size(1514), "1514B");
    assert_text(quantity_format_probability(0), "0%");
    assert_text(quantity_format_probability(4294967), "0.1%");
    assert_text(quantity_format_probability(RANDOM_ALWAYS), "100%");
    assert_text(quantity_format_decimal(0), "0");
    assert_text(quantity_format_decimal(1), "0.000001");
    assert_text(quantity_format_decimal(2500000), "2.5");
    assert_text(quantity_format_decimal(4000000), "4");
    assert_text(quantity_format_limit((Limit){LIMIT_PACKETS, 1}), "1 packet");
    assert_text(quantity_format_limit((Limit){LIMIT_PACKETS, 100}), "100 packets");
    assert_text(quantity_format_limit((Limit){LIMIT_TIME, 50 * 1000 * 1000}), "50ms");
}

// Every power of two and its neighbours, of each kind.
static void test_what_is_formatted_parses_back(void)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        for (uint64_t around = 0; around < 3; around++) {
            uint64_t amount = (UINT64_C(1) << bit) + around - 1;
            g_autofree char *rate = quantity_format_rate(amount);
            g_autofree char *size = quantity_format_size(amount);

            assert_rate(rate, amount);
            assert_size(size, amount);
            if (amount <= INT64_MAX) {
                g_autofree char *duration = quantity_format_duration((int64_t)amount);

                assert_duration(duration, (int64_t)amount);
            }
            if (amount <= RANDOM_ALWAYS) {
                g_autofree char *probability = quantity_format_probability(amount);

                assert_probability(probability, amount);
            }
        }
    }
}

static void test_ratios(void)
{
    static const struct {
        const char *text;
        uint64_t ratio;
        const char *printed;
    } right[] = {
        {"0", 0, "0"},
        {"1", UINT64_MAX, "1"},
        {"0.5", UINT64_C(1) << 63, "0.5"},
        {"50%", UINT64_C(1) << 63, "0.5"},
        {"1e-9", UINT64_C(18446744074), "1e-09"},
        {"1e-30", 1, NULL}, // what is not 0 never becomes 0
    };
    static const char *const wrong[] = {"", "x", "1.1", "-1e-9", "101%", "1e-9 bit", "nan"};

    for (unsigned n = 0; n < G_N_ELEMENTS(right); n++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *printed = NULL;
        uint64_t ratio;

        g_assert_true(quantity_parse_ratio(right[n].text, &ratio, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(ratio, ==, right[n].ratio);
        printed = quantity_format_ratio(ratio);
        if (right[n].printed != NULL)
            g_assert_cmpstr(printed, ==, right[n].printed);
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(wrong); n++) {
        g_autoptr(GError) error = NULL;
        uint64_t ratio = 7;

        g_assert_false(quantity_parse_ratio(wrong[n], &ratio, &error));
        g_assert_nonnull(error);
        g_assert_cmpuint(ratio, ==, 7);
    }
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/quantity/durations-are-exact", test_durations_are_exact);
    g_test_add_func("/core/quantity/durations-say-what-is-wrong", test_durations_say_what_is_wrong);
    g_test_add_func("/core/quantity/rates-take-any-case", test_rates_take_any_case);
    g_test_add_func("/core/quantity/sizes-tell-decimal-from-binary",
                    test_sizes_tell_decimal_from_binary);
    g_test_add_func("/core/quantity/probabilities-keep-both-ends",
                    test_probabilities_keep_both_ends);
    g_test_add_func("/core/quantity/limits-are-time-bytes-or-packets",
                    test_limits_are_time_bytes_or_packets);
    g_test_add_func("/core/quantity/counts-are-whole-and-bare", test_counts_are_whole_and_bare);
    g_test_add_func("/core/quantity/decimals-are-bare-millionths",
                    test_decimals_are_bare_millionths);
    g_test_add_func("/core/quantity/formats-as-a-person-would", test_formats_as_a_person_would);
    g_test_add_func("/core/quantity/what-is-formatted-parses-back",
                    test_what_is_formatted_parses_back);
    g_test_add_func("/quantity/ratios", test_ratios);
    return g_test_run();
}
