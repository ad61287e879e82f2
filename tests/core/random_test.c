// SPDX-License-Identifier: Apache-2.0
// Keyed randomness: the published answers of Philox4x32-10, agreement of random_draw() with a plain
// transcription of the paper, keys that differ in every part of their name, and 0 % and 100 %.
#include "core/random.h"

#include <glib.h>
#include <string.h>

// Philox4x32-10 as in the paper's section 3.3, one round a step, no cleverness.
static void philox_reference(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k[2];

    memcpy(c, counter, sizeof c);
    memcpy(k, key, sizeof k);
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = UINT64_C(0xD2511F53) * c[0];
        uint64_t product1 = UINT64_C(0xCD9E8D57) * c[2];
        uint32_t next[4] = {
            (uint32_t)(product1 >> 32) ^ c[1] ^ k[0],
            (uint32_t)product1,
            (uint32_t)(product0 >> 32) ^ c[3] ^ k[1],
            (uint32_t)product0,
        };

        memcpy(c, next, sizeof c);
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    memcpy(out, c, sizeof c);
}

// The vectors of the Random123 distribution (kat_vectors, philox4x32 10).
static void test_reference_gives_the_published_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(vectors); n++) {
        uint32_t out[4];

        philox_reference(vectors[n].counter, vectors[n].key, out);
        g_assert_cmpmem(out, sizeof out, vectors[n].answer, sizeof vectors[n].answer);
    }
}

static void test_draw_is_philox_of_the_frame_number(void)
{
    static const uint64_t indices[] = {0, 1, 2, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};
    static const uint32_t draws[] = {0, 1, UINT32_MAX};
    static const RandomKey keys[] = {{{0, 0}}, {{0xffffffff, 0xffffffff}}, {{0xa4093822, 7}}};

    g_assert_cmphex(random_draw(keys[0], 0, 0), ==, UINT64_C(0x6627e8d5e169c58d));
    for (unsigned k = 0; k < G_N_ELEMENTS(keys); k++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(indices); i++) {
            for (unsigned d = 0; d < G_N_ELEMENTS(draws); d++) {
                uint32_t counter[4] = {(uint32_t)indices[i], (uint32_t)(indices[i] >> 32), draws[d],
                                       0};
                uint32_t out[4];

                philox_reference(counter, keys[k].word, out);
                g_assert_cmphex(random_draw(keys[k], indices[i], draws[d]), ==,
                                (uint64_t)out[0] << 32 | out[1]);
            }
        }
    }
}

static guint64 key_as_number(RandomKey key)
{
    return (uint64_t)key.word[0] << 32 | key.word[1];
}

// SHA-256 of "1\natlantic\n0\nloss" starts with 85f04ca225feabe5, each word stored low byte first.
static void test_key_is_the_same_on_every_machine(void)
{
    RandomKey key = random_key(1, "atlantic", 0, "loss");

    g_assert_cmphex(key.word[0], ==, 0xa24cf085);
    g_assert_cmphex(key.word[1], ==, 0xe5abfe25);
}

static void test_every_part_of_the_name_changes_the_key(void)
{
    guint64 keys[] = {
        key_as_number(random_key(1, "atlantic", 0, "loss")),
        key_as_number(random_key(2, "atlantic", 0, "loss")),
        key_as_number(random_key(UINT64_C(1) << 32 | 1, "atlantic", 0, "loss")),
        key_as_number(random_key(1, "atlantic2", 0, "loss")),
        key_as_number(random_key(1, "", 0, "loss")),
        key_as_number(random_key(1, "atlantic", 1, "loss")),
        key_as_number(random_key(1, "atlantic", 0, "delay")),
        key_as_number(random_key(11, "atlantic", 0, "loss")), // parts do not run together
        key_as_number(random_key(1, "1atlantic", 0, "loss")),
        key_as_number(random_key(1, "atlantic1", 0, "loss")),
        key_as_number(random_key(1, "atlantic", 10, "loss")),
        key_as_number(random_key(1, "atlantic", 0, "0loss")),
    };

    for (unsigned a = 0; a < G_N_ELEMENTS(keys); a++)
        for (unsigned b = 0; b < a; b++)
            g_assert_cmphex(keys[a], !=, keys[b]);
}

static void test_streams_are_apart(void)
{
    RandomKey a = random_key(1, "atlantic", 0, "loss");
    RandomKey b = random_key(1, "atlantic", 1, "loss");
    unsigned n_equal_bits = 0;

    for (uint64_t index = 0; index < 10000; index++)
        n_equal_bits +=
            (unsigned)__builtin_popcountll(~(random_draw(a, index, 0) ^ random_draw(b, index, 0)));
    // 640,000 fair bits: half of them agree, give or take four standard deviations of 400.
    g_assert_cmpuint(n_equal_bits, >, 320000 - 1600);
    g_assert_cmpuint(n_equal_bits, <, 320000 + 1600);
}

static void test_draw_does_not_depend_on_what_was_drawn_before(void)
{
    RandomKey key = random_key(1, "atlantic", 0, "loss");
    uint64_t forwards[100];

    for (uint64_t index = 0; index < 100; index++)
        forwards[index] = random_draw(key, index, 0);
    for (uint64_t index = 100; index-- > 0;)
        g_assert_cmphex(random_draw(key, index, 0), ==, forwards[index]);
    g_assert_cmphex(random_draw(key, 5, 1), !=, forwards[5]);
}

static void test_zero_never_and_always_always(void)
{
    RandomKey key = random_key(1, "atlantic", 0, "loss");

    for (uint64_t index = 0; index < 100000; index++) {
        g_assert_false(random_hits(key, index, 0, 0));
        g_assert_true(random_hits(key, index, 0, RANDOM_ALWAYS));
    }
}

static void test_hits_compare_exactly(void)
{
    RandomKey key = {{0, 0}};
    Probability drawn = 0x6627e8d5; // the upper half of the first draw

    g_assert_false(random_hits(key, 0, 0, drawn));
    g_assert_true(random_hits(key, 0, 0, drawn + 1));
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/core/random/reference-gives-the-published-answers",
                    test_reference_gives_the_published_answers);
    g_test_add_func("/core/random/draw-is-philox-of-the-frame-number",
                    test_draw_is_philox_of_the_frame_number);
    g_test_add_func("/core/random/key-is-the-same-on-every-machine",
                    test_key_is_the_same_on_every_machine);
    g_test_add_func("/core/random/every-part-of-the-name-changes-the-key",
                    test_every_part_of_the_name_changes_the_key);
    g_test_add_func("/core/random/streams-are-apart", test_streams_are_apart);
    g_test_add_func("/core/random/draw-does-not-depend-on-what-was-drawn-before",
                    test_draw_does_not_depend_on_what_was_drawn_before);
    g_test_add_func("/core/random/zero-never-and-always-always", test_zero_never_and_always_always);
    g_test_add_func("/core/random/hits-compare-exactly", test_hits_compare_exactly);
    return g_test_run();
}
