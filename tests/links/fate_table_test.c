// SPDX-License-Identifier: Apache-2.0
// Recorded fates are found by number and copy, in whatever order they were added or are asked for.
#include "links/fate_table.h"

#include <glib.h>

#include "tests/support/dice.h"

enum { N_FRAMES = 1000 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FateTable, fate_table_free)

static void add(FateTable *table, uint64_t number, uint8_t copy)
{
    // The flight says which it is.
    fate_table_add(table, &(Fate){.number = number,
                                  .copy = copy,
                                  .fate = FATE_DELIVERED,
                                  .flight_ns = (int64_t)(number * 1000 + copy)});
}

static void assert_found(const FateTable *table, uint64_t number, uint8_t copy, size_t *place)
{
    const Fate *fate = fate_table_find(table, number, copy, place);

    g_assert_nonnull(fate);
    g_assert_cmpint(fate->flight_ns, ==, number * 1000 + copy);
}

static void complete(FateTable *table)
{
    const Fate *twice;

    g_assert_true(fate_table_complete(table, &twice));
}

// Every third number, backwards, with a copy of every sixth.
static FateTable *thirds(void)
{
    FateTable *table = fate_table_new();

    for (int n = N_FRAMES - 1; n >= 0; n--) {
        if (n % 2 == 0)
            add(table, (uint64_t)n * 3, 1);
        add(table, (uint64_t)n * 3, 0);
    }
    complete(table);
    return table;
}

static void test_in_order(void)
{
    g_autoptr(FateTable) table = thirds();
    size_t place = 0;

    g_assert_cmpuint(fate_table_size(table), ==, N_FRAMES + N_FRAMES / 2);
    for (uint64_t n = 0; n < 3 * N_FRAMES; n++) {
        if (n % 3 == 0)
            assert_found(table, n, 0, &place);
        else
            g_assert_null(fate_table_find(table, n, 0, &place));
    }
    g_assert_null(fate_table_find(table, UINT64_MAX, 255, &place));
    assert_found(table, 0, 0, &place);
}

static void test_in_any_order(void)
{
    g_autoptr(FateTable) table = thirds();
    Dice dice = dice_new(1);
    size_t place = 0;

    for (int i = 0; i < 10 * N_FRAMES; i++) {
        uint64_t n = dice_throw(&dice, 3 * N_FRAMES);
        uint8_t copy = (uint8_t)dice_throw(&dice, 3);
        bool is_there = n % 3 == 0 && (copy == 0 || (copy == 1 && n % 6 == 0));

        if (is_there)
            assert_found(table, n, copy, &place);
        else
            g_assert_null(fate_table_find(table, n, copy, &place));
    }
}

static void test_copies(void)
{
    g_autoptr(FateTable) table = fate_table_new();
    size_t place = 0;
    const Fate *fate;

    add(table, 7, 130);
    add(table, 7, 0);
    add(table, 8, 0);
    add(table, 7, 2);
    complete(table);
    fate = fate_table_next_copy(table, fate_table_find(table, 7, 0, &place));
    g_assert_cmpuint(fate->copy, ==, 2);
    fate = fate_table_next_copy(table, fate);
    g_assert_cmpuint(fate->copy, ==, 130);
    g_assert_null(fate_table_next_copy(table, fate));
    g_assert_null(fate_table_next_copy(table, fate_table_find(table, 8, 0, &place)));
}

static void test_empty(void)
{
    g_autoptr(FateTable) table = fate_table_new();
    size_t place = 0;

    complete(table);
    g_assert_null(fate_table_find(table, 0, 0, &place));
}

static void test_twice(void)
{
    g_autoptr(FateTable) table = fate_table_new();
    const Fate *twice;

    add(table, 4, 1);
    add(table, 4, 0);
    add(table, 3, 0);
    add(table, 4, 1);
    complete(table);
    add(table, 3, 0);
    g_assert_false(fate_table_complete(table, &twice));
    g_assert_cmpuint(twice->number, ==, 3);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/fate-table/in-order", test_in_order);
    g_test_add_func("/links/fate-table/in-any-order", test_in_any_order);
    g_test_add_func("/links/fate-table/copies", test_copies);
    g_test_add_func("/links/fate-table/empty", test_empty);
    g_test_add_func("/links/fate-table/twice", test_twice);
    return g_test_run();
}
