// SPDX-License-Identifier: Apache-2.0
// The tables that proc_net(5) describes: a line a socket, the state as the kernel's number.
#include "sim/host/listener.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

bool listener_is_in_table(const char *table, ReadyKind kind, uint16_t port)
{
    // The first line is a heading; an unconnected UDP socket is shown as closed.
    const unsigned awaited_state = kind == READY_TCP_PORT ? TCP_LISTEN : TCP_CLOSE;

    for (const char *line = strchr(table, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
        unsigned local_port, state;

        if (sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local_port, &state) == 2 &&
            (local_port == port || port == 0) && state == awaited_state)
            return true;
    }
    return false;
}

static bool listener_exists_over(ReadyKind kind, uint16_t port)
{
    const char *protocol = kind == READY_TCP_PORT ? "tcp" : "udp";
    static const char *const families[] = {"", "6"};

    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        // Not /proc/net: that is the namespace of the process, not of this thread.
        g_autofree char *path =
            g_strdup_printf("/proc/thread-self/net/%s%s", protocol, families[i]);
        g_autofree char *table = NULL;

        if (g_file_get_contents(path, &table, NULL, NULL) &&
            listener_is_in_table(table, kind, port))
            return true;
    }
    return false;
}

bool listener_exists(ReadyKind kind, uint16_t port)
{
    if (kind == READY_ANY_PORT)
        return listener_exists_over(READY_TCP_PORT, 0) || listener_exists_over(READY_UDP_PORT, 0);
    return listener_exists_over(kind, port);
}
