// SPDX-License-Identifier: Apache-2.0
// Waiter: waits for descriptors or for an instant, and meets the instant to a microsecond.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Waiter Waiter;

#define WAITER_FOREVER_NS INT64_MAX

typedef enum {
    WAIT_ADAPTIVE, // sleeps until shortly before the instant and polls the rest
    WAIT_SPIN,     // never sleeps
    WAIT_ECO,      // never polls
} WaitMode;

// To be used by one thread. Where the calling thread may use one core only, nothing is polled
// whatever `mode` says.
Waiter *waiter_new(WaitMode mode, GError **error);
void waiter_free(Waiter *waiter);

// Watches `fd` for input; `tag` (not NULL) is what waiter_wait() returns for it. Not owned.
bool waiter_add(Waiter *waiter, int fd, void *tag, GError **error);

// Returns when input is there or it is `until_ns` of CLOCK_MONOTONIC; an instant in the past means
// a look without waiting. Fills `ready` with the tags of at most `room` descriptors with input and
// returns their number; `now_ns` gets the time of the look that found them.
unsigned waiter_wait(Waiter *waiter, int64_t until_ns, void **ready, unsigned room,
                     int64_t *now_ns);
