// SPDX-License-Identifier: Apache-2.0
// RouteWatch: notices when a network namespace gets a default route for IPv4.
#pragma once

#include <glib.h>
#include <stdbool.h>

// A descriptor that becomes readable when routes change in the network namespace that the calling
// thread is in; -1 sets `error`.
int route_watch_open(GError **error);

// Whether a default route has been added, by what is to be read now. Does not block.
bool route_watch_has_default(int fd);
