// SPDX-License-Identifier: Apache-2.0
// What the entries of a timeline do to their links, tried out in the order of their times. Commands
// to a running lab may come in between, so this is no promise: an entry is checked again when it is
// due. One that makes no sense to the link as the file has it, nor as the entries before leave it,
// is an error.
#include "sim/scenario/timeline_spec.h"

#include <string.h>

#include "sim/scenario/loader.h"

typedef struct {
    GHashTable
        *configs[N_LINK_DIRECTIONS]; // LinkSpec to LinkConfig, owned: of links changed so far
} Rehearsal;

static const LinkConfig *rehearsal_config(const Rehearsal *self, const LinkSpec *link,
                                          LinkDirection direction)
{
    const LinkConfig *config = g_hash_table_lookup(self->configs[direction], link);

    return config != NULL ? config : link->directions[direction];
}

// Adds "NAME: what is wrong" as an error of that name's value, or of its key's.
static void change_error(const Spot *set, const LinkSpec *link, bool is_one_of_many,
                         const char *message)
{
    const char *colon = strstr(message, ": ");
    g_autofree char *name = g_strndup(message, colon != NULL ? (gsize)(colon - message) : 0);
    g_auto(GStrv) names = g_strsplit(name, ".", 2);
    g_autofree char *on = is_one_of_many ? g_strdup_printf("on %s: ", link->name) : g_strdup("");
    Spot key, param;
    guint index;

    if (names[0] == NULL || !spot_find(set, names[0], &index)) {
        spot_error(set, "%s%s", on, message);
        return;
    }
    key = spot_entry(set, index);
    if (names[1] == NULL || key.value->kind != VALUE_MAP || !spot_find(&key, names[1], &index)) {
        spot_error(&key, "%s%s", on, colon + strlen(": "));
        return;
    }
    param = spot_entry(&key, index);
    spot_error(&param, "%s%s", on, colon + strlen(": "));
}

// Returns false after an error: one is enough of an entry.
static bool rehearsal_try(Rehearsal *self, const TimelineEntry *entry, const Spot *set,
                          const LinkSpec *link, LinkDirection direction)
{
    const LinkConfig *now = rehearsal_config(self, link, direction);
    g_autoptr(LinkConfig) config = link_config_copy(now);
    g_autoptr(LinkConfig) other = NULL;
    g_autoptr(GError) error = NULL;

    if (timeline_entry_try(entry, now, config, &error)) {
        if (entry->for_ns == TIMELINE_FOR_GOOD_NS)
            g_hash_table_insert(self->configs[direction], (gpointer)link, g_steal_pointer(&config));
        return true;
    }
    other = link_config_copy(link->directions[direction]);
    if (timeline_entry_try(entry, link->directions[direction], other, NULL))
        return true;
    change_error(set, link, entry->links->len > 1, error->message);
    return false;
}

static void rehearsal_play(Rehearsal *self, const TimelineEntry *entry, const Spot *set)
{
    for (guint i = 0; i < entry->links->len; i++)
        for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
            if (entry->in[direction] &&
                !rehearsal_try(self, entry, set, g_ptr_array_index(entry->links, i), direction))
                return;
}

static gint entry_compare(gconstpointer a, gconstpointer b, gpointer entries)
{
    const TimelineEntry *first = g_ptr_array_index((GPtrArray *)entries, *(const guint *)a);
    const TimelineEntry *second = g_ptr_array_index((GPtrArray *)entries, *(const guint *)b);

    if (first->at_ns != second->at_ns)
        return first->at_ns < second->at_ns ? -1 : 1;
    return *(const guint *)a < *(const guint *)b ? -1 : 1;
}

void timeline_check(Loader *loader, const Spot *spot, const TimelineSpec *timeline)
{
    GPtrArray *entries = timeline->entries;
    g_autofree guint *order = g_new(guint, entries->len);
    Rehearsal rehearsal;
    guint index;

    (void)loader;
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        rehearsal.configs[direction] =
            g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)link_config_free);
    for (guint i = 0; i < entries->len; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)entries->len, sizeof *order, entry_compare, entries);
    for (guint i = 0; i < entries->len; i++) {
        const TimelineEntry *entry = g_ptr_array_index(entries, order[i]);
        Spot item = spot_item(spot, order[i]), set;

        if (!spot_find(&item, entry->action == TIMELINE_RAMP ? "ramp" : "set", &index))
            continue;
        set = spot_entry(&item, index);
        rehearsal_play(&rehearsal, entry, &set);
    }
    for (LinkDirection direction = 0; direction < N_LINK_DIRECTIONS; direction++)
        g_hash_table_unref(rehearsal.configs[direction]);
}
