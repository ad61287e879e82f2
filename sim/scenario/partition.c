// SPDX-License-Identifier: Apache-2.0
// `partition:` of a timeline: groups of nodes that can no longer reach each other, and the links
// that are down for it.
#include <string.h>

#include "sim/scenario/loader.h"
#include "sim/scenario/timeline_spec.h"

// Groups are numbered from 1, so that 0 is none.
typedef struct {
    GHashTable *group_of; // NodeSpec to its number
    GQueue *next;         // nodes whose neighbours have not been looked at
} Partition;

static guint partition_group(const Partition *self, const NodeSpec *node)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(self->group_of, node));
}

static void partition_join(Partition *self, const NodeSpec *node, guint group)
{
    g_hash_table_insert(self->group_of, (gpointer)node, GUINT_TO_POINTER(group));
    g_queue_push_tail(self->next, (gpointer)node);
}

static void partition_read_group(Loader *loader, const Spot *spot, Partition *self, guint group)
{
    if (!spot_is_list(spot, "[a, b]"))
        return;
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);
        const char *name = spot_text(&item, "the name of a node");
        const NodeSpec *node = name != NULL ? loader_find_node(loader, &item, name) : NULL;

        if (node == NULL)
            continue;
        if (partition_group(self, node) != 0)
            spot_error(&item, "%s is in a group already", node->name);
        else
            partition_join(self, node, group);
    }
}

static void partition_cut(const Loader *loader, const Partition *self, TimelineEntry *entry)
{
    const GPtrArray *links = loader->scenario->links;

    for (guint i = 0; i < links->len; i++) {
        const LinkSpec *link = g_ptr_array_index(links, i);
        guint near = partition_group(self, link->ends[0]->node);
        guint far = partition_group(self, link->ends[1]->node);

        if (near != 0 && far != 0 && near != far)
            g_ptr_array_add(entry->links, (gpointer)link);
    }
}

// Each node outside all groups joins the first that reaches it; where a second does as well, the
// groups are still together. Returns that node, or NULL. The nodes of the groups themselves have
// been cut from each other.
static const NodeSpec *partition_leak(Partition *self)
{
    g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL);

    for (GList *at = self->next->head; at != NULL; at = at->next)
        g_hash_table_add(named, at->data);
    for (GList *at = self->next->head; at != NULL; at = at->next) {
        const NodeSpec *node = at->data;
        guint group = partition_group(self, node);

        for (guint i = 0; i < node->interfaces->len; i++) {
            const InterfaceSpec *interface = g_ptr_array_index(node->interfaces, i);
            const NodeSpec *other = interface->link->ends[1 - interface->end]->node;

            if (g_hash_table_contains(named, other))
                continue;
            if (partition_group(self, other) == 0)
                partition_join(self, other, group);
            else if (partition_group(self, other) != group)
                return other;
        }
    }
    return NULL;
}

void partition_read(Loader *loader, const Spot *spot, TimelineEntry *entry)
{
    Partition self = {0};
    size_t n_errors = problems_n_errors(spot->problems);
    const NodeSpec *leak;

    if (!spot_is_list(spot, "[[a, b], [c, d]]"))
        return;
    self.group_of = g_hash_table_new(NULL, NULL);
    self.next = g_queue_new();
    for (guint i = 0; i < spot->value->items->len; i++) {
        Spot item = spot_item(spot, i);

        partition_read_group(loader, &item, &self, i + 1);
    }
    if (problems_n_errors(spot->problems) == n_errors && loader->links_are_whole) {
        partition_cut(loader, &self, entry);
        leak = partition_leak(&self);
        if (leak != NULL)
            spot_error(spot, "groups still meet at %s: put it in one of them", leak->name);
        else if (entry->links->len == 0)
            spot_error(spot, "no link joins these groups: write [[a, b], [c, d]]");
    }
    g_queue_free(self.next);
    g_hash_table_unref(self.group_of);
}
