// SPDX-License-Identifier: Apache-2.0
// Netlink: a connection to the routing part of the kernel, in the network namespace that the
// calling thread is in at that moment. Opened for a few requests and closed again: libnl gives
// numbers to 1024 sockets a process at most, and labs may have more hosts.
#pragma once

#include <glib.h>
#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdbool.h>

typedef struct nl_sock NetlinkSocket;
typedef struct nl_addr NetlinkAddress;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetlinkSocket, nl_socket_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetlinkAddress, nl_addr_put)

NetlinkSocket *netlink_open(GError **error);

// Whether `result`, what a function of libnl returned, is a success; else the error says
// "FORMAT: reason".
bool netlink_check(int result, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
