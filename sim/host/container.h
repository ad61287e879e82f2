// SPDX-License-Identifier: Apache-2.0
// Container: where a container runs, asked of whichever program of Docker or Podman knows it.
#pragma once

#include <glib.h>
#include <sys/types.h>

// The number of the first process of the running container `name`; -1 sets `error`.
pid_t container_find_pid(const char *name, GError **error);
