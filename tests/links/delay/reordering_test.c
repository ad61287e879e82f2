// SPDX-License-Identifier: Apache-2.0
// Reordering: RFC 4737's metrics, by hand and beside its definitions, which look at all that came
// before.
#include "links/delay/reordering.h"

#include <glib.h>

#include "tests/support/dice.h"

static void count(Reordering *reordering, uint64_t index, uint16_t n_segments)
{
    Frame frame = {.index = index, .n_segments = n_segments};

    reordering_count(reordering, &frame);
}

static void assert_counted(const Reordering *reordering, uint64_t n_reordered, uint64_t extent_sum,
                           uint64_t extent_max, uint64_t n_3_reordered)
{
    g_assert_cmpuint(counter_get(&reordering->reordered_frames), ==, n_reordered);
    g_assert_cmpuint(counter_get(&reordering->extent_sum), ==, extent_sum);
    g_assert_cmpuint(counter_get(&reordering->extent_max), ==, extent_max);
    g_assert_cmpuint(counter_get(&reordering->n_reordered_frames), ==, n_3_reordered);
}

static void test_in_order_and_lost_is_not_reordered(void)
{
    g_autofree Reordering *reordering = g_new0(Reordering, 1);

    for (uint64_t index = 0; index < 5000; index++)
        if (index % 3 != 0)
            count(reordering, index, 1);
    assert_counted(reordering, 0, 0, 0, 0);
    g_assert_cmpuint(counter_get(&reordering->frames), ==, 3333);
}

// A stretch of three that arrives behind the next four.
static void test_three_late_behind_four(void)
{
    static const uint64_t indices[] = {1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11};
    g_autofree Reordering *reordering = g_new0(Reordering, 1);

    for (unsigned i = 0; i < G_N_ELEMENTS(indices); i++)
        count(reordering, indices[i], 1);
    // Extents 4, 5 and 6; only frame 4 has three before it that are all higher.
    assert_counted(reordering, 3, 15, 6, 1);
}

static void test_copies_do_not_count(void)
{
    g_autofree Reordering *reordering = g_new0(Reordering, 1);
    Frame copy = {.index = 0, .n_segments = 1, .copy = 1};

    count(reordering, 0, 1);
    count(reordering, 1, 1);
    reordering_count(reordering, &copy);
    assert_counted(reordering, 0, 0, 0, 0);
    g_assert_cmpuint(counter_get(&reordering->frames), ==, 2);
}

// Section by section, as the definitions read.
static void count_by_definition(const GArray *arrivals, uint64_t wanted[4])
{
    for (guint i = 0; i < arrivals->len; i++) {
        uint64_t s = g_array_index(arrivals, uint64_t, i);
        guint first = 0;

        while (first < i && g_array_index(arrivals, uint64_t, first) < s)
            first++;
        if (first == i)
            continue;
        wanted[0]++;
        wanted[1] += i - first;
        wanted[2] = MAX(wanted[2], i - first);
        wanted[3] += i >= 3 && g_array_index(arrivals, uint64_t, i - 1) > s &&
                     g_array_index(arrivals, uint64_t, i - 2) > s &&
                     g_array_index(arrivals, uint64_t, i - 3) > s;
    }
}

// Numbers that are displaced by up to `reach`, some lost, and super-frames among them.
static void assert_as_defined(uint32_t reach, uint64_t seed)
{
    g_autoptr(GArray) arrivals = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autofree Reordering *reordering = g_new0(Reordering, 1);
    Dice dice = dice_new(seed);
    uint64_t wanted[4] = {0}, next = 0;

    while (arrivals->len < 3000) {
        uint32_t n_segments = dice_throw(&dice, 4) == 0 ? 1 + dice_throw(&dice, 40) : 1;

        if (dice_throw(&dice, 10) == 0) {
            next += n_segments; // lost
        } else if (dice_throw(&dice, 5) == 0) {
            g_array_append_val(waiting, next);
            next++;
        } else {
            count(reordering, next, (uint16_t)n_segments);
            for (; n_segments > 0; n_segments--, next++)
                g_array_append_val(arrivals, next);
        }
        while (waiting->len > 0 && dice_throw(&dice, reach) < waiting->len) {
            guint number = dice_throw(&dice, waiting->len);
            uint64_t index = g_array_index(waiting, uint64_t, number);

            count(reordering, index, 1);
            g_array_append_val(arrivals, index);
            g_array_remove_index(waiting, number);
        }
    }
    count_by_definition(arrivals, wanted);
    g_assert_cmpuint(counter_get(&reordering->frames), ==, arrivals->len);
    assert_counted(reordering, wanted[0], wanted[1], wanted[2], wanted[3]);
}

static void test_beside_the_definitions(void)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        assert_as_defined(3, seed);
        assert_as_defined(20, seed);
    }
}

// Of one that is overtaken by more runs than are kept the extent is what is known.
static void test_extent_is_bounded_by_what_is_kept(void)
{
    g_autofree Reordering *reordering = g_new0(Reordering, 1);

    for (uint64_t run = 1; run <= 3 * REORDERING_N_RUNS; run++)
        count(reordering, 2 * run, 1);
    count(reordering, 1, 1);
    assert_counted(reordering, 1, REORDERING_N_RUNS, REORDERING_N_RUNS, 1);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/reordering/in-order-and-lost-is-not-reordered",
                    test_in_order_and_lost_is_not_reordered);
    g_test_add_func("/links/reordering/three-late-behind-four", test_three_late_behind_four);
    g_test_add_func("/links/reordering/copies-do-not-count", test_copies_do_not_count);
    g_test_add_func("/links/reordering/beside-the-definitions", test_beside_the_definitions);
    g_test_add_func("/links/reordering/extent-is-bounded-by-what-is-kept",
                    test_extent_is_bounded_by_what_is_kept);
    return g_test_run();
}
