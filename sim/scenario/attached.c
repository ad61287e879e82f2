// SPDX-License-Identifier: Apache-2.0
// The keys `attach` and `container` of a node: a host that is there without us.
#include <string.h>

#include "sim/scenario/loader.h"

#define ATTACHED_NETNS_FOLDER "/run/netns/" // of ip-netns(8)

static bool attached_is_word(const char *text)
{
    return g_ascii_isalnum(*text) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
               strlen(text);
}

// A path, or a name as ip-netns(8) has them.
void attach_read(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "/proc/1234/ns/net or a name of ip netns");

    (void)loader;
    if (text == NULL)
        return;
    if (*text == '/')
        ((NodeDraft *)into)->spec->attach = g_strdup(text);
    else if (attached_is_word(text))
        ((NodeDraft *)into)->spec->attach = g_strconcat(ATTACHED_NETNS_FOLDER, text, NULL);
    else
        spot_error(spot, "is neither a full path, as /proc/1234/ns/net, nor a name of ip netns");
}

void container_read(Loader *loader, const Spot *spot, void *into)
{
    const char *text = spot_text(spot, "the name or ID of a container");

    (void)loader;
    if (text != NULL && attached_is_word(text))
        ((NodeDraft *)into)->spec->container = g_strdup(text);
    else if (text != NULL)
        spot_error(spot, "is no name or ID of a container, as db or 4f9c2e61b0aa");
}

static bool attached_is_same(const NodeSpec *a, const NodeSpec *b)
{
    return (a->attach != NULL && g_strcmp0(a->attach, b->attach) == 0) ||
           (a->container != NULL && g_strcmp0(a->container, b->container) == 0);
}

void attached_check(const Loader *loader, const Spot *spot, NodeSpec *node)
{
    const GPtrArray *nodes = loader->scenario->nodes;
    guint index;

    if (!node_is_attached(node))
        return;
    if (node->attach != NULL && node->container != NULL)
        spot_error(spot, "has both attach: and container:, which are two ways to say where it is");
    for (guint i = 0; i < nodes->len; i++) {
        const NodeSpec *other = g_ptr_array_index(nodes, i);

        if (other != node && attached_is_same(node, other))
            spot_error(spot, "is the same network namespace as %s", other->name);
    }
    if (spot_find(spot, "sysctl", &index)) {
        Spot entry = spot_entry(spot, index);

        spot_error(&entry, "would outlast the run: set it there yourself, since nothing that stays "
                           "is changed in a host that is attached");
    }
    g_ptr_array_set_size(node->sysctls, 0); // those of `defaults` are for other hosts
}
