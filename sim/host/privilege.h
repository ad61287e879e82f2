// SPDX-License-Identifier: Apache-2.0
// Privilege: whether this process may make namespaces and devices, and, without root, the user
// namespace in which it may. Knows what systems forbid it with, and the way to allow it.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

// Whether /dev/net/tun can be opened.
bool privilege_check_tun(GError **error);

// Does nothing with CAP_SYS_ADMIN and CAP_NET_ADMIN; else moves the process, which must have one
// thread, into a user namespace of its own where it has all capabilities and its user is root.
bool privilege_acquire(GError **error);

// "WHAT: what errno means", with the remedy for the policy that is in force on this system.
void privilege_set_error(GError **error, int errno_value, const char *what);
