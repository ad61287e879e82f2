// SPDX-License-Identifier: Apache-2.0
// Opening of a connection, and libnl's errors in our words.
#include "sim/host/netlink.h"

#include <errno.h>
#include <linux/netlink.h>

#include "sim/host/refusal.h"

NetlinkSocket *netlink_open(GError **error)
{
    g_autoptr(NetlinkSocket) socket = nl_socket_alloc();

    // libnl knows no word for having too few descriptors.
    if (socket != NULL && nl_connect(socket, NETLINK_ROUTE) >= 0)
        return g_steal_pointer(&socket);
    refusal_set(error, socket != NULL ? errno : ENOMEM, "connect to netlink");
    return NULL;
}

bool netlink_check(int result, GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    if (result >= 0)
        return true;
    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, REFUSAL_ERROR, -result, "%s: %s", what, nl_geterror(result));
    return false;
}
