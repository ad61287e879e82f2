// SPDX-License-Identifier: Apache-2.0
// Grants: what `--realtime` asks of the system for the data thread. Each is granted or refused on
// its own, and no run needs any.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "sim/realtime/waiter.h"

typedef struct Grants Grants;

typedef enum {
    GRANT_SCHED_FIFO,    // the data thread goes before all ordinary ones
    GRANT_LOCKED_MEMORY, // what has been touched is never paged out
    GRANT_PINNED_CORE,   // a core for the data thread, the others for all else
    GRANT_DMA_LATENCY,   // cores fall into no sleep that takes time to wake from
    N_GRANTS
} GrantKind;

typedef struct {
    const char *name; // "sched-fifo"
    bool is_asked;
    char *refusal; // what the system refused, why, and what would allow it; NULL when granted
} Grant;

// To be called by the main thread before it starts the data thread. Keeps the calling thread, and
// so all threads and processes it starts later, off the data thread's core, unless `shares_cores`:
// then it asks for none. `mode` is how the data thread will wait.
Grants *grants_ask(WaitMode mode, bool shares_cores);

// To be called by the data thread, once: it takes its core and its policy, neither of which it
// hands on to others.
void grants_take(Grants *grants);

// Gives all back that is the process's.
void grants_free(Grants *grants);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Grants, grants_free)

// Not while grants_take() runs.
const Grant *grants_get(const Grants *grants, GrantKind kind);

// The core that the data thread is pinned to; -1 without one.
int grants_core(const Grants *grants);
