// SPDX-License-Identifier: Apache-2.0
// The text of /etc/hosts: the same in every host, as hosts(5) defines it.
#include <arpa/inet.h>

#include "sim/host/host.h"

static void hosts_text_append_interface(GString *text, const InterfaceSpec *interface)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const Address *address = &g_array_index(interface->addresses, Address, i);
        char buffer[INET6_ADDRSTRLEN];

        g_string_append_printf(text, "%s\t%s\n",
                               inet_ntop(address->family, &address->v4, buffer, sizeof buffer),
                               interface->node->name);
    }
}

char *hosts_text_new(const Scenario *scenario)
{
    GString *text = g_string_new("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n");

    for (guint i = 0; i < scenario->nodes->len; i++) {
        const NodeSpec *node = g_ptr_array_index(scenario->nodes, i);

        if (node->kind != NODE_HOST)
            continue;
        for (guint j = 0; j < node->interfaces->len; j++)
            hosts_text_append_interface(text, g_ptr_array_index(node->interfaces, j));
    }
    return g_string_free(text, FALSE);
}
