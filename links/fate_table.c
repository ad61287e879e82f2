// SPDX-License-Identifier: Apache-2.0
// One array, sorted by number and copy. What is recorded as frames leave is nearly in order, and so
// is what is asked for.
#include "links/fate_table.h"

#include <glib.h>

struct FateTable {
    GArray *fates; // of Fate
};

FateTable *fate_table_new(void)
{
    FateTable *table = g_new(FateTable, 1);

    table->fates = g_array_new(FALSE, FALSE, sizeof(Fate));
    return table;
}

void fate_table_free(FateTable *table)
{
    g_array_unref(table->fates);
    g_free(table);
}

void fate_table_add(FateTable *table, const Fate *fate)
{
    Fate added = *fate;

    added.order = table->fates->len;
    g_array_append_val(table->fates, added);
}

static int fate_compare_key(const Fate *fate, uint64_t number, uint8_t copy)
{
    if (fate->number != number)
        return fate->number < number ? -1 : 1;
    return fate->copy - copy;
}

static gint fate_compare(gconstpointer a, gconstpointer b)
{
    const Fate *other = b;

    return fate_compare_key(a, other->number, other->copy);
}

bool fate_table_complete(FateTable *table, const Fate **twice)
{
    const Fate *fates = (const Fate *)(void *)table->fates->data;

    g_array_sort(table->fates, fate_compare);
    for (guint i = 1; i < table->fates->len; i++) {
        if (fates[i].copy == 0 && fate_compare(&fates[i - 1], &fates[i]) == 0) {
            *twice = &fates[i];
            return false;
        }
    }
    return true;
}

size_t fate_table_size(const FateTable *table)
{
    return table->fates->len;
}

// The first place whose fate is not before that key.
static size_t fate_table_search(const FateTable *table, uint64_t number, uint8_t copy)
{
    size_t low = 0, high = table->fates->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (fate_compare_key(&g_array_index(table->fates, Fate, middle), number, copy) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const Fate *fate_table_find(const FateTable *table, uint64_t number, uint8_t copy, size_t *place)
{
    const Fate *fates = (const Fate *)(void *)table->fates->data;
    size_t n_fates = table->fates->len;

    for (size_t at = *place; at < n_fates && at < *place + 2; at++) {
        if (fate_compare_key(&fates[at], number, copy) == 0) {
            *place = at;
            return &fates[at];
        }
    }
    *place = fate_table_search(table, number, copy);
    if (*place == n_fates || fate_compare_key(&fates[*place], number, copy) != 0)
        return NULL;
    return &fates[*place];
}

const Fate *fate_table_next_copy(const FateTable *table, const Fate *fate)
{
    const Fate *end = &g_array_index(table->fates, Fate, table->fates->len);

    return fate + 1 < end && fate[1].number == fate->number ? fate + 1 : NULL;
}
