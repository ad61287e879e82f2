// SPDX-License-Identifier: Apache-2.0
// Flows are new once, also where they crowd, and only the oldest is forgotten: against a plain
// list.
#include "links/fault/flow_memory.h"

#include <glib.h>

#include "tests/support/dice.h"

static void test_new_once(void)
{
    FlowMemory *memory = flow_memory_new();

    for (uint64_t hash = 0; hash < FLOW_MEMORY_FLOWS; hash++)
        g_assert_true(flow_memory_add(memory, hash * UINT64_C(0x9e3779b97f4a7c15)));
    for (uint64_t hash = 0; hash < FLOW_MEMORY_FLOWS; hash++)
        g_assert_false(flow_memory_add(memory, hash * UINT64_C(0x9e3779b97f4a7c15)));
    flow_memory_free(memory);
}

static void test_forgets_the_oldest(void)
{
    FlowMemory *memory = flow_memory_new();

    for (uint64_t hash = 1; hash <= FLOW_MEMORY_FLOWS + 10; hash++)
        g_assert_true(flow_memory_add(memory, hash));
    for (uint64_t hash = 11; hash <= FLOW_MEMORY_FLOWS + 10; hash++)
        g_assert_false(flow_memory_add(memory, hash));
    g_assert_true(flow_memory_add(memory, 10)); // takes the place of 11
    g_assert_true(flow_memory_add(memory, 11));
    g_assert_false(flow_memory_add(memory, 13));
    flow_memory_free(memory);
}

// All hashes fall on a few places of the table, at its end, so that runs grow and wrap round.
static void test_crowded_as_a_plain_list(void)
{
    FlowMemory *memory = flow_memory_new();
    GHashTable *known = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    GQueue order = G_QUEUE_INIT;
    Dice dice = dice_new(5);

    for (int i = 0; i < 4 * FLOW_MEMORY_FLOWS; i++) {
        uint64_t home = 2 * FLOW_MEMORY_FLOWS - 1 - dice_throw(&dice, 3);
        uint64_t hash = home + ((uint64_t)dice_throw(&dice, FLOW_MEMORY_FLOWS) << 32);
        bool is_new;

        // Spread all but one in a thousand, lest runs become as long as the table.
        if (dice_throw(&dice, 1000) > 0)
            hash = dice_throw(&dice, UINT32_MAX) % (3 * FLOW_MEMORY_FLOWS);
        is_new = !g_hash_table_contains(known, &hash);
        g_assert_true(flow_memory_add(memory, hash) == is_new);
        if (!is_new)
            continue;
        if (g_queue_get_length(&order) == FLOW_MEMORY_FLOWS)
            g_hash_table_remove(known, g_queue_pop_head(&order));
        g_hash_table_add(known, g_memdup2(&hash, sizeof hash));
        g_queue_push_tail(&order, g_hash_table_lookup(known, &hash));
    }
    g_queue_clear(&order);
    g_hash_table_unref(known);
    flow_memory_free(memory);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/links/flow-memory/new-once", test_new_once);
    g_test_add_func("/links/flow-memory/forgets-the-oldest", test_forgets_the_oldest);
    g_test_add_func("/links/flow-memory/crowded-as-a-plain-list", test_crowded_as_a_plain_list);
    return g_test_run();
}
