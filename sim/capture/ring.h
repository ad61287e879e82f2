// SPDX-License-Identifier: Apache-2.0
// Ring: records of bytes from one thread to one other, in order, without a lock. The producer
// never waits: a full ring refuses. The consumer may sleep on a descriptor, and only then does the
// producer pay for a system call.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Ring Ring;

enum {
    RING_MIN_BYTES = 256 * 1024,
    RING_RECORD_ALIGN_BYTES = 8, // of every record's start
};

// `size_bytes` is rounded up to a power of two, RING_MIN_BYTES at least; memory is touched as it is
// used. The error names the call that failed: memory or a descriptor.
Ring *ring_new(size_t size_bytes, GError **error);
void ring_free(Ring *ring);

// The longest record, which an empty ring always has room for.
size_t ring_max_record_bytes(const Ring *ring);

// Producer: room for a record of `n_bytes`, or NULL when the ring is full. ring_commit() hands it
// over; a record reserved and not committed was never there.
void *ring_reserve(Ring *ring, size_t n_bytes);
void ring_commit(Ring *ring);

// Consumer: the oldest record, or NULL. It stays valid until ring_release() gives its room back.
const void *ring_peek(Ring *ring);
void ring_release(Ring *ring);

// Consumer: asks to be woken once `n_bytes` wait in the ring. False when they do already: then it
// must not sleep. Otherwise ring_wake_fd() becomes readable when they do, or after ring_wake().
bool ring_sleep(Ring *ring, size_t n_bytes);
// Consumer: to be called after every ring_sleep(), however it ended.
void ring_rise(Ring *ring);

// Owned by the ring; to be polled for reading.
int ring_wake_fd(const Ring *ring);

// From any thread.
void ring_wake(Ring *ring);
