// SPDX-License-Identifier: Apache-2.0
// Closer: closes the descriptors of many devices at once.
#pragma once

#include <glib.h>

// Closes all of `fds` and returns when that is done.
void closer_close(const int *fds, guint n_fds);
