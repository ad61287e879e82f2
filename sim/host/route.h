// SPDX-License-Identifier: Apache-2.0
// Route: where the packets of a host go beyond its own segments.
#pragma once

#include <glib.h>
#include <stdbool.h>

// Adds every RouteSpec of `routes` to the main table of the network namespace that the calling
// thread is in. The error names the route.
bool routes_add(const GArray *routes, GError **error);
