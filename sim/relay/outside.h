// SPDX-License-Identifier: Apache-2.0
// Outside: the machine's outside network at a host of a lab, through pasta(1) of the package passt,
// which carries TCP and UDP of a network namespace with sockets of the user's.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <uv.h>

typedef struct Outside Outside;

// The program, or NULL when it is not installed; the caller frees it.
char *outside_find_program(void);

// Starts `program` for the network namespace of process `inside_pid`, which gives it an interface
// and a default route there. `ended` is called with what it printed when that has failed, or when
// it ends later. NULL, with the negative errno in `status`, where it cannot be started.
Outside *outside_open(uv_loop_t *loop, const char *program, pid_t inside_pid, unsigned mtu_bytes,
                      void (*ended)(void *data, const char *text), void *data, int *status);

// Kills it at once.
void outside_close(Outside *outside);
