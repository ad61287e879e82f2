// SPDX-License-Identifier: Apache-2.0
// The checksum against RFC 1071's own example and a sum of big-endian words one by one.
#include "core/checksum.h"

#include <glib.h>
#include <string.h>

#include "tests/support/dice.h"

enum { BYTES = 200 };

// A folded sum as the two bytes that are stored, read as the network reads them.
static uint16_t stored(uint64_t sum)
{
    uint16_t folded = checksum_fold(sum);
    uint8_t bytes[2];

    memcpy(bytes, &folded, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint16_t plain_sum(const uint8_t *bytes, size_t n_bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n_bytes; i++)
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void random_fill(Dice *dice, uint8_t *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)dice_throw(dice, 256);
}

// RFC 1071, 3.
static void test_example_of_the_rfc(void)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    g_assert_cmphex(stored(checksum_add(0, bytes, sizeof bytes)), ==, 0xddf2);
}

// Up to the end of their memory, so that a sanitizer sees reads beyond it.
static void test_every_length_at_every_alignment(void)
{
    Dice dice = dice_new(1);

    for (size_t n_bytes = 0; n_bytes <= BYTES; n_bytes++) {
        for (size_t start = 0; start < 8; start++) {
            g_autofree uint8_t *exact = g_malloc(start + n_bytes + 1);
            const uint8_t *end = exact + start + n_bytes + 1;

            random_fill(&dice, exact, start + n_bytes + 1);
            g_assert_cmphex(stored(checksum_add(0, end - n_bytes, n_bytes)), ==,
                            plain_sum(end - n_bytes, n_bytes));
        }
    }
}

static void test_longest_frame_of_ones(void)
{
    enum { LONG_BYTES = 65536 };
    g_autofree uint8_t *bytes = g_malloc(LONG_BYTES);

    memset(bytes, 0xff, LONG_BYTES);
    g_assert_cmphex(stored(checksum_add(0, bytes, LONG_BYTES)), ==, 0xffff);
    g_assert_cmphex(stored(checksum_add(0, bytes, LONG_BYTES - 1)), ==,
                    plain_sum(bytes, LONG_BYTES - 1));
}

static void test_stretches_add_up_to_the_whole(void)
{
    Dice dice = dice_new(2);
    uint8_t bytes[BYTES + 1];

    random_fill(&dice, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= BYTES; cut += 2) {
        uint64_t sum = checksum_add(0, bytes, cut);

        g_assert_cmphex(stored(checksum_add(sum, bytes + cut, sizeof bytes - cut)), ==,
                        plain_sum(bytes, sizeof bytes));
    }
}

static void test_fold_carries_from_end_to_end(void)
{
    static const struct {
        uint64_t sum;
        uint16_t folded;
    } cases[] = {
        {0, 0},
        {1, 1},
        {0xffff, 0xffff},
        {0x10000, 1},
        {0x1ffff, 1},
        {0xffff0000, 0xffff},
        {UINT32_MAX, 0xffff},
        {UINT64_C(0x100000000), 1},
        {UINT64_C(0x1fffffffe), 0xffff},
        {UINT64_C(0xffffffff00000001), 1},
        {UINT64_MAX - 1, 0xfffe},
        {UINT64_MAX, 0xffff},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmphex(checksum_fold(cases[i].sum), ==, cases[i].folded);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/checksum/example-of-the-rfc", test_example_of_the_rfc);
    g_test_add_func("/core/checksum/every-length-at-every-alignment",
                    test_every_length_at_every_alignment);
    g_test_add_func("/core/checksum/longest-frame-of-ones", test_longest_frame_of_ones);
    g_test_add_func("/core/checksum/stretches-add-up-to-the-whole",
                    test_stretches_add_up_to_the_whole);
    g_test_add_func("/core/checksum/fold-carries-from-end-to-end",
                    test_fold_carries_from_end_to_end);
    return g_test_run();
}
