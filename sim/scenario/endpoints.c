// SPDX-License-Identifier: Apache-2.0
// The ends of links: which interface of which node, and what it is called.
#include <string.h>

#include "core/quote.h"
#include "sim/scenario/loader.h"

enum { INTERFACE_NAME_MAX_BYTES = 15 }; // IFNAMSIZ of Linux, without the NUL

// A host that is there without us has interfaces of its own, mostly an eth0.
static const char *interface_stem(const NodeSpec *node)
{
    return node_is_attached(node) ? "loom" : "eth";
}

static bool interface_is_name(const char *name, const char *stem)
{
    const char *digits = name + strlen(stem);
    size_t n_digits;

    if (!g_str_has_prefix(name, stem))
        return false;
    n_digits = strspn(digits, "0123456789");
    return n_digits > 0 && digits[n_digits] == '\0' && (*digits != '0' || n_digits == 1) &&
           strlen(name) <= INTERFACE_NAME_MAX_BYTES;
}

static InterfaceSpec *interface_new(LinkSpec *link, NodeSpec *node, unsigned end,
                                    SourcePosition position)
{
    InterfaceSpec *interface = g_new0(InterfaceSpec, 1);

    interface->node = node;
    interface->link = link;
    interface->end = end;
    interface->addresses = g_array_new(FALSE, FALSE, sizeof(Address));
    interface->mtu_bytes = node->mtu_bytes;
    interface->position = position;
    g_ptr_array_add(node->interfaces, interface);
    link->ends[end] = interface;
    return interface;
}

// The MAC is the start of SHA-256 over "node:interface", marked as locally administered.
static void interface_set_mac(InterfaceSpec *interface, const char *full_name)
{
    g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
    uint8_t digest[32];
    gsize n_digest_bytes = sizeof digest;

    g_checksum_update(sha, (const guchar *)full_name, (gssize)strlen(full_name));
    g_checksum_get_digest(sha, digest, &n_digest_bytes);
    memcpy(interface->mac, digest, sizeof interface->mac);
    interface->mac[0] = (uint8_t)((interface->mac[0] & 0xFC) | 0x02);
}

// Takes "london:eth0" for the interface; false when it is taken.
static bool interface_claim(Loader *loader, InterfaceSpec *interface, const char *name)
{
    char *full_name = g_strdup_printf("%s:%s", interface->node->name, name);

    if (g_hash_table_contains(loader->interfaces, full_name)) {
        g_free(full_name);
        return false;
    }
    interface->name = g_strdup(name);
    interface_set_mac(interface, full_name);
    g_hash_table_insert(loader->interfaces, full_name, interface);
    return true;
}

static void endpoint_read(Loader *loader, const Spot *spot, LinkSpec *link, NodeSpec **nodes,
                          unsigned end)
{
    const char *text = spot_text(spot, "NODE or \"NODE:eth0\"");
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    g_autofree char *node_name = NULL;
    const char *stem;
    NodeSpec *node;
    InterfaceSpec *interface;

    if (text == NULL)
        return;
    node_name = colon != NULL ? g_strndup(text, (size_t)(colon - text)) : g_strdup(text);
    node = nodes[end] = loader_find_node(loader, spot, node_name);
    if (node == NULL)
        return;
    stem = interface_stem(node);
    if (colon != NULL && !interface_is_name(colon + 1, stem)) {
        g_autofree char *quote = quote_new(colon + 1);

        spot_error(spot,
                   "%s is no name of an interface: write %s0, %s1 and so on, at most %d bytes",
                   quote, stem, stem, INTERFACE_NAME_MAX_BYTES);
        return;
    }
    interface = interface_new(link, node, end, spot->value->position);
    if (colon != NULL && !interface_claim(loader, interface, colon + 1)) {
        const InterfaceSpec *other = g_hash_table_lookup(loader->interfaces, text);

        spot_error(spot,
                   "%s is an end of another link already, in line %zu: give it another interface, "
                   "or leave the interface out",
                   text, other->position.line);
    }
}

void endpoints_read(Loader *loader, const Spot *spot, LinkSpec *link, NodeSpec *nodes[2])
{
    if (!spot_is_list(spot, "[london, newyork]"))
        return;
    if (spot->value->items->len != 2) {
        spot_error(spot, "a link has two ends and not %u: write [london, newyork]",
                   spot->value->items->len);
        return;
    }
    for (unsigned end = 0; end < 2; end++) {
        Spot item = spot_item(spot, end);

        endpoint_read(loader, &item, link, nodes, end);
    }
    if (nodes[0] != NULL && nodes[0] == nodes[1])
        spot_error(spot, "both ends are at %s: a link joins two nodes", nodes[0]->name);
}

static void interface_name(Loader *loader, InterfaceSpec *interface)
{
    NodeDraft *draft = loader_draft(loader, interface->node);

    while (interface->name == NULL) {
        g_autofree char *name =
            g_strdup_printf("%s%u", interface_stem(interface->node), draft->next_interface++);

        interface_claim(loader, interface, name);
    }
}

void endpoints_name(Loader *loader)
{
    const GPtrArray *links = loader->scenario->links;

    for (guint i = 0; i < links->len; i++) {
        const LinkSpec *link = g_ptr_array_index(links, i);

        for (unsigned end = 0; end < 2; end++) {
            if (link->ends[end] != NULL)
                interface_name(loader, link->ends[end]);
        }
    }
}
